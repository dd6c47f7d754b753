//! Binding: every configured place becomes one door, and each worker gets a door of its own to it, so that
//! the kernel spreads connections and no two workers wait for one queue.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use listenfd::ListenFd;
use socket2::{Domain, Protocol, Socket, Type};

use crate::config::{Bind, Listen};

/// Connections the kernel keeps for us until they are accepted.
const BACKLOG: i32 = 4096;

/// Why a place cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A TCP address.
    #[error("cannot listen on {address}")]
    Tcp {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A unix socket.
    #[error("cannot listen on {path}", path = .path.display())]
    Unix {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A socket that systemd should have handed over.
    #[error("systemd handed over no usable socket named {name}")]
    Systemd {
        /// Its name in `LISTEN_FDNAMES`.
        name: String,
        /// What was found.
        source: io::Error,
    },
}

/// What is spoken behind a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// TLS.
    Https,
    /// HTTP in clear text.
    Http,
    /// Only the way to https.
    Redirect,
    /// Health and metrics.
    Operations,
}

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// TCP, and whether the kernel spreads connections over sockets bound alike.
    Tcp(TcpListener, Shared),
    /// Unix.
    Unix(UnixListener),
}

/// How workers share a TCP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// Each binds a socket of its own (`SO_REUSEPORT`).
    Port,
    /// They accept from the same socket, because it was handed over.
    Socket,
}

/// One place that is listened on.
#[derive(Debug)]
pub struct Door {
    /// What is spoken behind it.
    pub kind: Kind,
    /// The socket, not blocking.
    pub listener: Listener,
    pub(super) _file: Option<SocketFile>,
}

/// Removes the file of a unix socket at the end.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Door {
    fn new(kind: Kind, listener: Listener) -> Self {
        Self { kind, listener, _file: None }
    }

    /// Another door to the same place, for one more worker.
    ///
    /// # Errors
    /// When the system gives no more sockets.
    pub fn another(&self) -> Result<Self, BindError> {
        let listener = match &self.listener {
            Listener::Tcp(socket, Shared::Port) => {
                let address = socket.local_addr().map_err(unknown_place)?;
                let fresh = listen_tcp(address, ReusePort::Yes, Family::of(socket, address));
                Listener::Tcp(fresh.map_err(|source| BindError::Tcp { address, source })?, Shared::Port)
            }
            Listener::Tcp(socket, Shared::Socket) => {
                Listener::Tcp(socket.try_clone().map_err(unknown_place)?, Shared::Socket)
            }
            Listener::Unix(socket) => Listener::Unix(socket.try_clone().map_err(unknown_place)?),
        };
        Ok(Self::new(self.kind, listener))
    }

    /// Where it is, for people; TCP ports as the kernel chose them.
    pub fn address(&self) -> Address {
        match &self.listener {
            Listener::Tcp(socket, _) => socket.local_addr().map_or(Address::Unknown, Address::Tcp),
            Listener::Unix(socket) => {
                let path = socket.local_addr().ok().and_then(|name| name.as_pathname().map(Path::to_owned));
                path.map_or(Address::Unknown, Address::Unix)
            }
        }
    }
}

/// Where a door is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// Unix.
    Unix(PathBuf),
    /// A socket without a name.
    Unknown,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Unknown => f.write_str("a nameless socket"),
        }
    }
}

/// Opens every configured door; none stays open when one cannot be opened.
///
/// # Errors
/// See [`BindError`].
pub fn open(listen: &Listen) -> Result<Vec<Door>, BindError> {
    let operations = std::slice::from_ref(&listen.operations);
    let places = [
        (Kind::Https, listen.https.as_slice()),
        (Kind::Http, listen.http.as_slice()),
        (Kind::Redirect, listen.redirect.as_slice()),
        (Kind::Operations, operations),
    ];
    let all: Vec<(Kind, &Bind)> =
        places.into_iter().flat_map(|(kind, binds)| binds.iter().map(move |bind| (kind, bind))).collect();
    let mut handed = HandedOver::default();
    let mut doors = Vec::new();
    for (kind, bind) in &all {
        match bind {
            Bind::Tcp(address) => doors.push(open_tcp(*kind, *address, &all)?),
            Bind::Unix(path) => {
                let opened = open_unix(*kind, path);
                doors.push(opened.map_err(|source| BindError::Unix { path: path.clone(), source })?);
            }
            Bind::Systemd(name) => {
                let named =
                    handed.take(name).map_err(|source| BindError::Systemd { name: name.clone(), source })?;
                doors.extend(named.into_iter().map(|listener| Door::new(*kind, listener)));
            }
        }
    }
    Ok(doors)
}

