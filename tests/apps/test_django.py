"""A Django app with remote-user middleware, called by curl and by requests."""

import json
import subprocess
from pathlib import Path

import pytest
import requests


@pytest.fixture(scope="module")
def gate(serve, gate_before, folder, python):
    app = serve(python, Path(__file__).with_name("django_app.py"), "PORT", folder / "django.db")
    return gate_before(f"http://127.0.0.1:{app}")


def curl(gate, key, path, *more):
    words = ["curl", "-sS", "--fail-with-body", "--cacert", gate.authority, "-u", f"__key__:{key}", *more, gate.url + path]
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60).stdout


def test_curl_is_signed_in_over_both_protocols(gate):
    key = gate.key("curl")
    for protocol in ("--http1.1", "--http2"):
        told = json.loads(curl(gate, key, "/who", protocol))
        assert told == {"user": "ada", "url": f"{gate.url}/there", "secure": True, "length": 0}


def test_requests_is_signed_in_and_follows_redirects(gate):
    with requests.Session() as session:
        session.trust_env = False  # a bundle named by the environment would win
        session.auth, session.verify = ("__key__", gate.key("requests")), str(gate.authority)
        for _ in range(3):
            assert session.get(f"{gate.url}/moved", timeout=30).json()["user"] == "ada"


def test_a_forged_header_signs_nobody_in(gate):
    for name in ("X-Forwarded-User", "X_Forwarded_User", "x.forwarded.user"):
        answer = requests.get(f"{gate.url}/who", headers={name: "root"}, verify=str(gate.authority), timeout=30)
        assert answer.status_code == 401, name
        key = gate.key(f"forged {name}")
        told = requests.get(
            f"{gate.url}/who", headers={name: "root"}, auth=("__key__", key), verify=str(gate.authority), timeout=30
        )
        assert told.json()["user"] == "ada", name


def test_without_a_key_there_is_a_challenge_and_no_app(gate):
    answer = requests.get(f"{gate.url}/who", verify=str(gate.authority), timeout=30)
    assert answer.status_code == 401
    assert "Basic realm=" in answer.headers["WWW-Authenticate"]
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_revoked_key_is_refused_at_once(gate):
    key = gate.key("to be revoked")
    auth = {"auth": ("__key__", key), "verify": str(gate.authority), "timeout": 30}
    assert requests.get(f"{gate.url}/who", **auth).status_code == 200
    gate.revoke(key)
    # The change was made by another process: a second is what is promised.
    from gate import wait_until

    wait_until("the end of the key", lambda: requests.get(f"{gate.url}/who", **auth).status_code == 401, 1)


def test_no_credential_is_written_to_the_log(gate):
    key = gate.key("logged")
    curl(gate, key, f"/who?token={key}")
    log = gate.log.read_text()
    assert key not in log and key[16:48] not in log
