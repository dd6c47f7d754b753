"""Three people in three browsers, a real mail server, and a scanner that follows every link before they do."""

import re
import subprocess

import pytest

from browser import GATE, PASSWORD, WIKI, House, faults, set_up, sign_in
from gate import wait_until
from mailbox import Mailbox

SECRET = "nine blue kettles hum at dawn"
ANOTHER = "four pale lanterns swing in fog"
FIRST, SECOND, THIEF = "bea@example.org", "bea.private@example.org", "thief@example.org"


@pytest.fixture(scope="module")
def mailbox():
    box = Mailbox().start()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory, mailbox):
    mail = f"""
[mail]
server = "smtp://127.0.0.1:{mailbox.port}"
per_source = 1000
[sign_up]
open = true
"""
    house = House(tmp_path_factory.mktemp("accounts"), more=mail).start()
    yield house
    house.stop()


class Scanner:
    """What many mail servers have in front of people: it follows each link of each letter, in every way."""

    def __init__(self, house, browser, mailbox):
        self.house, self.browser, self.mailbox = house, browser, mailbox
        self.seen, self.followed = 0, 0

    def state(self):
        """All that anybody did so far."""
        return self.house.run("audit", "list", "--limit", "1", "--json").stdout

    def scan(self):
        """Follows the links of all letters that came since the last time. Nothing changes by it."""
        letters, before = self.mailbox.letters[self.seen:], self.state()
        self.seen += len(letters)
        for letter in letters:
            for link in set(letter.links):
                self.curl("-I", link)
                self.curl("-L", "-c", "/dev/null", link)
                visit = self.browser.new_context(ignore_https_errors=True)
                page = visit.new_page()
                page.goto(link, wait_until="networkidle")
                assert page.title(), link
                visit.close()
                self.followed += 1
        assert self.state() == before, "a scanner did something"

    def curl(self, *words):
        port = self.house.port
        base = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", self.house.authority, "--cookie", ""]
        base += ["--connect-to", f"{GATE}:{port}:127.0.0.1:{port}"]
        subprocess.run([*map(str, base), *words], check=True, capture_output=True, timeout=30)


class Flow:
    """What the story needs at hand."""

    def __init__(self, house, browser, mailbox):
        self.house, self.browser, self.mailbox = house, browser, mailbox
        self.scanner = Scanner(house, browser, mailbox)

    def profile(self):
        """A browser of somebody's own."""
        return self.browser.new_context(ignore_https_errors=True).new_page()

    def letter(self, address, subject, number=1):
        """The letter of this subject, the first or a later one, after the scanner has been through."""
        letter = self.mailbox.next(address, subject, after=number - 1)
        self.scanner.scan()
        return letter


def sign_up(flow, page, name, email, password):
    page.goto(flow.house.page("sign-up"))
    page.fill("#email", email)
    page.fill("#user-name", name)
    page.fill("#shown-name", name.title())
    page.fill("#password", password)
    page.click("main button.main")
    page.wait_for_url(flow.house.page())


