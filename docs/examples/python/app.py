"""An app that believes nobody but the gate: it verifies X-Portcullis-Jwt-Assertion on each request.

    pip install "pyjwt[crypto]"
    ISSUER=https://gate.example.com AUDIENCE=wiki PORT=3000 python3 app.py
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

ISSUER = os.environ["ISSUER"]  # the gate's public_url
AUDIENCE = os.environ["AUDIENCE"]  # the slug of this app's platform
LEEWAY = 5  # seconds by which our clock may differ

# Keeps the key set for ten minutes, and asks again when a key is not in it.
KEYS = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=600, timeout=5)


class NotTheGate(Exception):
    """The request carries no assertion that can be believed."""


def caller(headers):
    """The claims of the request's assertion. `headers` is anything with `get_all`, as http.server has it."""
    found = headers.get_all("X-Portcullis-Jwt-Assertion") or []
    if len(found) != 1:
        raise NotTheGate("one assertion is needed")
    token = found[0]
    try:
        head = jwt.get_unverified_header(token)
        if head.get("alg") != "ES256" or head.get("typ") != "portcullis-assertion+jwt" or "crit" in head:
            raise NotTheGate("not an assertion")
        return jwt.decode(
            token,
            KEYS.get_signing_key_from_jwt(token).key,  # by its kid
            algorithms=["ES256"],  # never what the token says
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "sub", "exp", "nbf"], "strict_aud": True},
        )
    except jwt.PyJWKClientConnectionError:
        raise  # the keys cannot be had: nobody is let in, but it is not the caller's fault
    except (jwt.PyJWTError, ValueError) as error:
        raise NotTheGate(str(error)) from error


class App(BaseHTTPRequestHandler):
    """Says who is calling."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            claims = caller(self.headers)
            self.say(200, {"user": claims["preferred_username"], "account": claims["sub"]})
        except NotTheGate as error:
            self.say(401, {"error": str(error)})
        except jwt.PyJWKClientConnectionError:
            self.say(503, {"error": "the gate's keys cannot be had"})

    def say(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
