"""A real gate for tests: the program itself, with a configuration file, a folder of its own and the
development authority. Accounts and keys are made by its command line, as an operator would."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/portcullis"


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, met, seconds=20):
    """Waits for what must happen; says what it waited for when it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = met()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


def accepts(port):
    """Whether somebody listens on a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    except OSError:
        return False


class Gate:
    """A gate in front of one app."""

    def __init__(self, folder, upstream, more="", route=""):
        self.folder = Path(folder)
        self.port, self.operations = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.file = self.folder / "gateway.toml"
        self.file.write_text(
            f"""
public_url = "{self.url}"
workers = 1
{more}
[listen]
https = ["127.0.0.1:{self.port}"]
operations = "127.0.0.1:{self.operations}"

[deadlines]
drain_delay = "0s"

[[platform]]
slug = "app"

[[upstream]]
name = "app"
targets = ["{upstream}"]

[[route]]
upstream = "app"
platform = "app"
{route}
"""
        )
        self.log = self.folder / "gate.log"
        self.process = None

    def start(self):
        """Starts the program and waits until it says that it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--config", self.file],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
            )
        wait_until("a ready gate", self.ready)
        return self

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the gate ended with {self.process.returncode}:\n{self.log.read_text()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.operations}/readyz", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self, how=signal.SIGTERM):
        """Ends the program; whatever it had to say stays in its log."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)

    def run(self, *words, check=True, typed=""):
        """One verb of the command line, against the same files."""
        done = subprocess.run(
            [PROGRAM, *map(str, words), "--config", self.file],
            input=typed, capture_output=True, text=True, cwd=self.folder, timeout=60, check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"portcullis {' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    @property
    def authority(self):
        """The certificate that clients must trust."""
        return self.folder / "certs/authority.pem"

    def household(self):
        """Ada, viewer of the platform in the organisation `acme`."""
        self.run("organisation", "create", "acme", "--name", "Acme")
        self.run("entitlement", "add", "--organisation", "acme", "--platform", "app")
        self.run("account", "create", "ada", "--email", "ada@example.org")
        self.run("grant", "add", "--account", "ada", "--organisation", "acme", "--role", "viewer")
        return self

    def key(self, name="test"):
        """A new key of Ada's, its text."""
        said = self.run("key", "create", "--account", "ada", "--name", name, "--credentials", "app/acme/general/viewer").stdout
        return re.search(r"pck_[0-9A-Za-z]{50}", said)[0]

    def revoke(self, key):
        """Ends a key, by another process than the one that serves."""
        self.run("key", "revoke", key[4:16])
