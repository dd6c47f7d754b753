//! The access log: workers append finished lines to a buffer of their own, one thread writes the buffers
//! out in batches. A reader that does not keep up costs lines, which are counted, and never a request.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// How long a line may wait for company.
const BATCH_TIME: Duration = Duration::from_millis(100);
/// A buffer this full is written at once.
const BATCH_BYTES: usize = 64 * 1024;
/// How long the end may wait for a reader.
const LAST_TIME: Duration = Duration::from_secs(2);
/// A buffer this full takes no more lines.
const MOST_BYTES: usize = 1024 * 1024;

/// One worker's end of the access log. Clones share a buffer; [`Writer::for_worker`] makes another.
#[derive(Debug, Clone)]
pub struct Writer {
    buffer: Arc<Mutex<Vec<u8>>>,
    shared: Arc<Shared>,
}

/// What all workers and the writing thread share.
#[derive(Debug, Default)]
struct Shared {
    buffers: Mutex<Vec<Arc<Mutex<Vec<u8>>>>>,
    asleep: AtomicBool,
    hurry: AtomicBool,
    ended: AtomicBool,
    dropped: AtomicU64,
    thread: OnceLock<Thread>,
}

/// The writing thread. Dropping it writes what is left, if somebody reads it soon.
#[derive(Debug)]
pub struct AccessLog {
    shared: Arc<Shared>,
    over: Receiver<()>,
}

impl AccessLog {
    /// Starts the thread that writes to `out`.
    ///
    /// # Errors
    /// When the system has no thread left to give.
    pub fn to(out: Box<dyn Write + Send>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let (end, over) = channel();
        let thread = thread::Builder::new().name("access-log".into()).spawn(move || {
            of_thread.write_out(out);
            drop::<Sender<()>>(end);
        })?;
        let _ = shared.thread.set(thread.thread().clone());
        Ok(Self { shared, over })
    }

    /// A first writer.
    pub fn writer(&self) -> Writer {
        Writer::of(&self.shared)
    }

    /// Lines lost because the reader did not keep up.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.wake();
        // The thread's end of the channel goes with it. One that waits for a reader is left behind.
        let _ = self.over.recv_timeout(LAST_TIME);
    }
}

impl Writer {
    fn of(shared: &Arc<Shared>) -> Self {
        let buffer = Arc::new(Mutex::new(Vec::with_capacity(BATCH_BYTES)));
        lock(&shared.buffers).push(Arc::clone(&buffer));
        Self { buffer, shared: Arc::clone(shared) }
    }

    /// A writer with a buffer of its own, so that workers never wait for each other.
    #[must_use]
    pub fn for_worker(&self) -> Self {
        Self::of(&self.shared)
    }

    /// Hands over one line, its line feed included. Never waits for the reader.
    pub fn write(&self, line: &[u8]) {
        let mut buffer = lock(&self.buffer);
        if buffer.len().saturating_add(line.len()) > MOST_BYTES {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        buffer.extend_from_slice(line);
        let full = buffer.len() >= BATCH_BYTES;
        drop(buffer);
        let hurry = full && !self.shared.hurry.swap(true, Ordering::AcqRel);
        let asleep = &self.shared.asleep;
        if hurry || (asleep.load(Ordering::SeqCst) && asleep.swap(false, Ordering::SeqCst)) {
            self.shared.wake();
        }
    }

    /// Lines lost because the reader did not keep up.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn write_out(&self, mut out: Box<dyn Write + Send>) {
        let mut batch = Vec::with_capacity(BATCH_BYTES);
        loop {
            let ended = self.ended.load(Ordering::SeqCst);
            let found = self.write_all(&mut batch, &mut out);
            if ended {
                return;
            }
            if found {
                self.gather();
                continue;
            }
            self.asleep.store(true, Ordering::SeqCst);
            if !self.anything() && !self.ended.load(Ordering::SeqCst) {
                thread::park();
            }
            self.asleep.store(false, Ordering::SeqCst);
            self.gather();
        }
    }

    /// Lets lines gather, unless a buffer is full already or this is the end.
    fn gather(&self) {
        if !self.hurry.load(Ordering::Acquire) && !self.ended.load(Ordering::SeqCst) {
            thread::park_timeout(BATCH_TIME);
        }
    }

    fn anything(&self) -> bool {
        lock(&self.buffers).iter().any(|buffer| !lock(buffer).is_empty())
    }

    /// Takes every buffer's bytes and writes them; whether there were any.
    fn write_all(&self, batch: &mut Vec<u8>, out: &mut Box<dyn Write + Send>) -> bool {
        self.hurry.store(false, Ordering::Release);
        let buffers: Vec<_> = lock(&self.buffers).clone();
        let mut found = false;
        for buffer in buffers {
            batch.clear();
            std::mem::swap(&mut *lock(&buffer), batch);
            if batch.is_empty() {
                continue;
            }
            found = true;
            if out.write_all(batch).and_then(|()| out.flush()).is_err() {
                let lines = batch.iter().filter(|byte| **byte == b'\n').count();
                self.dropped.fetch_add(lines as u64, Ordering::Relaxed);
            }
        }
        found
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    /// Accepts writes only as fast as somebody receives them.
    struct Slow(SyncSender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow(room: usize) -> (AccessLog, Receiver<Vec<u8>>) {
        let (send, receive) = sync_channel(room);
        (AccessLog::to(Box::new(Slow(send))).unwrap(), receive)
    }

    #[test]
    fn every_line_arrives_once_and_the_rest_at_the_end() {
        let (log, lines) = slow(1000);
        let writers = [log.writer(), log.writer().for_worker()];
        for number in 0..500 {
            for writer in &writers {
                writer.write(format!("{number}\n").as_bytes());
            }
        }
        drop(log);
        let all: Vec<u8> = lines.try_iter().flatten().collect();
        assert_eq!(all.iter().filter(|byte| **byte == b'\n').count(), 1000);
    }

    #[test]
    fn a_reader_that_stops_costs_lines_and_no_time() {
        let (log, lines) = slow(0);
        let writer = log.writer();
        let line = [b'x'; 1024];
        for _ in 0..4096 {
            writer.write(&line);
        }
        assert!(log.dropped() >= 1024, "{}", log.dropped());
        drop(log);
        drop(lines);
    }

    #[test]
    fn a_line_alone_is_written_without_company() {
        let (log, lines) = slow(10);
        let writer = log.writer();
        for text in ["one\n", "two\n"] {
            writer.write(text.as_bytes());
            assert_eq!(lines.recv_timeout(Duration::from_secs(10)).unwrap(), text.as_bytes());
        }
    }
}
