"""Fixtures of the end-to-end suites."""

import subprocess
import sys

import pytest
from playwright.sync_api import sync_playwright

from browser import launch
from gate import Gate, accepts, free_port, wait_until


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for the module's gate and app."""
    return tmp_path_factory.mktemp("gate")


@pytest.fixture(scope="module")
def serve(folder):
    """Starts apps as processes and ends them with the module: `serve(words…)` with `PORT` in a word
    replaced by a free port; answers that port."""
    started = []

    def start(*words, cwd=None, env=None):
        port = free_port()
        words = [str(word).replace("PORT", str(port)) for word in words]
        log = (folder / "app.log").open("ab")
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd, env=env)
        started.append(process)

        def listening():
            assert process.poll() is None, (folder / "app.log").read_text()
            return accepts(port)

        wait_until(f"{words[0]} on {port}", listening)
        return port

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def gate_before(folder):
    """Starts a gate with its household: `gate_before(upstream, route="…")`."""
    gates = []

    def start(upstream, **more):
        gate = Gate(folder, upstream, **more).start()
        gates.append(gate)
        return gate.household()

    yield start
    for gate in gates:
        gate.stop()


@pytest.fixture(scope="module")
def browser():
    """Chromium, which finds the hosts of the gate."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def python():
    """The interpreter that has the packages."""
    return sys.executable
