"""The handbook's example apps, one for each language at hand, behind a real gate: each lets in whoever the
gate says is calling, and refuses everything that the gate did not sign for it just now."""

import base64
import hmac
import http.client
import json
import os
import shutil
import subprocess
import time
import uuid
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gate import ROOT, accepts, free_port, wait_until

EXAMPLES = ROOT / "docs/examples"
JACKSON = [Path("/usr/share/java") / f"jackson-{part}.jar" for part in ("core", "annotations", "databind")]
LANGUAGES = ["python", "node", "go", "java", "rust"]
FIELD = "X-Portcullis-Jwt-Assertion"


def needs(*programs):
    """Skips where a program of the language is not at hand."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"there is no {program} on this machine")


def run(*words, **more):
    done = subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False, **more)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"


def words_of(language, python, authority, folder):
    """How an example is started, and what its environment needs to trust the gate's certificate."""
    if language == "python":
        return [python, EXAMPLES / "python/app.py"], {"SSL_CERT_FILE": authority}
    if language == "node":
        needs("node")
        return ["node", EXAMPLES / "node/app.mjs"], {"NODE_EXTRA_CA_CERTS": authority}
    if language == "go":
        needs("go")
        run("go", "build", "-o", folder / "go-app", EXAMPLES / "go/main.go", env=os.environ | {"GOCACHE": str(folder / "go-cache")})
        return [folder / "go-app"], {"SSL_CERT_FILE": authority}
    if language == "java":
        needs("java", "keytool")
        if not all(jar.exists() for jar in JACKSON):
            pytest.skip("Jackson is not on this machine (libjackson2-databind-java)")
        trust = folder / "trust.p12"
        run("keytool", "-importcert", "-noprompt", "-alias", "gate", "-file", authority, "-keystore", trust, "-storepass", "changeit")
        jars = ":".join(map(str, JACKSON))
        return ["java", f"-Djavax.net.ssl.trustStore={trust}", "-Djavax.net.ssl.trustStorePassword=changeit", "-cp", jars, EXAMPLES / "java/App.java"], {}
    if not os.environ.get("PORTCULLIS_TEST_LONG"):
        pytest.skip("the Rust example is built in long runs only")
    target = ROOT / "tests/.cache/rust-example"
    run("cargo", "build", "--quiet", "--locked", "--manifest-path", EXAMPLES / "rust/Cargo.toml", "--target-dir", target)
    return [target / "debug/app"], {"SSL_CERT_FILE": authority}


@pytest.fixture(scope="module")
def ports():
    return {language: free_port() for language in LANGUAGES}


@pytest.fixture(scope="module")
def gate(gate_before, ports):
    routes = [f'[[route]]\npath = "/{name}"\nplatform = "app"\nupstream = "http://127.0.0.1:{port}"\n' for name, port in ports.items()]
    return gate_before("http://127.0.0.1:9", route="\n".join(["", *routes]))


@pytest.fixture(scope="module", params=LANGUAGES)
def app(request, gate, ports, python, tmp_path_factory):
    """An example that runs: its language and port."""
    language, port, folder = request.param, ports[request.param], tmp_path_factory.mktemp(request.param)
    words, trust = words_of(language, python, gate.authority, folder)
    own = {"ISSUER": gate.url, "AUDIENCE": "app", "PORT": str(port)} | {name: str(path) for name, path in trust.items()}
    log = (folder / "log").open("ab")
    process = subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | own)

    def listening():
        assert process.poll() is None, (folder / "log").read_text()
        return accepts(port)

    wait_until(f"the example in {language}", listening, 60)
    yield language, port
    process.terminate()
    process.wait(10)


class Signer:
    """Makes assertions as the gate does, with the gate's own key; and worse ones."""

    def __init__(self, gate):
        current = json.loads((gate.folder / "data/keyring").read_text())["signing"]["current"]
        self.kid, self.url = current["kid"], gate.url
        self.key = serialization.load_der_private_key(base64.urlsafe_b64decode(current["key"] + "=="), None)

    def claims(self, **other):
        now = int(time.time())
        claims = {"iss": self.url, "aud": "app", "sub": str(uuid.uuid4()), "iat": now, "nbf": now - 5, "exp": now + 60, "preferred_username": "ada"}
        return {name: value for name, value in (claims | other).items() if value is not None}

    def token(self, head=None, key=None, sign=None, **claims):
        """An assertion with this head, key, way of signing and claims in the place of the good ones."""
        head = {"typ": "portcullis-assertion+jwt", "alg": "ES256", "kid": self.kid} | (head or {})
        head = {name: value for name, value in head.items() if value is not None}
        signed = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(self.claims(**claims)).encode())}"
        signature = sign(signed.encode()) if sign else ecdsa(key or self.key, signed.encode())
        return f"{signed}.{encoded(signature)}"

    def with_public_key_as_secret(self, text):
        """What a library that lets the token choose the algorithm would take for good."""
        public = self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hmac.digest(public, text, "sha256")