/// How often the kernel may choose again.
const CHOICES: usize = 8;

/// Binds alone first: two programs that share ports by `SO_REUSEPORT` would each get some of the
/// connections, and neither would be told.
fn open_tcp(kind: Kind, address: SocketAddr, all: &[(Kind, &Bind)]) -> Result<Door, BindError> {
    let four_too = all.iter().any(|(_, bind)| {
        matches!(bind, Bind::Tcp(other @ SocketAddr::V4(_)) if other.port() == address.port() && other.ip().is_unspecified())
    });
    let family = if four_too { Family::Alone } else { Family::Both };
    let bound = || {
        let alone = listen_tcp(address, ReusePort::No, family)?;
        let address = alone.local_addr()?;
        drop(alone);
        listen_tcp(address, ReusePort::Yes, family)
    };
    // A port that the kernel chose may be somebody else's by the second time: it chooses again.
    let taken = |bound: &io::Result<TcpListener>| {
        address.port() == 0 && bound.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
    };
    let mut socket = bound();
    for _ in 0..CHOICES {
        if !taken(&socket) {
            break;
        }
        socket = bound();
    }
    let socket = socket.map_err(|source| BindError::Tcp { address, source })?;
    Ok(Door::new(kind, Listener::Tcp(socket, Shared::Port)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ReusePort {
    Yes,
    No,
}

/// Whether an IPv6 wildcard takes IPv4 too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Both,
    Alone,
}

impl Family {
    fn of(socket: &TcpListener, address: SocketAddr) -> Self {
        let alone = address.is_ipv4() || socket2::SockRef::from(socket).only_v6().unwrap_or(true);
        if alone { Self::Alone } else { Self::Both }
    }
}

fn listen_tcp(address: SocketAddr, reuse: ReusePort, family: Family) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(family == Family::Alone)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(reuse == ReusePort::Yes)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn open_unix(kind: Kind, path: &Path) -> io::Result<Door> {
    let (socket, file) = bind_unix(path, 0o660)?;
    Ok(Door { kind, listener: Listener::Unix(socket), _file: Some(file) })
}

/// Takes over the file of a socket nobody listens on any more; leaves any other file alone.
pub(super) fn bind_unix(path: &Path, mode: u32) -> io::Result<(UnixListener, SocketFile)> {
    if let Ok(found) = fs::symlink_metadata(path) {
        if !found.file_type().is_socket() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the file is no socket"));
        }
        if UnixStream::connect(path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        fs::remove_file(path)?;
    }
    let socket = UnixListener::bind(path)?;
    let file = SocketFile(path.to_owned());
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    socket.set_nonblocking(true)?;
    Ok((socket, file))
}

fn unknown_place(source: io::Error) -> BindError {
    BindError::Unix { path: PathBuf::new(), source }
}

/// Sockets that systemd handed over, by name.
#[derive(Default)]
struct HandedOver(Option<(ListenFd, HashMap<String, Vec<usize>>)>);

impl HandedOver {
    fn take(&mut self, name: &str) -> io::Result<Vec<Listener>> {
        if self.0.is_none() {
            let mut places: HashMap<String, Vec<usize>> = HashMap::new();
            for (place, (_, name)) in sd_notify::listen_fds_with_names()?.enumerate() {
                places.entry(name).or_default().push(place);
            }
            self.0 = Some((ListenFd::from_env(), places));
        }
        let Some((sockets, places)) = &mut self.0 else { return Err(io::ErrorKind::NotFound.into()) };
        let places = places.remove(name).ok_or(io::ErrorKind::NotFound)?;
        places.into_iter().map(|place| take_one(sockets, place)).collect()
    }
}

fn take_one(sockets: &mut ListenFd, place: usize) -> io::Result<Listener> {
    if let Ok(Some(socket)) = sockets.take_tcp_listener(place) {
        socket.set_nonblocking(true)?;
        return Ok(Listener::Tcp(socket, Shared::Socket));
    }
    let socket = sockets.take_unix_listener(place)?.ok_or(io::ErrorKind::NotFound)?;
    socket.set_nonblocking(true)?;
    Ok(Listener::Unix(socket))
}
