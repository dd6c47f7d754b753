// An app that believes nobody but the gate: it verifies X-Portcullis-Jwt-Assertion on each request.
// Node 18.3 or later, nothing to install.
//
//     ISSUER=https://gate.example.com AUDIENCE=wiki PORT=3000 node app.mjs

import { createPublicKey, verify } from "node:crypto";
import { createServer } from "node:http";

const { ISSUER, AUDIENCE, PORT } = process.env; // the gate's public_url, the slug of this app's platform
const LEEWAY = 5; // seconds by which our clock may differ
const KEPT = 600_000; // milliseconds for which the key set is kept
const PAUSE = 5_000; // shortest time between two looks for a key that is not in it

class NotTheGate extends Error {}

let keys = new Map(); // kid → public key
let read = 0;
let tried = 0;
let reading = null;

async function readKeys() {
  tried = Date.now();
  const answer = await fetch(`${ISSUER}/.well-known/jwks.json`, { signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`the key set: ${answer.status}`);
  const usable = (await answer.json()).keys.filter((jwk) => jwk.kid && jwk.kty === "EC" && jwk.crv === "P-256");
  keys = new Map(usable.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: "jwk" })]));
  read = Date.now();
}

async function keyOf(kid) {
  const now = Date.now();
  const wanted = !keys.has(kid) && now - tried > PAUSE;
  if (now - read > KEPT || wanted) await (reading ??= readKeys().finally(() => (reading = null)));
  const key = keys.get(kid);
  if (!key) throw new NotTheGate("a key that is not the gate's");
  return key;
}

function part(text) {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw new NotTheGate("not an assertion");
  try {
    const value = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {}
  throw new NotTheGate("not an assertion");
}

/** The claims of the request's assertion. Throws `NotTheGate` for whatever cannot be believed. */
export async function caller(request) {
  const found = request.headersDistinct["x-portcullis-jwt-assertion"] ?? [];
  if (found.length !== 1) throw new NotTheGate("one assertion is needed");
  const parts = found[0].split(".");
  if (parts.length !== 3) throw new NotTheGate("not an assertion");
  const head = part(parts[0]);
  if (head.alg !== "ES256" || head.typ !== "portcullis-assertion+jwt" || "crit" in head || typeof head.kid !== "string") {
    throw new NotTheGate("not an assertion");
  }
  const key = { key: await keyOf(head.kid), dsaEncoding: "ieee-p1363" };
  const signature = Buffer.from(parts[2], "base64url");
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (signature.length !== 64 || !verify("sha256", signed, key, signature)) throw new NotTheGate("the signature is wrong");
  const claims = part(parts[1]);
  const now = Date.now() / 1000;
  if (claims.iss !== ISSUER) throw new NotTheGate("of another issuer");
  if (claims.aud !== AUDIENCE) throw new NotTheGate("for another platform");
  if (typeof claims.sub !== "string") throw new NotTheGate("about nobody");
  if (!Number.isFinite(claims.exp) || claims.exp + LEEWAY <= now) throw new NotTheGate("too old");
  if (!Number.isFinite(claims.nbf) || claims.nbf - LEEWAY > now) throw new NotTheGate("not valid yet");
  return claims;
}

createServer(async (request, response) => {
  let status = 200;
  let answer;
  try {
    const claims = await caller(request);
    answer = { user: claims.preferred_username, account: claims.sub };
  } catch (error) {
    // Where the keys cannot be had nobody is let in either, but it is not the caller's fault.
    status = error instanceof NotTheGate ? 401 : 503;
    answer = { error: status === 401 ? error.message : "the gate's keys cannot be had" };
  }
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
}).listen(Number(PORT), "127.0.0.1");