def encoded(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def ecdsa(key, text):
    r, s = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


OTHER = ec.generate_private_key(ec.SECP256R1())
BAD = {
    "none at all": lambda signer: None,
    "an empty one": lambda signer: "",
    "one that is none": lambda signer: "ada",
    "three parts of nothing": lambda signer: "a.b.c",
    "no signature": lambda signer: signer.token(sign=lambda _: b""),
    "a cut signature": lambda signer: signer.token()[:-8],
    "expired": lambda signer: signer.token(exp=int(time.time()) - 30),
    "without an end": lambda signer: signer.token(exp=None),
    "not valid yet": lambda signer: signer.token(nbf=int(time.time()) + 30),
    "without a beginning": lambda signer: signer.token(nbf=None),
    "for another platform": lambda signer: signer.token(aud="other"),
    "for several platforms": lambda signer: signer.token(aud=["app", "other"]),
    "for no platform": lambda signer: signer.token(aud=None),
    "of another issuer": lambda signer: signer.token(iss="https://gate.example.com"),
    "of no issuer": lambda signer: signer.token(iss=None),
    "another key under the same id": lambda signer: signer.token(key=OTHER),
    "another key under an id of its own": lambda signer: signer.token({"kid": "other"}, key=OTHER),
    "another key that it brings along": lambda signer: signer.token({"jwk": public(OTHER)}, key=OTHER),
    "no key id": lambda signer: signer.token({"kid": None}),
    "alg none": lambda signer: signer.token({"alg": "none"}, sign=lambda _: b""),
    "alg none with a good signature": lambda signer: signer.token({"alg": "none"}),
    "the public key as a secret": lambda signer: signer.token({"alg": "HS256"}, sign=signer.with_public_key_as_secret),
    "another kind of token": lambda signer: signer.token({"typ": "at+jwt"}),
    "no kind of token": lambda signer: signer.token({"typ": None}),
    "an extension nobody knows": lambda signer: signer.token({"crit": ["b64"], "b64": True}),
}


def public(key):
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": encoded(numbers.x.to_bytes(32, "big")), "y": encoded(numbers.y.to_bytes(32, "big"))}


def ask(port, *tokens):
    """Asks the example past the gate, as somebody inside its network could."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.putrequest("GET", "/")
    for token in tokens:
        line.putheader(FIELD, token)
    line.endheaders()
    answer = line.getresponse()
    told = answer.status, answer.read()
    line.close()
    return told


def through(gate, app, key):
    auth = {"auth": ("__key__", key), "verify": str(gate.authority), "timeout": 30}
    return requests.get(f"{gate.url}/{app[0]}/x", headers={FIELD: "e30.e30."}, **auth)


def test_the_gates_own_assertion_is_believed(gate, app):
    answer = through(gate, app, gate.key(app[0]))
    assert (answer.status_code, answer.json().get("user")) == (200, "ada"), answer.text


def test_an_assertion_within_the_leeway_is_believed(gate, app):
    signer = Signer(gate)
    for token in (signer.token(), signer.token(exp=int(time.time()) - 2), signer.token(nbf=int(time.time()) + 2)):
        status, body = ask(app[1], token)
        assert (status, json.loads(body)["user"]) == (200, "ada"), body


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_assertion_is_refused(gate, app, kind):
    token = BAD[kind](Signer(gate))
    status, body = ask(app[1], *([] if token is None else [token]))
    assert status == 401 and b"ada" not in body, body


def test_two_assertions_are_refused(gate, app):
    signer = Signer(gate)
    assert ask(app[1], signer.token(), signer.token())[0] == 401


def test_a_key_that_is_new_to_the_app_is_looked_up(gate, app):
    before = Signer(gate).kid
    for _ in range(2):  # the second one was never published before
        gate.run("keyring", "rotate", "signing", "--at-once")
    assert Signer(gate).kid != before
    key = gate.key(f"{app[0]} after rotation")
    wait_until("the new key", lambda: ask(app[1], Signer(gate).token())[0] == 200, 30)
    wait_until("the gate's use of it", lambda: through(gate, app, key).status_code == 200, 30)
