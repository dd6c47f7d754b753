#!/usr/bin/env python3
"""Does the time of a sign-up tell whether somebody has the address already?

Starts a gate of its own on loopback with open sign-up, makes accounts, and signs up by turns with their addresses
and with addresses that nobody has. Prints the medians and the p of the Mann-Whitney U test: a small p says that
the two can be told apart.

    benches/timing/sign_up.py [--gateway target/release/portcullis] [--samples 1000]
"""

import argparse
import http.client
import socket
import ssl
import statistics
import tempfile
import time
import urllib.parse

from sign_in import HOST, ROOT, Gate, mann_whitney

OPEN = """[sign_up]
open = true
"""


class Stranger:
    """One connection, without cookies."""

    def __init__(self, port):
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        raw = socket.create_connection(("127.0.0.1", port))
        self.line = http.client.HTTPSConnection(HOST, port, context=trust)
        self.line.sock = trust.wrap_socket(raw, server_hostname=HOST)

    def sign_up(self, name, email):
        """Seconds that it takes."""
        form = {"user-name": name, "shown-name": "Somebody", "email": email,
                "password": "violet tractor under seven moons"}
        fields = {"content-type": "application/x-www-form-urlencoded"}
        begun = time.perf_counter()
        self.line.request("POST", "/.portcullis/sign-up", urllib.parse.urlencode(form), fields)
        answer = self.line.getresponse()
        answer.read()
        taken = time.perf_counter() - begun
        if answer.status != 303:
            raise SystemExit(f"{name}: {answer.status}")
        return taken


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--gateway", default=ROOT / "target/release/portcullis")
    words.add_argument("--samples", type=int, default=1000)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        gate = Gate(asked.gateway, folder, OPEN)
        people = min(asked.samples, 250)
        for at in range(people):
            gate.run("account", "create", f"known{at:04}", "--email", f"known{at:04}@example.org")
        with gate:
            stranger = Stranger(gate.port)
            for at in range(10):
                stranger.sign_up(f"warm-up-{at}", f"warm{at}@example.org")
            known, unknown = [], []
            for at in range(asked.samples):
                pair = [(known, f"a{at:05}", f"known{at % people:04}@example.org"),
                        (unknown, f"b{at:05}", f"other{at:05}@example.org")]
                for times, name, email in pair if at % 2 else reversed(pair):
                    times.append(stranger.sign_up(name, email))
    for what, times in (("known", known), ("unknown", unknown)):
        quarters = statistics.quantiles(times, n=4)
        print(f"{what:8} {len(times)} samples, median {quarters[1] * 1e3:.3f} ms, "
              f"half of them {quarters[0] * 1e3:.3f} to {quarters[2] * 1e3:.3f} ms")
    print(f"Mann-Whitney p {mann_whitney(known, unknown):.3f}")


if __name__ == "__main__":
    main()
