"""Git over HTTP: clone and push with a key, by an unmodified git and its own backend."""

import os
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def gate(serve, gate_before, folder, python):
    repositories = folder / "repositories"
    repositories.mkdir()
    git(["init", "-q", "--bare", "-b", "main", repositories / "project.git"])
    git(["config", "http.receivepack", "true"], cwd=repositories / "project.git")
    app = serve(python, Path(__file__).with_name("git_server.py"), "PORT", repositories)
    return gate_before(f"http://127.0.0.1:{app}", route='headers = "remote"')


def git(words, cwd=None, check=True, **environment):
    quiet = {
        "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
    }
    return subprocess.run(
        ["git", *map(str, words)], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=check,
        timeout=120, env={**os.environ, **quiet, **environment},
    )


def test_push_and_clone_with_a_key(gate, tmp_path):
    trust = {"GIT_SSL_CAINFO": str(gate.authority)}
    remote = gate.url.replace("https://", f"https://__key__:{gate.key('git')}@") + "/project.git"
    work = tmp_path / "work"
    git(["clone", "-q", remote, work], **trust)
    # Larger than git's post buffer, so that the push is sent in chunks.
    (work / "large").write_bytes(os.urandom(3 << 20))
    (work / "small").write_text("hello")
    git(["checkout", "-q", "-b", "main"], cwd=work)
    git(["add", "."], cwd=work)
    git(["commit", "-q", "-m", "first"], cwd=work)
    git(["push", "-q", "origin", "main"], cwd=work, **trust)
    again = tmp_path / "again"
    git(["clone", "-q", remote, again], **trust)
    assert (again / "large").read_bytes() == (work / "large").read_bytes()
    assert git(["log", "--format=%s"], cwd=again).stdout == "first\n"


def test_without_a_key_git_is_asked_for_one(gate, tmp_path):
    done = git(["clone", "-q", f"{gate.url}/project.git", tmp_path / "x"], check=False, GIT_SSL_CAINFO=str(gate.authority))
    assert done.returncode != 0
    assert "could not read Username" in done.stderr, done.stderr


def test_with_a_wrong_key_git_is_turned_away(gate, tmp_path):
    remote = gate.url.replace("https://", "https://__key__:wrong@") + "/project.git"
    done = git(["clone", "-q", remote, tmp_path / "x"], check=False, GIT_SSL_CAINFO=str(gate.authority))
    assert done.returncode != 0 and "Authentication failed" in done.stderr, done.stderr
