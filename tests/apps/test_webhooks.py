"""Webhooks as the apps that receive them see them: verified by a library that is not ours and by the handbook's own
code, over TLS, and with a gate that is killed again and again."""

import datetime
import ipaddress
import json
import os
import random
import re
import shutil
import signal
import subprocess

import jsonschema_rs
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook, WebhookVerificationError

from gate import ROOT, Gate, wait_until
from receiver import Receiver

HANDBOOK = (ROOT / "docs/webhooks.md").read_text()
ALLOW = '[egress]\nallow = ["127.0.0.0/8"]\n'


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def gate(tmp_path):
    """A gate of the test's own, whose webhooks may lie on this machine."""
    gate = Gate(tmp_path, "http://127.0.0.1:9", more=ALLOW).start().household()
    yield gate
    gate.stop(signal.SIGKILL)


def webhook(gate, receiver, *more):
    return json.loads(gate.run("webhook", "create", "app", receiver.url, *more, "--json").stdout)


def deliveries(gate, made):
    return json.loads(gate.run("webhook", "deliveries", made["id"], "--limit", "1000", "--json").stdout)


def arrived(receiver, count):
    return wait_until(f"{count} messages", lambda: len(receiver.came) >= count and list(receiver.came))


def handbook(language):
    return re.search(rf"```{language}\n(.*?)```", HANDBOOK, re.S)[1]


def test_a_library_that_is_not_ours_verifies_every_message(gate, receiver):
    """B-21, R-71."""
    made = webhook(gate, receiver)
    gate.run("account", "suspend", "ada")
    gate.run("account", "resume", "ada")
    old = Webhook(made["secret"])
    for headers, body in arrived(receiver, 2):
        event = old.verify(body, headers)
        assert event["data"]["account"]["user_name"] == "ada"
        with pytest.raises(WebhookVerificationError):
            old.verify(body.replace(b"ada", b"eve"), headers)
        with pytest.raises(WebhookVerificationError):
            old.verify(body, headers | {"webhook-id": "another"})
    assert receiver.types() == ["account.disabled", "account.updated"]
    rotated = json.loads(gate.run("webhook", "rotate", made["id"], "--overlap", "1h", "--json").stdout)
    gate.run("webhook", "test", made["id"])
    headers, body = arrived(receiver, 3)[2]
    assert old.verify(body, headers) == Webhook(rotated["secret"]).verify(body, headers)


def test_the_handbooks_own_code_verifies_a_message(gate, receiver, tmp_path):
    made = webhook(gate, receiver)
    gate.run("account", "close", "ada")
    messages = {json.loads(body)["type"]: (headers, body) for headers, body in arrived(receiver, 1)}
    headers, body = messages["account.deleted"]
    space = {}
    exec(handbook("python"), space)
    assert space["receive"](made["secret"], headers, body) == 204
    assert space["receive"](made["secret"], headers, body + b" ") == 401
    node = shutil.which("node")
    if not node:
        pytest.skip("there is no Node on this machine")
    code = handbook("js") + """
const [secret, headers, body] = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const late = { ...headers, "webhook-timestamp": "1" };
console.log(JSON.stringify([verify(secret, headers, body), verify(secret, headers, body + " "), verify(secret, late, body)]));
"""
    said = subprocess.run(
        [node, "-e", code], input=json.dumps([made["secret"], headers, body.decode()]), capture_output=True, text=True, timeout=30, check=True
    )
    assert json.loads(said.stdout) == [json.loads(body), None, None]


