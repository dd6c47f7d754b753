#!/usr/bin/env python3
"""Does the time of a failed sign-in, or of a forgotten password, tell whether there is such an account?

Starts a gate of its own on loopback, makes accounts with passwords, and signs in with wrong passwords to known
and to unknown names by turns, or asks for letters to them (--door forgot-password). Prints the medians and the p of the Mann-Whitney U test (two-sided, normal
approximation with correction for ties): a small p says that the two can be told apart.

    benches/timing/sign_in.py [--gateway target/release/portcullis] [--samples 1000] [--door sign-in]
"""

import argparse
import http.client
import re
import socket
import ssl
import statistics
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A name is tried less often than the delay after failures in a row begins.
TRIES = 4
HOST = "gate.test"
# What each door answers.
DOORS = {"sign-in": 422, "forgot-password": 303}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gate:
    """A gate with its files in a folder that goes with it."""

    def __init__(self, program, folder, more=""):
        self.program, self.port = program, free_port()
        self.file = Path(folder) / "gateway.toml"
        self.file.write_text(
            f"""public_url = "https://{HOST}:{self.port}"
workers = 1
[listen]
https = ["127.0.0.1:{self.port}"]
operations = "127.0.0.1:{free_port()}"
[failures]
per_source = "1000000/1m"
per_subject = "1000000/1m"
[mail]
per_source = 1000000
per_hour = 1000000
[logs]
access = false
filter = "error"
{more}"""
        )

    def run(self, *words, said=""):
        subprocess.run([self.program, *words, "--config", self.file], input=said, text=True, check=True,
                       stdout=subprocess.DEVNULL)

    def __enter__(self):
        self.process = subprocess.Popen([self.program, "serve", "--config", self.file], stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the gate did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


class Browser:
    """One connection, with the sign-in form fetched once."""

    def __init__(self, port):
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        raw = socket.create_connection(("127.0.0.1", port))
        self.line = http.client.HTTPSConnection(HOST, port, context=trust)
        self.line.sock = trust.wrap_socket(raw, server_hostname=HOST)
        self.line.request("GET", "/.portcullis/sign-in")
        answer = self.line.getresponse()
        page = answer.read().decode()
        self.cookies = "; ".join(field.split(";")[0] for field in answer.headers.get_all("set-cookie"))
        self.form = re.search(r'name="form" value="([^"]+)"', page)[1]

    def knock(self, door, name):
        """Seconds that a wrong password takes, or a wish for a letter."""
        said = {"form": self.form, "to": "", "name": name}
        if door == "sign-in":
            said["password"] = "not the right one at all"
        body = urllib.parse.urlencode(said)
        fields = {"content-type": "application/x-www-form-urlencoded", "cookie": self.cookies}
        begun = time.perf_counter()
        self.line.request("POST", f"/.portcullis/{door}", body, fields)
        answer = self.line.getresponse()
        answer.read()
        taken = time.perf_counter() - begun
        if answer.status != DOORS[door]:
            raise SystemExit(f"{name}: {answer.status}")
        return taken


def mann_whitney(one, other):
    """The p of the U test."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks, ties, at = [0.0, 0.0], 0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        for _, side in ranked[at:end]:
            ranks[side] += (at + end + 1) / 2
        ties += (end - at) ** 3 - (end - at)
        at = end
    a, b, n = len(one), len(other), len(ranked)
    u = ranks[0] - a * (a + 1) / 2
    spread = (a * b / 12 * (n + 1 - ties / (n * (n - 1)))) ** 0.5
    return 2 * (1 - statistics.NormalDist().cdf(abs(u - a * b / 2) / spread))


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--gateway", default=ROOT / "target/release/portcullis")
    words.add_argument("--samples", type=int, default=1000)
    words.add_argument("--door", choices=DOORS, default="sign-in")
    asked = words.parse_args()
    names = -(-asked.samples // TRIES)
    with tempfile.TemporaryDirectory() as folder:
        gate = Gate(asked.gateway, folder)
        for at in range(names):
            gate.run("account", "create", f"known{at:04}", "--email", f"known{at:04}@example.org",
                     "--password-stdin", said=f"a password of its own {at * 7919}\n")
        with gate:
            browser = Browser(gate.port)
            for at in range(10):
                browser.knock(asked.door, f"warm-up-{at}")
            known, unknown = [], []
            for at in range(asked.samples):
                pair = [(known, f"known{at % names:04}"), (unknown, f"other{at % names:04}")]
                for times, name in pair if at % 2 else reversed(pair):
                    times.append(browser.knock(asked.door, name))
    for what, times in (("known", known), ("unknown", unknown)):
        quarters = statistics.quantiles(times, n=4)
        print(f"{what:8} {len(times)} samples, median {quarters[1] * 1e3:.3f} ms, "
              f"half of them {quarters[0] * 1e3:.3f} to {quarters[2] * 1e3:.3f} ms")
    print(f"Mann-Whitney p {mann_whitney(known, unknown):.3f}")


if __name__ == "__main__":
    main()
