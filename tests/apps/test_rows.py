"""The account system row by row: people with browsers that run no script, a real mail server, and the letters
that arrived there."""

import html
import json
import re
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from browser import sign_in
from gate import Gate, wait_until
from mailbox import Mailbox
from person import Forms, Person
from receiver import Receiver

SECRET = "seven grey herons wade slowly"
ANOTHER = "four pale lanterns swing in fog"
VALIDATE = "Validate your address"


class App:
    """An app that tells which fields it was sent."""

    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


class Place(Gate):
    """A gate before three apps: for members, for whom the administrator says, and for validated people only."""

    ROUTES = """
[[platform]]
slug = "lab"
[[route]]
path = "/lab"
upstream = "app"
platform = "lab"
[[route]]
path = "/vault"
upstream = "app"
platform = "app"
validated = true
"""

    def __init__(self, folder, app, mailbox, more=""):
        folder.mkdir(exist_ok=True)
        self.mailbox = mailbox
        mail = f'[mail]\nserver = "smtp://127.0.0.1:{mailbox.port}"\nper_address = 1000\nper_source = 1000\n'
        failures = '[failures]\nper_source = "10000/1m"\nper_subject = "1000/1m"\n'
        super().__init__(folder, app.url, more=mail + failures + more, route=self.ROUTES)

    def open(self, *platforms):
        """Starts, with an organisation that may use these platforms."""
        self.start()
        self.run("organisation", "create", "acme", "--name", "Acme")
        for platform in platforms:
            self.run("entitlement", "add", "--organisation", "acme", "--platform", platform)
        return self

    def person(self, name, *words, role=None, validated=True):
        """Somebody whom an operator made, signed in."""
        words = [*words, *([] if validated else ["--not-validated"])]
        self.run("account", "create", name, "--email", f"{name}@example.org", "--password-stdin", *words, typed=SECRET)
        if role:
            self.grant(name, role)
        return self.signed_in(name)

    def grant(self, name, role="viewer"):
        self.run("grant", "add", "--account", name, "--organisation", "acme", "--role", role)

    def signed_in(self, name, password=SECRET):
        one = Person(self, name, password)
        assert one.sign_in().status_code == 200, one.page.text
        return one

    def registered(self, name, address):
        """Somebody who signed up at the open door, and is signed in by it."""
        one = Person(self, name, SECRET)
        one.get("sign-up")
        one.send("sign-up", email=address, user_name=name, shown_name=name.title(), password=SECRET)
        assert one.get("profile").url.endswith("/profile"), one.page.text
        return one

    def letter(self, address, subject=VALIDATE, number=1):
        return self.mailbox.next(address, subject, after=number - 1)

    def dead(self, link, one=None):
        """Whether a link leads to nothing, for somebody or for a stranger."""
        return (one or Person(self)).get(link).status_code == 404

    def facts(self, name):
        return json.loads(self.run("account", "show", name, "--json").stdout)


def asked(one, path="/", accept="text/html"):
    """What an app, or the gate before it, answers to somebody."""
    mode = "navigate" if "html" in accept else "cors"
    return one.session.get(one.gate.url + path, headers={"Accept": accept, "Sec-Fetch-Mode": mode}, timeout=30)


def open_to(one, path="/"):
    answer = asked(one, path)
    return answer.url == one.gate.url + path and answer.status_code == 200


@pytest.fixture(scope="module")
def app():
    return App()


@pytest.fixture(scope="module")
def mailbox():
    box = Mailbox().start()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory, app, mailbox):
    """Whoever wants may sign up."""
    more = '[egress]\nallow = ["127.0.0.0/8"]\n[sign_up]\nopen = true\n'
    place = Place(tmp_path_factory.mktemp("rows") / "open", app, mailbox, more).open("app", "lab")
    yield place
    place.stop()


@pytest.fixture(scope="module")
def closed(tmp_path_factory, app, mailbox):
    """Accounts need an invitation. Mia manages, Sam is support."""
    place = Place(tmp_path_factory.mktemp("rows") / "closed", app, mailbox, '[pages]\nsupport = "help@example.com"\n').open("app")
    place.mia = place.person("mia", role="manager")
    place.sam = place.person("sam")
    place.run("account", "office", "sam", "support")
    yield place
    place.stop()


@pytest.fixture(scope="module")
def root(place):
    return place.person("root", "--administrator")


