"""Instructions per request of scenario A, counted by callgrind: free of the machine's moods. Two runs of
different lengths, and the difference of both, so that starting and ending do not count."""

import re

from load import generate
from proxies import start

SHORT, LONG = 1_000, 6_000


def collected(bench, row, requests):
    running = start(bench, row)
    running.wrapper = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    with running:
        command = ["h2load", "--h1", "-t1", "-c8", "-n", requests, "-H", running.field, running.url + "/"]
        text = generate(command, 600)
        if f"{requests} succeeded" not in text:
            raise RuntimeError(f"{row}: {text[-500:]}")
        running.process.stop(patience=60)
        said = running.process.said()
    found = re.findall(r"Collected : (\d+)", said)
    if not found:
        raise RuntimeError(f"{row}: callgrind said nothing: {said[-500:]}")
    return sum(map(int, found))


def count(bench, row):
    return (collected(bench, row, LONG) - collected(bench, row, SHORT)) / (LONG - SHORT)