def test_an_owner_gets_her_address_and_her_account_back(house, browser, mailbox):
    """S2-03, S2-10, S2-13, S2-24, S2-27 to S2-38; S4-01, S4-02, S4-05 to S4-09; R-19, R-20, R-31."""
    flow = Flow(house, browser, mailbox)

    # The manager invites.
    manager = flow.profile()
    set_up(manager, house)
    manager.goto(house.page("organisations/home/invite"))
    manager.fill("textarea", FIRST)
    manager.select_option("select[name=role]", "viewer")
    manager.click("main button.main")
    assert FIRST in manager.inner_text("main")

    # The invited person signs up with the code that is mailed, and lands on the platform or at home.
    owner = flow.profile()
    owner.goto(flow.letter(FIRST, "invit").link("invitation"))
    assert "/invitation/" not in owner.url and FIRST in owner.inner_text("main")
    owner.fill("#user-name", "bea")
    owner.fill("#shown-name", "Bea")
    owner.fill("#password", SECRET)
    owner.click("main button.main")
    code = re.search(r"^\s+(\d{4} ?\d{4})$", flow.letter(FIRST, "code").text, re.M)[1]
    owner.fill("input[autocomplete=one-time-code]", code)
    owner.click("main button.main")
    owner.goto(house.page("profile"))
    assert "Validated" in owner.inner_text("main") and FIRST in owner.inner_text("main")
    owner.goto(house.at(WIKI))
    assert "bea" in owner.inner_text("body"), "access with the invitation"

    # A usurper registers the owner's second address, signs in and gets nowhere that asks for more.
    usurper = flow.profile()
    sign_up(flow, usurper, "mal", SECOND, ANOTHER)
    usurper.goto(house.page("profile"))
    assert "Not validated" in usurper.inner_text("main")

    # The owner deletes that account from the letter; the link works once, the address has to be typed.
    letter = flow.letter(SECOND, "Validate your address")
    reader = flow.profile()
    reader.goto(letter.link("delete-account"))
    reader.fill("input[type=email]", "somebody@example.org")
    reader.click("main form button")
    assert "mal" in reader.inner_text("main"), "another address deletes nothing"
    reader.fill("input[type=email]", SECOND)
    reader.click("main form button")
    wait_until("an ended session", lambda: "sign-in" in usurper.goto(house.page("profile")).url)
    flow.letter(SECOND, "deleted")

    # Nobody has the address now, until an administrator frees it.
    house.run("account", "release", SECOND, "--reason", "its owner asked")
    sign_up(flow, reader, "bea-two", SECOND, SECRET)
    reader.goto(flow.letter(SECOND, "Validate your address", number=2).link("validate"))
    reader.click("main form button.main")
    reader.goto(house.page("profile"))
    assert "Validated" in reader.inner_text("main") and SECOND in reader.inner_text("main")

    # A thief who knows the password changes the address and proves the new one.
    thief = flow.profile()
    thief.goto(house.page("sign-in"))
    sign_in(thief, "bea-two", SECRET)
    thief.goto(house.page("profile"))
    thief.fill("#email", THIEF)
    thief.click("form[action$='change-address'] button")
    told = flow.letter(SECOND, "is to be changed")
    thief.goto(flow.letter(THIEF, "Confirm your new address").link("confirm-address"))
    thief.click("main form button.main")
    thief.goto(house.page("profile"))
    assert THIEF in thief.inner_text("main")

    # The owner takes it back, though the new address was proved, with a password that the thief does not know.
    reader.goto(told.link("undo-change"))
    reader.fill("input[type=email]", SECOND)
    reader.fill("input[type=password]", ANOTHER)
    reader.click("main form button.main")
    wait_until("an ended session", lambda: "sign-in" in thief.goto(house.page("profile")).url)
    reader.goto(house.page("sign-in"))
    sign_in(reader, "bea-two", ANOTHER)
    reader.goto(house.page("profile"))
    text = reader.inner_text("main")
    assert SECOND in text and THIEF not in text and "Validated" in text
    flow.scanner.scan()
    assert flow.scanner.followed >= 10
    house.run("audit", "verify")


def test_letters_can_be_read_in_the_light_and_in_the_dark(house, browser, mailbox, tmp_path):
    """Every letter of the story as a picture; nothing that axe-core knows is wrong with it."""
    import os
    from pathlib import Path

    folder = Path(os.environ.get("PORTCULLIS_SCREENSHOTS", tmp_path))
    kinds = {letter.subject: letter for letter in mailbox.letters}
    assert len(kinds) > 6
    for number, letter in enumerate(kinds.values()):
        for scheme in ("light", "dark"):
            for width in (390, 1000):
                visit = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
                page = visit.new_page()
                page.set_content(letter.html)
                page.screenshot(path=folder / f"letter-{number:02}-{scheme}-{width}.png", full_page=True)
                wrong = [one for one in faults(page) if not one.startswith(("region", "landmark"))]
                assert not wrong, f"{letter.subject} {scheme}: {wrong}"
                visit.close()
        (folder / f"letter-{number:02}.txt").write_text(f"{letter.subject}\n\n{letter.text}")