def test_an_administrator_says_which_apps_want_validated_people(place, root):
    """S2-01, S2-03, S2-05, S2-18, S2-19, S2-21, S2-26: signed in at once, and turned away only where it is demanded."""
    receiver = Receiver()
    place.run("webhook", "create", "app", receiver.url)
    eve = place.registered("eve", "eve@example.org")
    place.letter("eve@example.org")
    eve.get("")
    eve.says("Your e-mail address is not validated.")
    place.grant("eve")
    wait_until("the grant of another process", lambda: open_to(eve))
    assert asked(eve).json()["x-portcullis-email-validated"] == "false"
    assert open_to(eve, "/lab/")
    root.get("validation")
    root.send("validation", platforms="lab")
    root.says("It is saved")
    for path in ("/vault/", "/lab/"):
        page = asked(eve, path)
        assert page.url.startswith(f"{place.url}/.portcullis/send-validation"), f"{path}: {page.url}"
        problem = asked(eve, path, accept="application/json")
        assert problem.status_code == 403 and problem.json()["type"].endswith("not-validated"), problem.text
    assert open_to(eve), "nothing is demanded here"
    eve.page = asked(eve, "/lab/")
    eve.send("send-validation")
    eve.get(place.letter("eve@example.org", number=2).link("validate"))
    eve.send("validate")
    for path in ("/", "/vault/", "/lab/"):
        assert open_to(eve, path)
        assert asked(eve, path).json()["x-portcullis-email-validated"] == "true"
    assert place.facts("eve")["validated"] is True
    wait_until("word of it to the app", lambda: "account.validated" in receiver.types())
    receiver.close()
    eve.post("validation", {"everywhere": "yes"})
    assert eve.page.status_code == 403, "only administrators turn the switch"
    root.get("validation")
    root.send("validation", platforms="")


def test_an_invited_person_reaches_the_platform_before_the_address_is_validated(place):
    """S2-04, S2-03."""
    mia = place.person("mia", role="manager")
    fay = place.registered("fay", "fay@example.org")
    mia.get("organisations/acme/invite")
    mia.send("invite", addresses="fay@example.org", role="viewer")
    fay.get(place.letter("fay@example.org", "invit").link("invitation"))
    fay.send("invitation")
    assert open_to(fay), fay.page.text
    assert asked(fay).json()["x-portcullis-email-validated"] == "false"


def test_a_validation_link_works_for_its_person_once_and_after_signing_in(place, mailbox):
    """S2-02, S2-08, S2-09, S2-12, S2-13, S2-20, S2-22, S2-23, S2-25; R-19, R-21, R-22."""
    gil = place.registered("gil", "gil@example.org")
    first = place.letter("gil@example.org")
    gil.get("profile")
    gil.says("Not validated")
    gil.send("send-validation")
    gil.says("A letter is on its way")
    letter = place.letter("gil@example.org", number=2)
    assert [link.split("/")[-2] for link in letter.links] == ["validate", "reset-password", "delete-account"]
    link = letter.link("validate")
    # A scanner, and a stranger: they see the way to sign in, and use nothing.
    stranger = Person(place, "gil", SECRET)
    for look in (stranger.session.head, stranger.session.get, stranger.session.get):
        answer = look(link, timeout=10, allow_redirects=True)
        assert answer.status_code == 200 and "/sign-in" in answer.url and link not in answer.url
    assert stranger.post("validate", {}).url.count("/sign-in") == 1
    assert place.facts("gil")["validated"] is False
    # Somebody else who is signed in.
    other = place.registered("hal", "hal@example.org")
    other.get(link)
    other.says("This link is for gil, and you are signed in as hal")
    assert other.post("validate").status_code == 403
    assert place.facts("hal")["validated"] is place.facts("gil")["validated"] is False
    # Signed in first, then the link goes on.
    stranger.get(link)
    stranger.send("sign-in", name="gil", password=SECRET)
    stranger.says("gil@example.org")
    page = stranger.page
    stranger.send("validate")
    stranger.says("Your address is validated.")
    notice = place.letter("gil@example.org", "Your address is validated")
    assert "gil@example.org" in notice.text
    # Used: told to its person, worth nothing to anybody else, and sent again it does nothing.
    stranger.page = page
    stranger.send("validate")
    assert stranger.page.status_code == 404
    gil.get(link)
    gil.says("validated before")
    other.get(link)
    assert other.post("validate").status_code in (403, 404)
    assert place.dead(letter.link("delete-account")) and place.dead(first.link("delete-account"))
    assert place.dead(letter.link("validate") + "x", gil) and place.facts("hal")["validated"] is False
    assert len(mailbox.to("gil@example.org", "Your address is validated")) == 1
    assert "send-validation" not in gil.get("profile").text


