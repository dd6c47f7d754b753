"""The rows of the comparison: for each, the files it needs and the command that starts it."""

import base64
import contextlib
import json
import os
import pathlib
import re
import subprocess
import time

from machine import PROXY, Process, free_port

HERE = pathlib.Path(__file__).parent
HOLDER_KEY = "made-for-the-comparison-0123456789abcdef"


def basic(key):
    return base64.b64encode(f"__key__:{key}".encode()).decode()


class Bench:
    """What all rows of one run share: a folder, a certificate, the programs, the app's port."""

    def __init__(self, folder, gateway, tools):
        self.folder, self.gateway, self.tools = pathlib.Path(folder), gateway, pathlib.Path(tools)
        self.app = free_port()
        self.certificate, self.key, self.pem = (self.folder / name for name in ("cert.pem", "key.pem", "both.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            + ["-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
            + ["-keyout", self.key, "-out", self.certificate],
            check=True,
            capture_output=True,
            timeout=30,
        )
        self.pem.write_text(self.certificate.read_text() + self.key.read_text())


class Proxy:
    """One proxy, running, with a folder of its own. Ends with the block it is used in."""

    scheme = "https"

    def __init__(self, bench, name, check):
        self.bench, self.check = bench, check
        self.port = free_port()
        self.folder = bench.folder / f"{name}-{self.port}"
        self.folder.mkdir()
        self.key = HOLDER_KEY
        self.wrapper = []

    def fill(self, template, **words):
        """Writes a template with its words into the folder."""
        text = (HERE / template).read_text()
        words |= {
            "PORT": self.port,
            "APP": self.bench.app,
            "DIR": self.folder,
            "CERTIFICATE": self.bench.certificate,
            "KEY": self.bench.key,
            "PEM": self.bench.pem,
            "BASIC": basic(self.key),
        }
        for word, value in words.items():
            text = text.replace(f"<{word}>", str(value))
        (self.folder / template).write_text(text)
        return str(self.folder / template)

    @property
    def guards(self):
        """Whether it lets nobody in without the key."""
        return self.check

    def __enter__(self):
        command = [*self.wrapper, *self.command()]
        self.process = Process(command, PROXY, self.folder / "output", cwd=self.folder)
        try:
            self.process.await_port(self.port)
            self.settled()
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(self, *_):
        self.process.stop()

    def settled(self):
        pass

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"{self.scheme}://{self.address}"

    @property
    def field(self):
        return f"Authorization: Basic {basic(self.key)}"


class Direct(Proxy):
    """No proxy at all: the app itself, in clear text."""

    scheme = "http"

    def __enter__(self):
        self.port, self.process = self.bench.app, None
        return self

    def __exit__(self, *_):
        pass


class Floor(Proxy):
    def command(self):
        app = f"127.0.0.1:{self.bench.app}"
        files = [str(self.bench.certificate), str(self.bench.key)]
        return [str(self.bench.tools / "compare-floor"), self.address, app, *files]


class Nginx(Proxy):
    def command(self):
        check = 'if ($holder = "") { return 401; } proxy_set_header X-Forwarded-User $holder;'
        # Started by root, nginx would hand its worker to a user who cannot read the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        single = "master_process off;" if self.wrapper else ""
        file = self.fill("nginx.conf", CHECK=check if self.check else "", USER=user + single)
        return ["nginx", "-p", str(self.folder), "-c", file]


class Haproxy(Proxy):
    def command(self):
        holders = self.folder / "holders"
        holders.write_text(f"{basic(self.key)} bench\n")
        check = (
            f"http-request set-var(txn.holder) req.hdr(authorization),word(2,' '),map_str({holders})\n"
            "    http-request deny deny_status 401 unless { var(txn.holder) -m found }\n"
            "    http-request set-header X-Forwarded-User %[var(txn.holder)]"
        )
        return ["haproxy", "-db", "-f", self.fill("haproxy.cfg", CHECK=check if self.check else "")]


class Ours(Proxy):
    """Portcullis; `check` says whether it writes its access log (to a file). It always checks the key."""

    guards = True

    def command(self):
        access = "true" if self.check else "false"
        file = self.fill("gateway.toml", ACCESS=access, OPERATIONS=free_port())
        return [self.bench.gateway, "--config", file, "--json", "serve"]

    def settled(self):
        """Takes the key that a first start prints for trying the gate."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for line in self.process.said().splitlines():
                with contextlib.suppress(ValueError, AttributeError):
                    self.key = re.search(r"__key__:(\S+)", json.loads(line)["try"])[1]
                    return
                with contextlib.suppress(KeyError):
                    continue
            time.sleep(0.02)
        raise RuntimeError(f"no key: {self.process.said()[-2000:]}")


class OursBySession(Ours):
    """The same, asked with the cookie of a session."""

    def settled(self):
        super().settled()
        self.run("account", "create", "bench", "--email", "bench@example.org")
        self.run("grant", "add", "--account", "bench", "--organisation", "home", "--role", "viewer")
        begun = self.run("session", "create", "--account", "bench", "--host", "127.0.0.1")
        self.cookie = begun["hosts"][0]["cookie"]

    def run(self, *words):
        command = [self.bench.gateway, *words, "--json", "--config", self.folder / "gateway.toml"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True, timeout=30)
        return json.loads(done.stdout or "null")

    @property
    def field(self):
        return self.cookie


# What each row is called, what makes it, and whether it checks the key (for Portcullis: whether it logs).
ROWS = {
    "direct": (Direct, False),
    "floor": (Floor, False),
    "nginx": (Nginx, False),
    "nginx-map": (Nginx, True),
    "haproxy": (Haproxy, False),
    "haproxy-map": (Haproxy, True),
    "ours": (Ours, False),
    "ours-session": (OursBySession, False),
    "ours-logged": (Ours, True),
}


def start(bench, name):
    kind, check = ROWS[name]
    return kind(bench, name, check)
