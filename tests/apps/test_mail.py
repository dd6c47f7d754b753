"""Letters through a real mail server: they arrive, bad servers lose none, and nothing is sent while somebody
waits."""

import json
import random
import signal
import time

import pytest

from gate import Gate, wait_until
from mailbox import Mailbox
from person import Person

PASSWORD = "seven grey herons wade slowly"


@pytest.fixture
def mailbox():
    box = Mailbox().start()
    yield box
    box.stop()


@pytest.fixture
def gate(tmp_path, mailbox):
    """A gate that sends to the mailbox, and Ada, whose address is not validated."""
    gate = Gate(tmp_path, "http://127.0.0.1:9", more=f"""
[mail]
server = "smtp://127.0.0.1:{mailbox.port}"
deadline = "1s"
per_address = 100000
per_source = 100000
""")
    gate.start()
    person(gate, "ada")
    settle(gate, mailbox)
    yield gate
    gate.stop()


def settle(gate, mailbox):
    """Leaves out the letter that came by itself when the account was made: tests look at those that they cause."""
    wait_until("the letter to a new account", lambda: states(gate) == ["sent"])
    gate.before = {one["letter"] for one in listed(gate)}
    mailbox.letters.clear()


def person(gate, name):
    """An account with a password and an address that is not validated, which a letter asks to validate."""
    address = f"{name}@example.org"
    gate.run("account", "create", name, "--email", address, "--not-validated", "--password-stdin", typed=PASSWORD)


def signed_in(gate, name="ada"):
    one = Person(gate, name, PASSWORD)
    one.sign_in()
    return one


def listed(gate):
    """The letters since the test began, newest first."""
    all = json.loads(gate.run("mail", "list", "--limit", "1000", "--json").stdout)
    return [one for one in all if one["letter"] not in getattr(gate, "before", ())]


def states(gate):
    return [one["state"] for one in listed(gate)]


def test_a_validation_letter_arrives_with_three_links_and_validates(gate, mailbox):
    """S2-02, S2-20, S2-22, S2-23, S2-25; R-19, R-22, R-24."""
    ada = signed_in(gate)
    ada.get("profile")
    ada.send("send-validation")
    ada.says("A letter is on its way")
    letter = mailbox.next("ada@example.org")
    assert letter.subject == "Validate your address"
    purposes = [link.split("/.portcullis/")[1].split("/")[0] for link in letter.links]
    assert purposes == ["validate", "reset-password", "delete-account"]
    assert all(link in letter.html for link in letter.links)
    assert letter.message["Auto-Submitted"] == "auto-generated"
    link = letter.link("validate")
    for look in (ada.session.head, ada.session.get):
        answer = look(link, timeout=10, allow_redirects=True)
        assert answer.status_code == 200 and link not in answer.url, "the token stays in no history"
    ada.get("profile")
    ada.says("Not validated")
    ada.get(link)
    ada.says("ada@example.org")
    ada.send("validate")
    ada.says("Your address is validated.")
    mailbox.next("ada@example.org", "Your address is validated")
    ada.get(link)
    ada.says("validated before")


def test_a_letter_that_is_refused_is_given_up_and_can_be_sent_again(gate, mailbox):
    mailbox.behave = "refuse"
    ada = signed_in(gate)
    ada.post("send-validation")
    wait_until("a letter that was given up", lambda: states(gate) == ["failed"])
    [entry] = listed(gate)
    assert "550" in entry["error"] or "nobody" in entry["error"], entry
    mailbox.behave = "take"
    gate.run("mail", "resend", entry["letter"])
    assert mailbox.next("ada@example.org").id == f"<{entry['letter']}@localhost>"
    wait_until("a letter that was sent", lambda: states(gate) == ["sent"])


@pytest.mark.parametrize("behave", ["later", "drop", "hang"])
def test_a_letter_that_is_not_taken_now_waits_and_arrives(gate, mailbox, behave):
    """Pain 7: the page answers at once, whatever the server does; the same letter has the same id."""
    mailbox.behave = behave
    ada = signed_in(gate)
    began = time.monotonic()
    ada.post("send-validation")
    assert time.monotonic() - began < 1, "somebody waited for the mail server"
    entry = wait_until("a letter that was tried", lambda: [one for one in listed(gate) if one["error"]])[0]
    assert entry["state"] == "waiting" and entry["next"] > entry["created"]
    before = len(mailbox.to("ada@example.org"))
    assert before == (1 if behave == "drop" else 0)
    mailbox.behave = "take"
    gate.run("mail", "resend", entry["letter"])
    letter = mailbox.next("ada@example.org", after=before)
    assert letter.id == f"<{entry['letter']}@localhost>"
    wait_until("a letter that was sent", lambda: states(gate) == ["sent"])