def test_a_fresh_letter_kills_the_links_of_the_one_before(place, root):
    """S2-06, S2-07, S2-08, S2-16: whoever asks for it, an administrator or the person."""
    ida = place.person("ida", validated=False)
    letters = [place.letter("ida@example.org")]
    root.get("accounts/ida/validate")
    root.send("accounts/ida/validate")
    root.says("on its way")
    letters.append(place.letter("ida@example.org", number=2))
    ida.post("send-validation")
    letters.append(place.letter("ida@example.org", number=3))
    for old in letters[:2]:
        assert place.dead(old.link("validate"), ida) and place.dead(old.link("delete-account"))
    assert not place.dead(letters[2].link("delete-account")) and not place.dead(letters[2].link("validate"), ida)
    assert ida.post("accounts/ida/validate").status_code == 403, "not from people without an office"
    ida.get(letters[2].link("validate"))
    ida.send("validate")
    root.post("accounts/ida/validate")
    assert root.page.status_code == 409, "there is nothing to validate any more"


def test_letters_tell_of_a_new_account_and_of_each_change_to_it(place):
    """S2-08, S2-24: made, another password, another address; the name can be changed at any time."""
    jon = place.person("jon", validated=False)
    text = place.letter("jon@example.org").text
    assert "jon" in text and "jon@example.org" in text
    for validated in (False, True):
        name = f"Jon {validated}"
        jon.get("profile")
        jon.send("profile", shown_name=name)
        assert name in jon.get("profile").text and place.facts("jon")["validated"] is validated
        if not validated:
            jon.get(place.letter("jon@example.org").link("validate"))
            jon.send("validate")
    jon.get("security")
    jon.send("security", current=SECRET, password=ANOTHER)
    place.letter("jon@example.org", "Your password was changed")
    jon.get("profile")
    jon.send("change-address", email="jon.new@example.org")
    place.letter("jon@example.org", "is to be changed")
    place.letter("jon.new@example.org", "Confirm your new address")


def delete(one, letter, typed):
    one.get(letter.link("delete-account"))
    return one.send("delete-account", email=typed)


def recover(one, link, typed, password):
    one.get(link)
    return one.send("recover-account", email=typed, password=password)


def test_the_owner_of_an_address_ends_the_account_of_a_usurper_and_gets_the_address(place, root, mailbox):
    """S2-10, S2-11, S2-13, S2-27 to S2-31; R-20."""
    address = "owner@example.org"
    mal = place.registered("mal", address)
    letter = place.letter(address)
    assert "mal" in letter.text and "not your account" in letter.text
    owner = Person(place)
    owner.session.head(letter.link("delete-account"), allow_redirects=True, timeout=10)
    assert delete(owner, letter, "mal@example.org").status_code == 409
    assert mal.get("profile").url.endswith("/profile"), "nothing happened yet"
    assert delete(owner, letter, address).status_code == 200
    owner.says("The account is deleted.")
    assert "/sign-in" in mal.get("profile").url
    owner.get(letter.link("delete-account"))
    owner.says("The account is deleted.")
    assert place.dead(letter.link("reset-password"))
    # Name and address are nobody's, in any spelling.
    again = Person(place)
    again.get("sign-up")
    form = {"shown_name": "Mal", "password": SECRET}
    again.send("sign-up", email="free@example.org", user_name="mal", **form)
    assert again.page.status_code == 422
    again = place.registered("mal2", "OWNER@Example.org")
    tried = place.letter("OWNER@example.org", "Somebody used your address")
    assert all("/validate/" not in link for link in tried.links)
    made = place.run("account", "create", "mal3", "--email", address, check=False)
    assert made.returncode != 0 and not mailbox.to(address, "invit")
    # The owner may have it back, once, with a password that the usurper does not know.
    link = place.letter(address, "deleted").link("recover-account")
    assert recover(owner, link, "mal@example.org", ANOTHER).status_code == 422
    assert recover(owner, link, address, "short").status_code == 422
    assert recover(owner, link, address, ANOTHER).status_code == 200
    owner.says("The account is back.")
    place.letter(address, "Your account is back")
    assert place.dead(link), "the way back works once"
    assert place.dead(letter.link("delete-account")), "and the letter before does not delete again"
    assert mal.sign_in().status_code == 422
    owner = place.signed_in("mal", ANOTHER)
    # Deleted again, and released by an administrator: the owner registers.
    owner.post("send-validation")
    latest = place.letter(address, number=2)
    assert delete(Person(place), latest, address).status_code == 200
    mal.post("archived-names", {"name": address, "reason": "I want it"})
    assert "/sign-in" in mal.page.url
    root.get("archived-names")
    root.send("archived-names", name="Owner@example.org", reason="its reader asked")
    root.says("It is released")
    assert place.dead(place.letter(address, "deleted", number=2).link("recover-account"))
    olga = place.registered("olga", address)
    olga.get(place.letter(address, number=3).link("validate"))
    olga.send("validate")
    olga.says("Your address is validated.")


