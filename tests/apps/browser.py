"""A real browser in front of a gate with two protected hosts and a public one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

from gate import Gate, free_port, wait_until

GATE, WIKI, LAB = "gate.portcullis.test", "wiki.portcullis.test", "lab.portcullis.test"

# Everything that WCAG 2.2 AA asks and a program can check.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


class House(Gate):
    """A gate whose pages live on a host of their own, in front of two platforms."""

    def __init__(self, folder, more=""):
        self.folder = Path(folder)
        self.port, self.operations = free_port(), free_port()
        self.url = f"https://{GATE}:{self.port}"
        self.file = self.folder / "gateway.toml"
        routes = "".join(
            f"""
[[platform]]
slug = "{slug}"
title = "{title}"

[[route]]
hosts = ["{host}"]
platform = "{slug}"
upstream = "echo"
"""
            for slug, title, host in [("wiki", "Wiki", WIKI), ("lab", "Simulation lab", LAB)]
        )
        self.file.write_text(
            f"""
public_url = "{self.url}"
workers = 1
{more}
[listen]
https = ["127.0.0.1:{self.port}"]
operations = "127.0.0.1:{self.operations}"

[deadlines]
drain_delay = "0s"
{routes}"""
        )
        self.log = self.folder / "gate.log"
        self.process = None

    def at(self, host, path="/"):
        """An address on one of its hosts."""
        return f"https://{host}:{self.port}{path}"

    def page(self, name=""):
        """The address of one of its pages."""
        return self.at(GATE, f"/.portcullis/{name}")

    def set_up_link(self):
        """The one-time link that the first start printed."""
        printed = lambda: re.search(r"https://\S+/\.portcullis/set-up/\S+", self.log.read_text())
        return wait_until("a set-up link", printed)[0]

    def curl(self, host, key, path="/"):
        """The status that curl gets with a key."""
        words = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", self.authority]
        words += ["-u", f"__key__:{key}", "--connect-to", f"{host}:{self.port}:127.0.0.1:{self.port}"]
        return int(subprocess.run([*words, self.at(host, path)], capture_output=True, text=True, check=True).stdout)


PASSWORD = "seven grey herons wade slowly"


def set_up(page, house):
    """Becomes the first administrator by the link that the start printed: Ada, a manager at home."""
    page.goto(house.set_up_link())
    assert "set-up/" not in page.url, "the token stays in no history"
    page.fill("#user-name", "ada")
    page.fill("#shown-name", "Ada Lovelace")
    page.fill("#email", "ada@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    page.wait_for_url(house.page())
    house.run("grant", "add", "--account", "ada", "--organisation", "home", "--role", "manager")

    def may_enter():
        page.goto(house.page())
        return "Manager" in page.inner_text("main")

    wait_until("the grant of another process", may_enter)


def sign_in(page, name="ada", password=PASSWORD):
    """Fills in the sign-in page that is open."""
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button.main")


def launch(playwright):
    """Debian's Chromium, which finds the gate's hosts on loopback."""
    program = shutil.which("chromium") or os.environ["CHROMIUM"]
    switches = ["--no-sandbox", "--host-resolver-rules=MAP *.portcullis.test 127.0.0.1"]
    return playwright.chromium.launch(executable_path=program, args=switches)


def faults(page):
    """What axe-core finds wrong with a page, a line each."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]
