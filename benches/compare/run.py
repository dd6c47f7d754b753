#!/usr/bin/env python3
"""Compares Portcullis with nginx, HAProxy and the bare stack it is made of. README.md tells the method.

  ./run.py                              five rounds of everything, about half an hour
  ./run.py --quick                      one round of short runs, less than two minutes
  ./run.py --rows ours,floor --scenarios A,H --rounds 7
  ./run.py --report results.json        the table of runs made before
  ./run.py --instructions ours,floor    instructions per request of A, counted by callgrind
"""

import argparse
import hashlib
import json
import os
import pathlib
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import report
from instructions import count
from load import SCENARIOS, check_door
from machine import GENERATOR, Process, calibrate
from proxies import ROWS, Bench, start

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAMS = ("wrk", "h2load", "nginx", "haproxy", "openssl", "curl", "taskset")
QUICK = {"rows": "direct,floor,nginx-map,haproxy-map,ours,ours-session", "scenarios": ",".join(SCENARIOS), "rounds": 1}
# Rows that not every scenario is for: no proxy at all, and a cookie, which `compare-dial` does not send.
ONLY = {"direct": ("A", "H"), "ours-session": ("A", "B", "E", "H")}
FULL = {"rows": ",".join(ROWS), "scenarios": ",".join(SCENARIOS), "rounds": 5}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", help=f"some of {','.join(ROWS)}")
    parser.add_argument("--scenarios", help=f"some of {','.join(SCENARIOS)}")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--quick", action="store_true", help="shorter runs, and fewer of them")
    parser.add_argument("--results", type=pathlib.Path, default="results.json", help="rounds are added to this file")
    parser.add_argument("--report", metavar="FILE", type=pathlib.Path, help="only prints the table of this file")
    parser.add_argument("--instructions", metavar="ROWS", help="only counts instructions per request (needs valgrind)")
    parser.add_argument("--gateway", type=pathlib.Path, help="a program built before, instead of building it")
    parser.add_argument("--tools", type=pathlib.Path, help="the folder of tools built before")
    words = parser.parse_args()
    for name, value in (QUICK if words.quick else FULL).items():
        if getattr(words, name) is None:
            setattr(words, name, value)
    for listed, known in ((words.rows, ROWS), (words.scenarios, SCENARIOS), (words.instructions, ROWS)):
        for name in (listed or "").split(","):
            if listed and name not in known:
                parser.error(f"{name} is none of {', '.join(known)}")
    return words


def build(words):
    """Programs in release form; the tools share the gate's folder of results and so its crates."""
    made = ROOT / "target" / "release"
    for given, manifest in ((words.gateway, ROOT), (words.tools, HERE / "tools")):
        if given is None:
            command = ["cargo", "build", "--locked", "--release", "--bins", "--manifest-path", manifest / "Cargo.toml"]
            subprocess.run([*command, "--target-dir", ROOT / "target"], check=True)
    return str((words.gateway or made / "portcullis").resolve()), str((words.tools or made).resolve())


def versions(gateway, built):
    """What ran where. A program that was built before may be of any commit."""

    def said(*command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return ((done.stdout + done.stderr).strip().splitlines() or ["unknown"])[0]

    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    return {
        "portcullis": said(gateway, "--version"),
        "commit": said("git", "-C", str(ROOT), "describe", "--always", "--dirty") if built else "built before",
        "program": f"SHA-256 {hashlib.sha256(pathlib.Path(gateway).read_bytes()).hexdigest()}",
        "rustc": said("rustc", "--version"),
        "nginx": said("nginx", "-v"),
        "haproxy": said("haproxy", "-v"),
        "wrk": said("wrk", "-v"),
        "h2load": said("h2load", "--version"),
        "openssl": said("openssl", "version"),
        "system": platform.platform(),
        "processor": f"{model}, {os.cpu_count()} cores",
    }


def rounds(bench, words, results):
    scenarios, rows = words.scenarios.split(","), words.rows.split(",")
    for _ in range(words.rounds):
        runs = []
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        results["rounds"].append({"began": began, "quick": words.quick, "runs": runs})
        for scenario in scenarios:
            for row in rows:
                if scenario not in ONLY.get(row, SCENARIOS):
                    continue
                run = {"scenario": scenario, "row": row}
                try:
                    with start(bench, row) as proxy:
                        check_door(proxy)
                        before = calibrate()
                        run |= SCENARIOS[scenario][1](proxy, words.quick)
                        run["calibration_ms"] = (before + calibrate()) / 2
                except (RuntimeError, OSError, subprocess.SubprocessError, ValueError) as error:
                    run["error"] = str(error)
                runs.append(run)
                report.say(run)
                words.results.write_text(json.dumps(results, indent=1))


def main():
    words = arguments()
    if words.report:
        print(report.table(json.loads(words.report.read_text())))
        return 0
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing or (os.cpu_count() or 1) < 2:
        print(f"needs two cores and {', '.join(missing or PROGRAMS)}: README.md names the packages", file=sys.stderr)
        return 2
    # So that whatever ends this also ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 50_000) if hard > 0 else 50_000, hard))
    gateway, tools = build(words)
    with tempfile.TemporaryDirectory(prefix="portcullis-compare-") as folder:
        bench = Bench(folder, gateway, tools)
        app = Process([f"{tools}/compare-app", f"127.0.0.1:{bench.app}"], GENERATOR, bench.folder / "app")
        try:
            app.await_port(bench.app)
            if words.instructions:
                for row in words.instructions.split(","):
                    print(f"{row}: {count(bench, row):,.0f} instructions per request")
                return 0
            results = {"versions": versions(gateway, words.gateway is None), "rounds": []}
            if words.results.exists():
                held = json.loads(words.results.read_text())
                if held["versions"] != results["versions"]:
                    print(f"{words.results} has rounds of other versions: name another file", file=sys.stderr)
                    return 2
                results = held
            rounds(bench, words, results)
        finally:
            app.stop()
    print(report.table(results))
    return 1 if any("error" in run for run in results["rounds"][-1]["runs"]) else 0


if __name__ == "__main__":
    sys.exit(main())