def test_validating_ends_the_link_that_deletes(place):
    """S2-14, S2-10: also on the page that was opened before."""
    kim = place.registered("kim", "kim@example.org")
    letter = place.letter("kim@example.org")
    reader = Person(place)
    reader.get(letter.link("delete-account"))
    page = reader.page
    kim.get(letter.link("validate"))
    kim.send("validate")
    reader.page = page
    assert reader.send("delete-account", email="kim@example.org").status_code == 404
    assert place.dead(letter.link("delete-account"))
    assert kim.get("profile").url.endswith("/profile")


def changed(place, name, validated):
    """Somebody asks for another address for an account; the letters to the old and the new one."""
    old, new = f"{name}@example.org", f"{name}@elsewhere.example"
    thief = place.person(name, validated=validated)
    thief.get("profile")
    thief.send("change-address", email="no address")
    assert thief.page.status_code == 422
    thief.get("profile")
    thief.send("change-address", email=new)
    thief.says(f"Your address is still {old}")
    assert place.facts(name)["email"] == old
    told, proof = place.letter(old, "is to be changed"), place.letter(new, "Confirm your new address")
    assert new in told.text
    return thief, told, proof


def taken_back(place, name, link):
    """The reader of the old address takes a change back: with that address, and a good password."""
    owner = Person(place)
    owner.get(link)
    page = owner.page
    owner.says("Take the change back")
    assert {"email", "password"} <= set(dict(Forms(page.text).forms)["/.portcullis/undo-change"])
    for email, password, status in [
        (f"{name}@elsewhere.example", ANOTHER, 422), (f"{name}@example.org", "short", 422),
        (f"{name}@example.org", ANOTHER, 200), (f"{name}@example.org", SECRET, 404),
    ]:
        owner.page = page
        assert owner.send("undo-change", email=email, password=password).status_code == status, (email, password)
        if status == 200:
            owner.says("is taken back")


def test_a_changed_address_is_taken_back_from_the_letter_to_the_old_one(place):
    """S2-32 to S2-38; R-30, R-31: also after the new one was proved."""
    thief, told, proof = changed(place, "lea", validated=True)
    old, new = "lea@example.org", "lea@elsewhere.example"
    Person(place).session.head(proof.link("confirm-address"), allow_redirects=True, timeout=10)
    assert place.facts("lea")["email"] == old
    thief.get(proof.link("confirm-address"))
    thief.send("confirm-address")
    thief.says("Your address is changed.")
    assert place.facts("lea")["email"] == new
    place.letter(old, "Your address was changed")
    place.letter(new, "Your address is changed")
    taken_back(place, "lea", told.link("undo-change"))
    assert place.facts("lea")["email"] == old and place.facts("lea")["validated"] is True
    assert "/sign-in" in thief.get("profile").url and thief.sign_in().status_code == 422
    told = place.letter(old, "Your address and a new password are set")
    assert "password was set anew" in told.text and ANOTHER not in told.text
    place.letter(new, "not used any more")
    place.signed_in("lea", ANOTHER)


