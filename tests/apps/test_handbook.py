"""What the handbook tells programs to do, done as it stands there against a real gate: only the host, the key
and the platform are other ones."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import requests

from gate import ROOT


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text(), re.S)


CURL = [line for block in blocks("programs.md", "sh") for line in block.splitlines() if line.startswith("curl ")]


@pytest.fixture(scope="module")
def gate(serve, gate_before, python):
    apps = Path(__file__).parent
    web = serve(python, apps / "streams_server.py", "PORT")
    sockets = serve(python, apps / "websocket_server.py", "PORT")
    calls = serve(python, apps / "grpc_server.py", "PORT")
    more = f"""
hosts = ["localhost", "wiki.example.com"]

[[route]]
platform = "app"
path = "/talk"
upstream = "http://127.0.0.1:{sockets}"

[[route]]
platform = "app"
path = "/test.Talk"
upstream = "h2c://127.0.0.1:{calls}"
"""
    return gate_before(f"http://127.0.0.1:{web}", route=more)


@pytest.fixture(scope="module")
def key(gate):
    return gate.key("handbook")


def run(words, gate, home, **more):
    """Runs a program that trusts the development authority, by whichever variable it asks."""
    environment = {name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name}
    trust = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
    environment |= {"HOME": str(home)} | dict.fromkeys(trust, str(gate.authority))
    return subprocess.run(
        list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False, env=environment, **more
    )


def curl(line, gate, key, home):
    """A curl line of the handbook, led to the gate."""
    words = shlex.split(line.replace("KEY", key).replace("wiki/acme", "app/acme").replace("gate.example.com", "localhost"))
    hosts = ("wiki.example.com", "localhost")
    lead = [word for host in hosts for word in ("--connect-to", f"{host}:443:127.0.0.1:{gate.port}")]
    return run([*words, "-sS", "--cacert", gate.authority, *lead, "-w", "%{http_code}", "-o", home / "body"], gate, home, cwd=home)


def ours(text, gate):
    """Code of the handbook with our address in the place of its own."""
    where = gate.url.removeprefix("https://")
    return text.replace("wiki.example.com:443", where).replace("wiki.example.com", where)


def test_the_page_has_what_is_tried_here():
    assert len(CURL) == 5 and len(blocks("programs.md", "python")) == 3 and len(blocks("programs.md", "js")) == 1


@pytest.mark.parametrize("line", CURL)
def test_a_curl_line_gets_in(gate, key, tmp_path, line):
    netrc = next(block for block in blocks("programs.md", "text") if block.startswith("machine "))
    (tmp_path / ".netrc").write_text(netrc.replace("KEY", key))
    done = curl(line, gate, key, tmp_path)
    assert (done.returncode, done.stdout) == (0, "200"), f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("at, tail, told", [
    (0, "print(answer.status_code)", "200"),
    (1, "import asyncio\nprint(asyncio.run(talk()))", "ada"),
    (2, "print(call('/test.Talk/Who', b'hello'))", "b'hello from ada'"),
])
def test_a_piece_of_python_gets_in(gate, key, python, tmp_path, at, tail, told):
    code = f"KEY = '{key}'\n{ours(blocks('programs.md', 'python')[at], gate)}\n{tail}\n"
    done = run([python, "-c", code], gate, tmp_path)
    assert done.returncode == 0 and done.stdout.strip() == told, f"{code}\n{done.stdout}{done.stderr}"


def test_the_piece_of_javascript_gets_in_and_throws_what_the_gate_says(gate, key, tmp_path):
    if not shutil.which("node"):
        pytest.skip("there is no node on this machine")
    code = ours(blocks("programs.md", "js")[0], gate)
    for name, presented, told in (("good", key, "200"), ("bad", "wrong", "401 Key not accepted")):
        script = tmp_path / f"{name}.mjs"
        script.write_text(f"const KEY = '{presented}';\n{code}\nconsole.log(answer.status);\n")
        done = run(["node", script], gate, tmp_path)
        assert told in done.stdout + done.stderr, f"{code}\n{done.stdout}{done.stderr}"


def test_every_kind_of_problem_in_the_table_is_one():
    words = (ROOT / "src/words/en.ftl").read_text()
    rows = [row for row in (ROOT / "docs/programs.md").read_text().splitlines() if re.match(r"\| \d", row)]
    kinds = [kind for row in rows for kind in re.findall(r"`([a-z-]+)`", row.split("|")[2])]
    assert len(kinds) > 15
    for kind in kinds:
        assert f"problem-{kind}-title" in words, kind


def test_whoever_has_a_key_can_end_it(gate, tmp_path):
    key = gate.key("leaked")
    (tmp_path / "key.txt").write_text(key)
    line = next(block for block in blocks("leaked-keys.md", "sh") if block.startswith("curl ")).strip()
    done = curl(line, gate, key, tmp_path)
    assert (done.returncode, done.stdout) == (0, "202"), f"{line}\n{done.stdout}{done.stderr}"
    answer = requests.get(gate.url, auth=("__key__", key), verify=str(gate.authority), timeout=30)
    assert answer.status_code == 401


def test_the_rules_for_scanners_have_the_pattern_that_the_gate_tells(gate):
    about = requests.get(f"{gate.url}/.well-known/portcullis", verify=str(gate.authority), timeout=30).json()
    page = (ROOT / "docs/leaked-keys.md").read_text()
    pattern = about["key_pattern"]
    assert pattern in blocks("leaked-keys.md", "text")[0] and f"regex = '''{pattern}'''" in page
    core = pattern.removeprefix(r"\b").removesuffix(r"\b")
    assert page.count(core) == 4, "the list, gitleaks, trufflehog, the hook"
    assert re.search(pattern, f"password={gate.key('found')};")


def test_the_hook_stops_a_commit_with_a_key(gate, key, tmp_path):
    hook = next(block for block in blocks("leaked-keys.md", "sh") if "git diff" in block)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["git", "init", "-q"], [*git, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(words, cwd=tmp_path, check=True, stdin=subprocess.DEVNULL)
    (tmp_path / ".git/hooks/pre-commit").write_text(f"#!/bin/sh\n{hook}")
    (tmp_path / ".git/hooks/pre-commit").chmod(0o755)
    for text, good in (("KEY is in the secret store", True), (f"KEY={key}", False)):
        (tmp_path / "settings").write_text(f"{text}\n")
        subprocess.run(["git", "add", "settings"], cwd=tmp_path, check=True)
        done = subprocess.run([*git, "commit", "-q", "-m", "settings"], cwd=tmp_path, capture_output=True, check=False)
        assert (done.returncode == 0) == good, done
