"""Event streams and bodies of a gigabyte, over both protocols, and what revoking their key does to them."""

import subprocess
import time
from pathlib import Path

import pytest

GIB = 1 << 30
BOTH = ("--http1.1", "--http2")


@pytest.fixture(scope="module")
def gate(serve, gate_before, python):
    app = serve(python, Path(__file__).with_name("streams_server.py"), "PORT")
    return gate_before(f"http://127.0.0.1:{app}")


def curl(gate, key, path, *more, **pipes):
    words = ["curl", "-sSN", "--cacert", gate.authority, "-u", f"__key__:{key}", *more, gate.url + path]
    return subprocess.Popen(list(map(str, words)), **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **pipes})


def resident(gate):
    """Resident memory of the gate in bytes."""
    status = Path(f"/proc/{gate.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


@pytest.mark.parametrize("protocol", BOTH)
def test_a_gigabyte_comes_down_without_growing_the_gate(gate, protocol):
    key = gate.key(f"down {protocol}")
    before = resident(gate)
    client = curl(gate, key, f"/zeros/{GIB}", protocol)
    total = most = 0
    while block := client.stdout.read(1 << 20):
        total += len(block)
        most = max(most, resident(gate))
    assert client.wait(30) == 0 and total == GIB
    assert most - before < 16 << 20, f"{most - before} bytes more"


@pytest.mark.parametrize("protocol", BOTH)
def test_a_gigabyte_goes_up_without_growing_the_gate(gate, protocol, tmp_path):
    key = gate.key(f"up {protocol}")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(GIB)
    before = most = resident(gate)
    client = curl(gate, key, "/count", protocol, "-X", "POST", "-T", large, "-H", "Expect:")
    while client.poll() is None:
        most = max(most, resident(gate))
        time.sleep(0.05)
    assert client.stdout.read() == str(GIB).encode()
    assert most - before < 16 << 20, f"{most - before} bytes more"


@pytest.mark.parametrize("protocol", BOTH)
def test_events_come_as_they_are_sent_and_end_with_the_key(gate, protocol):
    key = gate.key(f"events {protocol}")
    client = curl(gate, key, "/events", protocol, stderr=subprocess.DEVNULL)
    begin = time.monotonic()
    seen = b"".join(client.stdout.readline() for _ in range(10))
    assert seen.count(b"data: ") == 5 and time.monotonic() - begin < 5
    gate.revoke(key)
    assert_ends(client)


@pytest.mark.parametrize("protocol", BOTH)
def test_a_download_ends_with_the_key(gate, protocol):
    key = gate.key(f"cut down {protocol}")
    client = curl(gate, key, f"/zeros/{64 * GIB}", protocol, "--limit-rate", "100M", "-o", "/dev/null", stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    assert client.poll() is None
    gate.revoke(key)
    assert_ends(client)


@pytest.mark.parametrize("protocol", BOTH)
def test_an_upload_ends_with_the_key(gate, protocol, tmp_path):
    key = gate.key(f"cut up {protocol}")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(64 * GIB)
    client = curl(gate, key, "/count", protocol, "-X", "POST", "-T", large, "--limit-rate", "50M", "-H", "Expect:", "--fail",
                  stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    assert client.poll() is None
    gate.revoke(key)
    assert_ends(client)


def assert_ends(client):
    """The exchange is cut within a second of the revocation, and the client notices."""
    begin = time.monotonic()
    try:
        client.communicate(timeout=10)
    finally:
        client.kill()
    assert time.monotonic() - begin < 1, f"it went on for {time.monotonic() - begin:.1f} s"
    assert client.returncode != 0, "the client took the cut for the end"