def test_taking_a_change_back_validates_nobody(place):
    """S2-34, S2-36, S2-38: an address that was not validated before is not validated by it."""
    _, told, proof = changed(place, "leo", validated=False)
    taken_back(place, "leo", told.link("undo-change"))
    assert place.facts("leo")["email"] == "leo@example.org" and place.facts("leo")["validated"] is False
    leo = place.signed_in("leo", ANOTHER)
    assert place.dead(proof.link("confirm-address"), leo)
    leo.get("profile")
    leo.says("Not validated")


def test_a_link_that_was_cut_changed_or_meant_for_else_does_nothing(place):
    """S2-09, S2-13; R-18, R-24: on no page, by no method, and what is good stays good."""
    ned = place.registered("ned", "ned@example.org")
    letter = place.letter("ned@example.org")
    ned.get("profile")
    ned.send("change-address", email="ned@elsewhere.example")
    good = {"undo-change": place.letter("ned@example.org", "is to be changed")}
    good |= {"confirm-address": place.letter("ned@elsewhere.example", "Confirm"), "validate": letter}
    good |= {"reset-password": letter, "delete-account": letter}
    links = {page: one.link(page) for page, one in good.items()}
    before = place.run("audit", "list", "--limit", "1", "--json").stdout
    for page, link in links.items():
        start, token = link.rsplit("/", 1)
        swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
        for bad in (token[:-1], token[1:], token + "A", swapped, token.swapcase(), "x" * 5000, "%00", "%2e%2e", "'"):
            answer = ned.get(f"{start}/{bad}")
            assert answer.status_code in (400, 404, 414), f"{page} {bad[:50]}: {answer.status_code}"
        for wrong in [*links, "recover-account", "invitation", "set-up"]:
            if wrong != page:
                assert ned.get(f"{place.url}/.portcullis/{wrong}/{token}").status_code == 404, f"{page} on {wrong}"
                ned.post(wrong, {"email": "ned@example.org", "password": ANOTHER})
                assert ned.page.status_code in (403, 404, 409, 422), f"{page} on {wrong}: {ned.page.status_code}"
        for method in ("PUT", "DELETE", "POST", "PATCH"):
            assert ned.session.request(method, link, timeout=10).status_code == 405
        ned.session.headers["Sec-Fetch-Site"], ned.session.headers["Origin"] = "cross-site", "https://evil.example"
        ned.session.get(link, timeout=10)
        assert ned.post(page, {"email": "ned@example.org", "password": ANOTHER}).status_code == 403, page
        ned.session.headers["Sec-Fetch-Site"], ned.session.headers["Origin"] = "same-origin", place.url
        ned.session.cookies.pop("__Host-portcullis-link", None)
    assert place.run("audit", "list", "--limit", "1", "--json").stdout == before
    assert place.facts("ned")["email"] == "ned@example.org" and not place.facts("ned")["validated"]
    for page, link in links.items():
        assert ned.get(link).status_code == 200, page


def test_links_say_their_week_and_none_is_given_more(place):
    """S2-15, S2-17: the letter names the end; a longer life is refused for every kind, a shorter one is kept."""
    place.person("oda", validated=False)
    text = place.letter("oda@example.org").text
    made = re.search(r"^When (.*) UTC$", text, re.M)[1]
    ends = datetime.strptime(made, "%Y-%m-%d %H:%M") + timedelta(days=7)
    assert text.count(f"Works until {ends:%Y-%m-%d %H:%M} UTC") == 3, text
    for key in ("validation", "undo", "reset", "code", "invitation"):
        done = place.run("check", "--set", f"links.{key}=169h", check=False)
        assert done.returncode != 0 and f"links.{key}" in done.stdout + done.stderr, done
        assert "links." not in place.run("check", "--set", f"links.{key}=168h", check=False).stderr


