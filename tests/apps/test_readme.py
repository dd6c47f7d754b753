"""The README's commands, run as they stand there, but for ports, which may be taken on this machine."""

import json
import os
import re
import shlex
import subprocess

import pytest

from gate import PROGRAM, ROOT, free_port, wait_until

BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
LINES = [line for block in BLOCKS for line in block.strip().splitlines()]
RUN = "cargo run --release --"


@pytest.fixture
def elsewhere(tmp_path):
    """An empty folder, and an environment that moves the ports away from whoever has the usual ones."""
    https, operations = free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name}
    environment |= {
        "PORTCULLIS__LISTEN__HTTPS": json.dumps([f"127.0.0.1:{https}"]),
        "PORTCULLIS__LISTEN__OPERATIONS": f"127.0.0.1:{operations}",
        "PORTCULLIS__PUBLIC_URL": f"https://localhost:{https}",
        "PORTCULLIS__DEADLINES__DRAIN_DELAY": "0s",
    }
    return {"cwd": tmp_path, "env": environment, "stdin": subprocess.DEVNULL}


def words(line):
    """The words of a command, the program in the place of cargo."""
    return [str(PROGRAM), *shlex.split(line.removeprefix(RUN))]


def serving(line, elsewhere):
    """Starts a `serve` of the README; the process, and what it printed so far."""
    out = elsewhere["cwd"] / "out"
    with out.open("wb") as file:
        process = subprocess.Popen(words(line), stdout=file, stderr=file, **elsewhere)
    wait_until("the curl line", lambda: "curl " in out.read_text() or process.poll() is not None)
    return process, out.read_text()


def test_every_command_is_known_here():
    known = [line for line in LINES if line.startswith((RUN, "curl ")) or line == "tests/run"]
    assert known == LINES and len(LINES) == 5


def test_the_printed_curl_line_works_as_printed(elsewhere):
    process, said = serving(LINES[0], elsewhere)
    try:
        line = re.search(r"curl .*", said)[0]
        done = subprocess.run(shlex.split(line), capture_output=True, text=True, timeout=60, check=False, **elsewhere)
        assert done.returncode == 0 and "trial" in done.stdout.lower(), f"{line}\n{done.stdout}{done.stderr}\n{said}"
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_ones_own_app_an_account_and_a_call(elsewhere, serve, python):
    app = serve(python, ROOT / "tests/apps/streams_server.py", "PORT")
    first, third, second = LINES[2:]
    process, said = serving(first.replace("3000", str(app)), elsewhere)
    try:
        key = re.search(r"pck_[0-9A-Za-z]{50}", said)[0]
        port = re.search(r"https://localhost:(\d+)", said)[1]
        call = shlex.split(third.replace("KEY", key).replace("8443", port)) + ["-sS", "--fail"]
        assert subprocess.run(call, capture_output=True, text=True, timeout=60, check=True, **elsewhere).stdout == "[]"
        # It asks for a password on standard input.
        typed = {name: value for name, value in elsewhere.items() if name != "stdin"}
        typed["input"] = b"a horse of some other colour\n"
        subprocess.run(words(second), timeout=60, check=True, capture_output=True, **typed)
    finally:
        process.terminate()
        assert process.wait(30) == 0
