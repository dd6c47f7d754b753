//! `portcullis healthcheck`: asks the running gate whether it is ready, for containers and probes.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::anyhow;

use super::desk::{Desk, Exit};
use crate::config::Bind;

const PATIENCE: Duration = Duration::from_secs(3);
const QUESTION: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

pub(super) fn run(desk: &Desk) -> Result<(), Exit> {
    let config = desk.config()?;
    let answer = ask(&config.listen.operations).map_err(Exit::Failed)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status == "200" {
        desk.output.done("ready");
        return Ok(());
    }
    Err(Exit::Failed(anyhow!("the gate is not ready: it answered {status}")))
}

fn ask(operations: &Bind) -> anyhow::Result<String> {
    match operations {
        Bind::Tcp(address) => {
            let stream = TcpStream::connect_timeout(&reachable(*address), PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            converse(stream)
        }
        Bind::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            converse(stream)
        }
        Bind::Systemd(name) => {
            Err(anyhow!("the operations socket {name} belongs to systemd; ask systemd for its address"))
        }
    }
}

fn converse(mut stream: impl Read + Write) -> anyhow::Result<String> {
    const LONGEST: u64 = 4096;
    stream.write_all(QUESTION)?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A socket that listens everywhere is asked at home.
fn reachable(address: SocketAddr) -> SocketAddr {
    let home: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    if address.ip().is_unspecified() { SocketAddr::new(home, address.port()) } else { address }
}