def test_every_kind_of_link_ends_with_its_time(tmp_path, app, mailbox):
    """S2-09, S2-15, S2-17: with lives of seconds, since nobody waits a week."""
    lives = "".join(f'{key} = "6s"\n' for key in ("validation", "undo", "reset", "invitation"))
    short = Place(tmp_path / "short", app, mailbox, f"[links]\n{lives}").open("app")
    try:
        pia = short.person("pia", validated=False)
        short.letter("pia@example.org")
        pia.post("send-validation")
        links = [short.letter("pia@example.org", number=2).link(page) for page in ("validate", "delete-account")]
        pia.get("profile")
        pia.send("change-address", email="pia@elsewhere.example")
        links.append(short.letter("pia@example.org", "is to be changed").link("undo-change"))
        links.append(short.letter("pia@elsewhere.example", "Confirm").link("confirm-address"))
        Person(short).post("forgot-password", {"name": "pia"})
        links.append(short.letter("pia@example.org", "Set a new password").link("reset-password"))
        short.run("invitation", "create", "--organisation", "acme", "--role", "viewer", "quin@example.org")
        links.append(short.letter("quin@example.org", "invit").link("invitation"))
        assert [pia.get(link).status_code for link in links] == [200] * 6, "while they live"
        for link in links:
            wait_until(f"the end of {link}", lambda: short.dead(link, pia))
        assert short.facts("pia")["email"] == "pia@example.org"
    finally:
        short.stop()


def code_of(letter):
    return re.search(r"^\s+(\d{4} ?\d{4})$", letter.text, re.M)[1]


def invite(one, *addresses):
    one.get("organisations/acme/invite")
    return one.send("invite", addresses="\n".join(addresses), role="viewer")


def choose(one, name, **more):
    return one.send("invited-sign-up", user_name=name, shown_name=name.title(), password=SECRET, **more)


def test_an_account_needs_an_invitation_which_managers_and_the_service_desk_send(closed, mailbox):
    """S4-01 to S4-05."""
    anybody = Person(closed)
    anybody.get("sign-in")
    assert "/.portcullis/sign-up" in anybody.page.text, "the way for whoever has no account"
    anybody.get("sign-up")
    anybody.says("An account needs an invitation", "Ask whoever manages your organisation")
    anybody.says("You do not know who that is?", "help@example.com")
    form = {"email": "any@example.org", "user-name": "any", "shown-name": "Any", "password": SECRET}
    assert anybody.post("sign-up", form).status_code == 403
    assert closed.run("account", "show", "any", check=False).returncode != 0 and not mailbox.to("any@example.org")
    for one, address in ((closed.mia, "ann@example.org"), (closed.sam, "bob@example.org")):
        invite(one, address)
        assert one.page.status_code == 200 and address in one.page.text, one.page.text
        letter = closed.letter(address, "Acme invites you")
        assert one.name in letter.text and len(letter.links) == 1
        reader = Person(closed)
        reader.get(letter.link("invitation"))
        reader.says(address, "Acme", "You are not sure what this is?", "help@example.com")
        assert letter.link("invitation") not in reader.page.url
    vic = closed.person("vic", role="viewer")
    assert vic.get("organisations/acme/invite").status_code in (403, 404)
    assert vic.post("organisations/acme/invite", {"addresses": "cat@example.org", "role": "viewer"}).status_code in (403, 404)
    assert not mailbox.to("cat@example.org")


def test_an_invited_person_signs_up_with_the_invited_address_and_its_code(closed, mailbox):
    """S4-05 to S4-09, S2-04."""
    address = "dan@example.org"
    invite(closed.mia, address)
    link = closed.letter(address, "invites you").link("invitation")
    scanner = Person(closed)
    for look in (scanner.session.head, scanner.session.get):
        assert look(link, timeout=10, allow_redirects=True).status_code == 200
    dan = Person(closed, "dan", SECRET)
    dan.get(link)
    page = dan.page
    fields = [one for one in Forms(page.text).forms if one[0].endswith("invited-sign-up")][0][1]
    assert "email" not in fields and address in page.text, "the address is locked in"
    assert page.text.count(" required") >= 3
    for missing in ("user-name", "shown-name", "password"):
        dan.page = page
        good = {"user-name": "dan", "shown-name": "Dan", "password": SECRET, missing: ""}
        assert dan.post("invited-sign-up", good).status_code == 422, missing
        assert f'id="{missing}-error"' in dan.page.text
    assert len(mailbox.to(address)) == 1
    dan.page = page
    choose(dan, "dan", email="dan@elsewhere.example")
    code = code_of(closed.letter(address, "Your code"))
    assert not mailbox.to("dan@elsewhere.example"), "another address is not listened to"
    page = dan.page
    for wrong in ("", "0000 0000", "x", code[:-1]):
        dan.page = page
        assert dan.send("sign-up/code", code=wrong).status_code == 422, wrong
        assert closed.run("account", "show", "dan", check=False).returncode != 0
    stranger = Person(closed)
    stranger.get(link)
    assert stranger.post("sign-up/code", {"code": code}).status_code == 404, "in the browser that began"
    dan.page = page
    dan.send("sign-up/code", code=code)
    assert dan.page.url == closed.url + "/", dan.page.url
    told = dan.page.json()
    assert told["x-forwarded-email"] == address and told["x-portcullis-organisation"] == "acme"
    assert told["x-portcullis-email-validated"] == "true" and told["x-portcullis-role"] == "viewer"
    me = asked(dan, "/.portcullis/api/v1/me", accept="application/json")
    assert me.status_code == 200 and me.json()["account"]["user_name"] == "dan", me.text
    closed.letter(address, "Your account is ready")
    dan.page = page
    assert dan.send("sign-up/code", code=code).status_code in (404, 409, 422), "a code works once"
    assert closed.dead(link, closed.mia) and "invited-sign-up" not in stranger.get(link).text, "and so does an invitation"


