"""The scenarios: each loads a running proxy and tells what that cost. All generators run on one core."""

import json
import os
import pathlib
import re
import statistics
import subprocess
import threading
import time

from machine import GENERATOR, Window

HERE = pathlib.Path(__file__).parent
ENVIRONMENT = dict(os.environ, OPENSSL_CONF=str(HERE / "client-tls.cnf"))
MICROSECONDS = {"us": 1, "ms": 1e3, "s": 1e6, "m": 6e7}
BODY = 100_000_000


def generate(command, seconds):
    """Runs a generator to its end; what it printed."""
    done = subprocess.run(
        ["taskset", "-c", str(GENERATOR), *map(str, command)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=seconds + 60,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


def number(pattern, text, default=None):
    found = re.search(pattern, text)
    if found is None and default is None:
        raise RuntimeError(f"nothing like {pattern} in {text[-500:]}")
    return float(found[1]) if found else default


def check_door(proxy):
    """What is measured must do its work: 200 with the key, and 401 without it from those that look."""
    for headers, wanted in ((["-H", proxy.field], "200"), ([], "401" if proxy.guards else "200")):
        told = generate(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", *headers, proxy.url + "/"], 5)
        if told != wanted:
            raise RuntimeError(f"answers {told} instead of {wanted}")


def wrk(proxy, connections, seconds):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    text = generate([*command, "-H", proxy.field, proxy.url + "/"], seconds)

    def percentile(name):
        value, unit = re.search(rf"\s{name}%\s+([\d.]+)(us|ms|s|m)\b", text).groups()
        return float(value) * MICROSECONDS[unit]

    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    refused = number(r"Non-2xx or 3xx responses: (\d+)", text, 0.0)
    return {
        "requests": number(r"(\d+) requests in", text) - refused,
        "requests_per_s": number(r"Requests/sec:\s+([\d.]+)", text),
        "failed": refused + sum(map(int, errors.groups() if errors else [])),
        "p50_us": percentile(50),
        "p99_us": percentile(99),
    }


def h2load(proxy, seconds):
    command = ["h2load", "-t1", "-c16", "-m32", "-D", seconds, "-H", proxy.field, proxy.url + "/"]
    text = generate(command, seconds)
    if "Application protocol: h2" not in text:
        raise RuntimeError("no HTTP/2")
    done = number(r"status codes: (\d+) 2xx", text)
    return {
        "requests": done,
        "requests_per_s": done / seconds,
        "failed": number(r"(\d+) failed,", text) + number(r"(\d+) 4xx", text) + number(r"(\d+) 5xx", text),
    }


def dial(proxy, seconds):
    tool = proxy.bench.tools / "compare-dial"
    text = generate([tool, "handshakes", proxy.address, proxy.field, 16, seconds], seconds)
    done = json.loads(text)
    return done | {"requests_per_s": done["requests"] / done["seconds"]}


def per_request(proxy, seconds, load):
    """A second to warm up, then the load that counts."""
    load(1)
    if proxy.process is None:
        return load(seconds)
    with Window(proxy.process) as window:
        done = load(seconds)
    if done["requests"] < 100 or done["failed"] > done["requests"] / 100:
        raise RuntimeError(f"{done['requests']} requests were answered and {done['failed']} failed")
    cost = 1e6 * window.cpu / (done["requests"] + done["failed"])
    return done | window.facts() | {"cpu_us_per_request": cost, "resident_kib": proxy.process.memory()}


def keep_alive(proxy, quick):
    seconds = 2 if quick else 4
    return per_request(proxy, seconds, lambda seconds: wrk(proxy, 64, seconds))


def http2(proxy, quick):
    return per_request(proxy, 2 if quick else 4, lambda seconds: h2load(proxy, seconds))


def handshakes(proxy, quick):
    return per_request(proxy, 2 if quick else 4, lambda seconds: dial(proxy, seconds))


def one_connection(proxy, quick):
    return per_request(proxy, 2 if quick else 4, lambda seconds: wrk(proxy, 1, seconds))


def bodies(proxy, quick):
    """100 MB bodies on one connection, down and then up."""
    times = 5 if quick else 10
    upload = proxy.bench.folder / "body"
    if not upload.exists():
        upload.write_bytes(bytes(BODY))
    ways = {
        "down": ([f"{proxy.url}/bytes/{BODY}"], 1),
        "up": (["-H", "Expect:", "-T", str(upload), f"{proxy.url}/count"], 2),
    }
    told = "%{http_code} %{size_download} %{size_upload} %{time_total}\n"
    before = proxy.process.memory()
    facts = {"resident_before_kib": before, "others_on_proxy_core_pct": 0.0}
    for way, (what, column) in ways.items():
        one = ["-sk", "--http1.1", "-H", proxy.field, "-w", told, "-o", "/dev/null", *what]
        command = ["curl", *one] + ["--next", *one] * (times - 1)
        with Window(proxy.process) as window:
            text = generate(command, 60 * times)
        rows = [line.split() for line in text.splitlines()]
        if [row for row in rows if row[0] != "200" or int(row[column]) != BODY] or len(rows) != times:
            raise RuntimeError(f"bodies {way}: {text}")
        facts[f"{way}_cpu_s_per_gb"] = window.cpu * 1e9 / (BODY * times)
        facts[f"{way}_mb_per_s"] = statistics.median(BODY / 1e6 / float(row[3]) for row in rows)
        facts["others_on_proxy_core_pct"] = max(window.others, facts["others_on_proxy_core_pct"])
    facts["resident_growth_kib"] = proxy.process.memory("VmHWM") - before
    return facts


def idle(proxy, quick):
    """TLS connections that made one request each and are kept."""
    count = 1000 if quick else 5000
    before = proxy.process.memory()
    tool = str(proxy.bench.tools / "compare-dial")
    command = ["taskset", "-c", str(GENERATOR), tool, "idle", proxy.address, proxy.field, str(count)]
    dialler = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    # It says nothing before all connections stand; a proxy that leaves them hanging must not hold us up.
    patience = threading.Timer(90, dialler.kill)
    patience.start()
    try:
        held = json.loads(dialler.stdout.readline())["held"]
        time.sleep(1)
        after = proxy.process.memory()
        dialler.stdin.close()
        still = json.loads(dialler.stdout.readline())["open"]
    finally:
        patience.cancel()
        dialler.kill()
        dialler.wait()
    if still < count:
        raise RuntimeError(f"of {count} connections {held} were made and {still} kept")
    return {"kb_per_connection": (after - before) * 1.024 / count, "resident_kib": after}


# For each scenario: what it is, how it is done, and the figures that count, the decisive one first.
COST = "cpu_us_per_request"
BOTH_WAYS = ["down_cpu_s_per_gb", "up_cpu_s_per_gb", "down_mb_per_s", "up_mb_per_s", "resident_growth_kib"]
SCENARIOS = {
    "A": (
        "HTTP/1.1, 64 kept connections, 1 KiB answers",
        keep_alive,
        [COST, "requests_per_s", "p50_us", "p99_us", "resident_kib"],
    ),
    "B": (
        "HTTP/2, 16 connections with 32 streams each, 1 KiB answers",
        http2,
        [COST, "requests_per_s", "resident_kib"],
    ),
    "C": (
        "a full TLS handshake for each request, 16 at a time",
        handshakes,
        [COST, "requests_per_s", "p50_us", "p99_us"],
    ),
    "E": ("bodies of 100 MB, one at a time", bodies, BOTH_WAYS),
    "F": ("idle kept TLS connections", idle, ["kb_per_connection", "resident_kib"]),
    "H": ("HTTP/1.1, one kept connection", one_connection, ["p50_us", "added_p50_us", "p99_us", COST]),
}
