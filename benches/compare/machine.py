"""Processes that this run started, what they cost, and how the machine was meanwhile. Linux only."""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import time

GENERATOR, PROXY = 0, 1  # cores: generators and the app on the one, the proxy alone on the other
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    """A port that nobody listens on, below those that the kernel hands out."""
    for port in range(20000 + os.getpid() % 4000, 32000):
        if port in free_port.given:
            continue
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                free_port.given.add(port)
                return port
    raise RuntimeError("no free port")


free_port.given = set()


def stat(pid):
    """Fields of /proc/PID/stat after the name, from the state on."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()


class Process:
    """A program in a session of its own, so that its children are known and end with it."""

    def __init__(self, command, core, output, **more):
        self.command, self.output = command, output
        with open(output, "wb") as log:
            self.child = subprocess.Popen(
                ["taskset", "-c", str(core), *command],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **more,
            )

    def pids(self):
        """Those of its session."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if int(stat(name)[3]) == self.child.pid:
                    found.append(int(name))
        return found

    def await_port(self, port):
        end = time.monotonic() + 20
        while time.monotonic() < end and self.child.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"{self.command[0]} does not listen: {self.said()[-2000:]}")

    def said(self):
        with open(self.output, errors="replace") as log:
            return log.read()

    def cpu(self):
        """Seconds of processor time so far, of children that ended too."""
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                ticks += sum(map(int, stat(pid)[11:15]))
        return ticks / TICK

    def memory(self, field="VmRSS"):
        """KiB of all its processes."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(field + ":"))
        return total

    def stop(self, patience=3):
        if self.child.poll() is None:
            self.child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(patience)
        # Its group is the one that was made for it: nobody else's process is in there.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


def busy(core):
    """Ticks of a core: not idle, and in all."""
    with open("/proc/stat") as file:
        line = next(line for line in file if line.startswith(f"cpu{core} "))
    ticks = [int(field) for field in line.split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


class Window:
    """What a process and both cores did between its beginning and its end."""

    def __init__(self, process):
        self.process = process

    def __enter__(self):
        self.before = self.process.cpu(), busy(PROXY), busy(GENERATOR)
        return self

    def __exit__(self, *_):
        cpu, proxy, generator = self.before
        self.cpu = self.process.cpu() - cpu
        now = busy(PROXY)
        ticks = max(1, now[1] - proxy[1])
        self.proxy_busy = 100 * (now[0] - proxy[0]) / ticks
        self.others = max(0.0, self.proxy_busy - 100 * self.cpu * TICK / ticks)
        now = busy(GENERATOR)
        self.generator_busy = 100 * (now[0] - generator[0]) / max(1, now[1] - generator[1])

    def facts(self):
        return {
            "proxy_core_busy_pct": self.proxy_busy,
            "others_on_proxy_core_pct": self.others,
            "generator_core_busy_pct": self.generator_busy,
        }


def calibrate():
    """Milliseconds of processor time that a fixed piece of work takes on the proxy's core just now."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {PROXY})
    reader, writer = os.pipe()
    try:
        start = time.process_time()
        hashlib.sha256(bytes(16 << 20)).digest()
        for _ in range(40_000):
            os.write(writer, b"0123456789abcdef")
            os.read(reader, 16)
        return 1000 * (time.process_time() - start)
    finally:
        os.close(reader)
        os.close(writer)
        os.sched_setaffinity(0, before)
