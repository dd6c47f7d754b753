"""The API from without: its document is taken at its word and every endpoint is asked thousands of things, good
and bad, by an administrator who is signed in, and by a service's key. Nothing may break, and no answer may be one
that the document does not speak of."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

# What would sign the asking browser out, or is answered by nothing that the document could know.
LEFT_OUT = ["/.portcullis/api/v1/me/sessions/end-all"]


@pytest.fixture(scope="module")
def gate(gate_before):
    gate = gate_before("http://127.0.0.1:9")
    gate.run("account", "create", "root", "--email", "root@example.org", "--administrator")
    gate.run("account", "create", "robot", "--service-of", "acme")
    gate.run("grant", "add", "--account", "robot", "--organisation", "acme", "--role", "manager")
    return gate


def signed_in(gate):
    said = gate.run("session", "create", "--account", "root", "--host", "localhost").stdout
    return {"Cookie": re.search(r"__Host-portcullis=\S+", said)[0], "Sec-Fetch-Site": "same-origin"}


def with_key(gate):
    said = gate.run("key", "create", "--account", "robot", "--name", "api", "--audience", "api",
                    "--credentials", "app/acme/general/manager").stdout
    return {"Authorization": f"Bearer {re.search(r'pcs_[0-9A-Za-z]{50}', said)[0]}"}


def document(gate, folder):
    """The API's own document, without what it says of credentials: those are given with every request."""
    answer = requests.get(f"{gate.url}/.portcullis/api/v1/openapi.json", verify=gate.authority, timeout=20)
    said = answer.json()
    del said["components"]["securitySchemes"]
    for operations in said["paths"].values():
        for operation in operations.values():
            del operation["security"]
    file = folder / "openapi.json"
    file.write_text(json.dumps(said))
    return file


def ask_everything(gate, headers, folder):
    # One worker: the `ast` module of Python 3.11, which schemathesis uses, does not bear several threads.
    words = [Path(sys.executable).parent / "schemathesis", "--config-file", Path(__file__).with_name("schemathesis.toml"), "run",
             document(gate, folder), "--url", gate.url, "--tls-verify", gate.authority, "--seed", "1", "--no-shrink",
             "--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--workers", "1", "--max-time", "50",
             "--continue-on-failure", "--request-timeout", "20", "--suppress-health-check", "all", "--warnings", "off",
             "--exclude-checks", "positive_data_acceptance"]
    for name, value in headers.items():
        words += ["--header", f"{name}: {value}"]
    for path in LEFT_OUT:
        words += ["--exclude-path", path]
    environment = {name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name}
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=240,
                          cwd=folder, env=environment)


# The administrator last: what is left of the household afterwards nobody knows.
@pytest.mark.parametrize("who", [with_key, signed_in])
def test_every_answer_is_one_that_the_document_speaks_of(gate, tmp_path, who):
    done = ask_everything(gate, who(gate), tmp_path)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