def test_an_invitation_waits_for_its_person_where_somebody_else_is_signed_in(closed):
    """S4-07, S4-10; R-21, R-22: no second browser and no private window is needed."""
    closed.person("eli")
    invite(closed.mia, "eli@example.org", "flo@example.org")
    shared = closed.person("gus")
    to_eli = closed.letter("eli@example.org", "invites you").link("invitation")
    assert shared.get(to_eli).status_code == 200
    shared.says("This invitation is for eli@example.org, and you are signed in as gus", "Continue as eli@example.org")
    assert shared.post("invitation").status_code == 403, "another address gets nothing"
    assert not closed.facts("gus")["grants"]
    way = re.search(r'href="(/\.portcullis/sign-in[^"]+)"', shared.get("invitation").text)[1]
    shared.get(closed.url + html.unescape(way))
    shared.send("sign-in", name="eli", password=SECRET)
    shared.says("eli@example.org")
    shared.send("invitation")
    assert shared.page.json()["x-forwarded-user"] == "eli"
    shared.get(to_eli)
    shared.says("You accepted this invitation already")
    # Without an account: signed up beside whoever is signed in.
    gus = closed.signed_in("gus")
    gus.get(closed.letter("flo@example.org", "invites you").link("invitation"))
    gus.says("flo@example.org", "you are signed in as gus")
    choose(gus, "flo")
    gus.send("sign-up/code", code=code_of(closed.letter("flo@example.org", "Your code")))
    assert gus.page.json()["x-forwarded-user"] == "flo"
    assert len(closed.facts("flo")["grants"]) == 1 and not closed.facts("gus")["grants"]


def test_an_invitation_is_taken_up_in_the_browser_of_somebody_else(closed, browser):
    """S4-05, S4-06, S4-08 to S4-10: the same in Chromium, from the sign-in of one person to the app as another."""
    invite(closed.mia, "ivy@example.org")
    visit = browser.new_context(ignore_https_errors=True)
    page = visit.new_page()
    page.goto(f"{closed.url}/.portcullis/sign-in")
    sign_in(page, "mia", SECRET)
    page.goto(closed.letter("ivy@example.org", "invites you").link("invitation"))
    text = page.inner_text("main")
    assert "This invitation is for ivy@example.org, and you are signed in as mia" in text and "/invitation/" not in page.url
    page.fill("#user-name", "ivy")
    page.fill("#shown-name", "Ivy")
    page.fill("#password", SECRET)
    page.click("main form button.main")
    page.fill("input[autocomplete=one-time-code]", code_of(closed.letter("ivy@example.org", "Your code")))
    page.click("main button.main")
    page.wait_for_url(closed.url + "/")
    assert json.loads(page.inner_text("body"))["x-forwarded-user"] == "ivy"
    page.goto(f"{closed.url}/.portcullis/sign-in?add=1")
    assert "mia" in page.inner_text("body"), "the other account is still at hand"
    visit.close()


def test_no_link_is_written_to_the_log(place):
    """R-24: whoever reads the log of a scanner's visit could follow it."""
    place.person("pam", validated=False)
    link = place.letter("pam@example.org").link("delete-account")
    assert not place.dead(link)
    Person(place).get("the-end-of-this-visit")
    wait_until("the visit in the log", lambda: "/.portcullis/the-end-of-this-visit" in place.log.read_text())
    assert link.rsplit("/", 1)[1] not in place.log.read_text()
