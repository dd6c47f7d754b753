//! `portcullis serve` as a process: what it prints, signals, systemd.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Place;

const PATIENCE: Duration = Duration::from_secs(20);
const FREE: &[&str] = &["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"];

/// A gate in a process of its own; it is killed when the test ends.
struct Process {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    log: PathBuf,
}

impl Process {
    /// Waits until it has said where it is.
    fn start(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.arg("serve").args(arguments).env_clear().envs(variables.iter().copied());
        Self::of(place, &mut command)
    }

    fn of(place: &Place, command: &mut Command) -> Self {
        let log = fs::File::create(place.path().join("log")).unwrap();
        let mut child = command.current_dir(place.path()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| heard.lock().unwrap().push(line))
        });
        let log = place.path().join("log");
        let process = Self { child, said, log };
        process.line("operations");
        process
    }

    /// What it says after `field`, as soon as it does.
    fn line(&self, field: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let found =
                self.said.lock().unwrap().iter().find_map(|line| line.strip_prefix(field).map(str::to_owned));
            if let Some(rest) = found {
                return rest.trim().to_owned();
            }
            assert!(Instant::now() < end, "nothing on {field}: {}", fs::read_to_string(&self.log).unwrap());
            std::thread::yield_now();
        }
    }

    fn address(&self, field: &str) -> SocketAddr {
        self.line(field).parse().unwrap()
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn the_first_signal_ends_it_in_order_and_the_exit_code_is_zero() {
    let place = Place::new();
    let delay = [FREE, &["--set", "deadlines.drain_delay=60s"]].concat();
    let mut process = Process::start(&place, &delay, &[]);
    let operations = process.address("operations");
    assert!(ask(operations, "/readyz").starts_with("HTTP/1.1 200"));
    process.signal("TERM");
    let end = Instant::now() + PATIENCE;
    while !ask(operations, "/readyz").starts_with("HTTP/1.1 503") {
        assert!(Instant::now() < end, "it stays ready");
    }
    assert!(TcpStream::connect(process.address("listening")).is_ok());
    process.signal("INT");
    assert_eq!(process.wait().code(), Some(0));
    assert!(TcpStream::connect(operations).is_err());
}

#[test]
fn a_second_signal_ends_what_is_still_going_on() {
    let place = Place::new();
    let http = ["--listen-http", "127.0.0.1:0", "--set", "listen.https=[]", "--operations", "127.0.0.1:0"];
    let patient =
        [&http[..], &["--set", "deadlines.drain_delay=0s", "--set", "deadlines.drain=10m"]].concat();
    let mut process = Process::start(&place, &patient, &[]);
    let mut slow = TcpStream::connect(process.address("listening")).unwrap();
    slow.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n1").unwrap();
    process.signal("TERM");
    process.signal("TERM");
    let status = process.wait();
    assert_eq!(status.code(), Some(0), "{status:?}");
}

#[test]
fn systemd_is_told_when_it_is_ready_reloads_and_stops() {
    let place = Place::new();
    let path = place.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let told = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let variables = [("NOTIFY_SOCKET", path.to_str().unwrap())];
    let mut process =
        Process::start(&place, &[FREE, &["--set", "deadlines.drain_delay=0s"]].concat(), &variables);
    assert!(told().contains("READY=1"));
    process.signal("HUP");
    let reloading = told();
    assert!(reloading.contains("RELOADING=1") && reloading.contains("MONOTONIC_USEC="), "{reloading}");
    assert!(told().contains("READY=1"));
    process.signal("TERM");
    assert!(told().contains("STOPPING=1"));
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn sockets_that_systemd_hands_over_are_served_by_name() {
    let place = Place::new();
    let front = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = front.local_addr().unwrap();
    let script =
        "exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_FDNAMES=front LISTEN_PID=$$; exec \"$0\" \"$@\"";
    let launch = |name: &str, front: OwnedFd| {
        let mut command = Command::new("bash");
        command.args(["-c", script, env!("CARGO_BIN_EXE_portcullis"), "serve", "--set", "listen.https=[]"]);
        command.args(["--listen-http", &format!("systemd:{name}"), "--operations", "127.0.0.1:0"]);
        command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::from(front));
        command
    };
    let other =
        launch("other", front.try_clone().unwrap().into()).current_dir(place.path()).output().unwrap();
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    assert!(String::from_utf8_lossy(&other.stderr).contains("named other"), "{other:?}");

    let mut process = Process::of(&place, &mut launch("front", front.into()));
    assert!(ask(address, "/").starts_with("HTTP/1.1 "));
    process.signal("TERM");
    process.signal("TERM");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn a_taken_port_and_a_bad_certificate_are_told_with_their_exit_codes() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = place.run(&["serve", "--listen", &address, "--operations", "127.0.0.1:0"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains(&address) && ended.err.contains("in use"), "{ended:?}");

    place.write("bad.pem", "no certificate");
    place.write("bad.key", "no key");
    let ended =
        place.run(&["serve", "--certificate", "bad.pem", "--key", "bad.key", "--operations", "127.0.0.1:0"]);
    assert_eq!(ended.code, 78, "{ended:?}");
    assert!(ended.err.contains("bad.pem"), "{ended:?}");
}

#[test]
fn the_health_check_says_by_its_exit_code_whether_the_gate_is_ready() {
    let place = Place::new();
    let mut process = Process::start(&place, FREE, &[]);
    let operations = format!("listen.operations={}", process.address("operations"));
    assert_eq!(place.run(&["healthcheck", "--set", &operations]).code, 0);
    process.signal("TERM");
    process.signal("TERM");
    process.wait();
    assert_eq!(place.run(&["healthcheck", "--set", &operations]).code, 1);
}

#[test]
fn the_development_certificate_is_made_shown_and_explained() {
    let place = Place::new();
    assert_eq!(place.run(&["cert", "trust"]).code, 1);
    let made = place.run(&["cert", "make"]);
    assert!(made.out.contains("certs/development.pem"), "{made:?}");
    let shown = place.run(&["cert", "show", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown[0]["hosts"], serde_json::json!(["localhost", "127.0.0.1", "::1"]));
    let explained = place.run(&["cert", "trust"]);
    let authority = place.path().join("certs/authority.pem");
    assert!(explained.out.contains(&format!("curl --cacert {}", authority.display())), "{explained:?}");
    assert_eq!(place.run(&["version"]).code, 0);
}

/// Clients never get the last file descriptors: some stay for apps, the database and operations.
#[test]
fn a_lack_of_file_descriptors_is_survived() {
    let place = Place::new();
    let mut command = Command::new("bash");
    command.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_portcullis"), "serve"]);
    command.args(["--listen-http", "127.0.0.1:0", "--set", "listen.https=[]", "--operations", "127.0.0.1:0"]);
    command.args(["--workers", "1"]).env_clear().env("PATH", "/usr/bin:/bin");
    let process = Process::of(&place, &mut command);
    let (address, operations) = (process.address("listening"), process.address("operations"));
    let held: Vec<_> = (0..200).map_while(|_| TcpStream::connect(address).ok()).collect();
    assert!(held.len() > 64);
    assert!(ask(operations, "/readyz").starts_with("HTTP/1.1 200 "));
    drop(held);
    let end = Instant::now() + PATIENCE;
    while !ask(address, "/").starts_with("HTTP/1.1 ") {
        assert!(Instant::now() < end, "{}", fs::read_to_string(&process.log).unwrap());
    }
}

/// The printed line works as it stands.
#[test]
fn the_printed_curl_line_works() {
    let place = Place::new();
    let process = Process::start(&place, FREE, &[]);
    let line = process.line("try");
    let command = format!("{line} --silent --show-error --noproxy '*' --write-out '\\n%{{http_code}}'");
    let output = Command::new("bash").args(["-c", &command]).current_dir(place.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.ends_with("\n200") && text.contains("\"x-forwarded-user\": \"trial\""),
        "{command}: {output:?}"
    );
}

/// a link that makes the first administrator, on the public origin; gone once there is one.
#[test]
fn the_start_prints_a_set_up_link_until_there_is_an_administrator() {
    let place = Place::new();
    let mut process = Process::start(&place, FREE, &[]);
    let link = process.line("set up ");
    assert!(link.starts_with("https://localhost:") && link.contains("/.portcullis/set-up/"), "{link}");
    process.signal("TERM");
    process.wait();
    place.run(&["account", "create", "ada", "--email", "ada@example.org", "--administrator"]);
    let process = Process::start(&place, FREE, &[]);
    assert!(!process.said.lock().unwrap().iter().any(|line| line.starts_with("set up")));
}

/// where nobody reads what is printed, configuration names the first administrator.
#[test]
fn the_first_administrator_is_made_as_the_environment_says_once() {
    let place = Place::new();
    let file = place.write("password", "four tepid gondolas argue\n");
    let variables = [
        ("PORTCULLIS__FIRST_ADMINISTRATOR__USER_NAME", "ada"),
        ("PORTCULLIS__FIRST_ADMINISTRATOR__EMAIL", "ada@example.org"),
        ("PORTCULLIS__FIRST_ADMINISTRATOR__PASSWORD__FILE", file.to_str().unwrap()),
    ];
    for _ in 0..2 {
        let mut process = Process::start(&place, FREE, &variables);
        assert!(!process.said.lock().unwrap().iter().any(|line| line.starts_with("set up")));
        process.signal("TERM");
        process.wait();
    }
    let shown = place.run(&["--json", "account", "show", "ada"]).out;
    assert!(shown.contains("\"administrator\""), "{shown}");
    let shown = place.run_with(&["config", "print"], &variables).out;
    assert!(shown.contains("(masked)") && !shown.contains("gondolas"), "{shown}");
}
