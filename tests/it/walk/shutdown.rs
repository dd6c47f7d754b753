//! The way out, in order: not ready, still serving, closed to new connections, the rest finished or cut.

use std::time::{Duration, Instant};

use portcullis::config::Bind;
use portcullis::server::doors::Kind;
use portcullis::server::shutdown::Phase;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::gate::{Gate, ask, get};

async fn gate(drain_delay: u64, drain: u64) -> Gate {
    Gate::with(|config, _| {
        config.listen.http = vec![Bind::Tcp("127.0.0.1:0".parse().unwrap())];
        config.deadlines.drain_delay = Duration::from_millis(drain_delay);
        config.deadlines.drain = Duration::from_millis(drain);
    })
    .await
}

#[tokio::test]
async fn it_is_not_ready_at_once_and_serves_on_for_the_drain_delay() {
    let gate = gate(60_000, 60_000).await;
    let shutdown = gate.running.shutdown().clone();
    shutdown.advance(Phase::Leaving);
    let ready = ask(
        gate.socket(Kind::Operations).await,
        "GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    assert!(ready.await.starts_with("HTTP/1.1 503 "));
    assert!(ask(gate.socket(Kind::Http).await, &get("localhost")).await.starts_with("HTTP/1.1 "));
    shutdown.advance(Phase::Ended);
    gate.running.stop().await;
}

#[tokio::test]
async fn while_it_drains_nobody_new_gets_in_and_idle_connections_close() {
    let gate = gate(0, 60_000).await;
    let address = gate.address(Kind::Http);
    let mut idle = gate.socket(Kind::Http).await;
    idle.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut status = [0; 9];
    idle.read_exact(&mut status).await.unwrap();
    let begin = Instant::now();
    gate.running.stop().await;
    assert!(begin.elapsed() < Duration::from_secs(30), "an idle connection was waited for");
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn what_lasts_beyond_the_drain_deadline_is_cut() {
    let gate = gate(0, 300).await;
    let mut slow = gate.socket(Kind::Http).await;
    slow.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n12345").await.unwrap();
    let begin = Instant::now();
    gate.running.stop().await;
    assert!(begin.elapsed() < Duration::from_secs(20));
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest).await;
}