def test_a_server_that_is_away_loses_nothing(tmp_path):
    box = Mailbox()
    gate = Gate(tmp_path, "http://127.0.0.1:9", more=f'[mail]\nserver = "smtp://127.0.0.1:{box.port}"\n').start()
    try:
        person(gate, "ada")
        wait_until("a letter that was tried", lambda: [one for one in listed(gate) if one["error"]])
        gate.stop()
        box.start()
        gate.start()
        [entry] = listed(gate)
        assert entry["state"] == "waiting"
        gate.run("mail", "resend", entry["letter"])
        box.next("ada@example.org")
    finally:
        gate.stop()
        box.stop()


def test_a_server_without_tls_gets_nothing_unless_it_is_near(tmp_path, mailbox):
    """STARTTLS is demanded of every server but one on loopback."""
    gate = Gate(tmp_path, "http://127.0.0.1:9")
    far = ["--set", f"mail.server=smtp://localhost.:{mailbox.port}"]
    done = gate.run("mail", "test", "ada@example.org", *far, check=False)
    assert done.returncode == 1 and not mailbox.to("ada@example.org"), done.stderr
    gate.run("mail", "test", "ada@example.org", "--set", f"mail.server=smtp://127.0.0.1:{mailbox.port}")
    assert mailbox.next("ada@example.org").subject == "Letters arrive"


def test_every_letter_arrives_though_the_gate_is_killed_thirty_times(gate, mailbox):
    """What was answered with success is there, and each letter that was written arrives, under one id."""
    mailbox.pause = 0.05
    ada = signed_in(gate)
    dice = random.Random(7)
    acknowledged = 0
    for _ in range(30):
        for _ in range(dice.randrange(1, 4)):
            answer = ada.post("send-validation", allow_redirects=False)
            acknowledged += answer.status_code == 303
        time.sleep(dice.random() * 1.3)
        gate.stop(signal.SIGKILL)
        gate.start()

    def all_sent():
        for entry in listed(gate):
            if entry["state"] == "waiting" and entry["attempts"] > 0:
                gate.run("mail", "resend", entry["letter"], check=False)
        return set(states(gate)) == {"sent"}

    wait_until("letters that were all sent", all_sent, seconds=60)
    written = {f"<{entry['letter']}@localhost>" for entry in listed(gate)}
    arrived = [letter.id for letter in mailbox.to("ada@example.org")]
    assert len(written) >= acknowledged > 30
    assert set(arrived) == written, "lost, or sent without being written"
    asked = [one for one in json.loads(gate.run("audit", "list", "--limit", "999", "--json").stdout)
             if one["act"] == "validation.requested"]
    assert len(asked) == len(written) + len(gate.before)
    assert json.loads(gate.run("audit", "verify", "--json").stdout)["whole"] is True


def test_a_forgotten_password_is_set_anew_by_letter_and_told_by_another(gate, mailbox):
    """R-09, R-14, R-28: by address or name; nobody else is written to."""
    stranger = Person(gate, "ada", "eleven quiet lanterns drift north")
    for name in ("nobody@example.org", "Ada"):
        stranger.get("forgot-password")
        stranger.send("forgot-password", name=name)
        stranger.says("a letter is on its way")
    letter = mailbox.next("ada@example.org", "Set a new password")
    stranger.get(letter.link("reset-password"))
    stranger.send("reset-password", password=stranger.password)
    stranger.says("The new password is set.")
    told = mailbox.next("ada@example.org", "Your password was changed")
    assert "forgot-password" in told.text and stranger.password not in told.text
    stranger.sign_in()
    about = [one["kind"] for one in listed(gate)]
    assert sorted(about) == ["password-changed", "reset"]
    assert {one["to"] for one in listed(gate)} == {"ada@example.org"}, "nobody else is written to"
