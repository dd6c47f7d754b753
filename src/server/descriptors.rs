//! File descriptors: a gate that gave them all to clients could neither reach apps nor its own database.

use std::fs;

use crate::config::ConnectionLimits;

/// Descriptors for listeners, logs, database and files.
const OWN: usize = 32;

/// The limits that this process can keep: a quarter of its descriptors, and some more, stay for apps and
/// for itself. Says so where that is less than configured.
pub fn affordable(limits: ConnectionLimits) -> ConnectionLimits {
    let Some(open_files) = open_files() else { return limits };
    let connections = most(open_files).min(limits.connections);
    if connections < limits.connections {
        tracing::warn!(
            open_files,
            connections,
            configured = limits.connections,
            "fewer connections than limits.connections; raise the limit of open files (ulimit -n, LimitNOFILE)"
        );
    }
    ConnectionLimits { connections, ..limits }
}

const fn most(open_files: usize) -> usize {
    open_files.saturating_sub(open_files / 4).saturating_sub(OWN)
}

/// The soft limit, where there is a `/proc` to read it from.
fn open_files() -> Option<usize> {
    soft(&fs::read_to_string("/proc/self/limits").ok()?)
}

fn soft(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read_and_some_of_it_is_kept() {
        let text = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n";
        assert_eq!(soft(text), Some(1024));
        assert_eq!(soft("Max open files            unlimited            unlimited            files\n"), None);
        assert_eq!((most(1024), most(64), most(10)), (736, 16, 0));
    }
}