def test_every_message_has_the_shape_that_the_document_says(gate, receiver):
    made = webhook(gate, receiver)
    gate.key("doomed")
    gate.run("session", "create", "--account", "ada")
    gate.run("entitlement", "remove", "--organisation", "acme", "--platform", "app")
    gate.run("entitlement", "add", "--organisation", "acme", "--platform", "app")
    gate.run("account", "suspend", "ada")
    gate.run("account", "close", "ada")
    gate.run("account", "erase", "ada", "--yes")
    gate.run("webhook", "test", made["id"])
    wait_until("a test", lambda: "test.ping" in receiver.types())
    wait_until("everything", lambda: all(one["state"] == "arrived" for one in deliveries(gate, made)))
    document = requests.get(f"{gate.url}/.portcullis/api/v1/openapi.json", verify=gate.authority, timeout=10).json()
    seen = set()
    for _, body in receiver.came:
        event = json.loads(body)
        content = document["webhooks"][event["type"]]["post"]["requestBody"]["content"]
        schema = content["application/json"]["schema"] | {"components": document["components"]}
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(event)
        seen.add(event["type"])
    assert seen >= {"grant.changed", "account.disabled", "account.deleted", "session.ended", "key.revoked", "test.ping"}


def certificate(folder, name="localhost"):
    """An authority of its own, and a file with a certificate by it for this machine."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def named(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def begun(subject, issuer, key):
        builder = x509.CertificateBuilder().subject_name(named(subject)).issuer_name(named(issuer)).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=2))

    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = begun("authority", "authority", authority_key).add_extension(x509.BasicConstraints(True, None), True)
    authority = authority.sign(authority_key, hashes.SHA256())
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = begun(name, "authority", key).add_extension(names, False)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False).sign(authority_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem) + private)
    return folder / "authority.pem", folder / "leaf.pem"


def test_a_message_travels_over_tls_that_the_system_trusts_and_over_no_other(tmp_path, monkeypatch):
    """R-70."""
    (tmp_path / "good").mkdir(), (tmp_path / "bad").mkdir(), (tmp_path / "gate").mkdir()
    authority, good = certificate(tmp_path / "good")
    _, bad = certificate(tmp_path / "bad")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    trusted, stranger = Receiver(certificate=good), Receiver(certificate=bad)
    gate = Gate(tmp_path / "gate", "http://127.0.0.1:9", more=ALLOW).start()
    try:
        first, second = webhook(gate, trusted), webhook(gate, stranger)
        for made in (first, second):
            gate.run("webhook", "test", made["id"])
        Webhook(first["secret"]).verify(*reversed(arrived(trusted, 1)[0]))
        failed = wait_until("a failure", lambda: [one for one in deliveries(gate, second) if one["failure"]])
        assert failed[0]["failure"] == "handshake" and not stranger.came
    finally:
        gate.stop(signal.SIGKILL)
        trusted.close(), stranger.close()


def test_a_gate_that_is_killed_thirty_times_tells_everything(tmp_path):
    """B-20: each event at least once, under one id."""
    receiver = Receiver(pause=0.02)
    gate = Gate(tmp_path, "http://127.0.0.1:9", more=ALLOW).start().household()
    dice = random.Random(int(os.environ.get("PORTCULLIS_TEST_SEED", "7")))
    try:
        made = webhook(gate, receiver)
        for kill in range(30):
            gate.run("account", "suspend" if kill % 2 == 0 else "resume", "ada")
            gate.run("webhook", "test", made["id"])
            wait_until("a moment", lambda: dice.random() < 0.05, 5)
            gate.stop(signal.SIGKILL)
            gate.start()
        told = deliveries(gate, made)
        assert len(told) == 60
        wait_until("every event", lambda: {h["webhook-id"] for h, _ in list(receiver.came)} == {one["event"] for one in told}, 90)
        wait_until("every state", lambda: all(one["state"] == "arrived" for one in deliveries(gate, made)), 90)
        bodies = {}
        for headers, body in receiver.came:
            assert bodies.setdefault(headers["webhook-id"], body) == body
            Webhook(made["secret"]).verify(body, headers)
        kinds = sorted(json.loads(body)["type"] for body in bodies.values())
        assert kinds == ["account.disabled"] * 15 + ["account.updated"] * 15 + ["test.ping"] * 30
    finally:
        gate.stop(signal.SIGKILL)
        receiver.close()
