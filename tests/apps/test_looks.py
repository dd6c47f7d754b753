"""Every page in light and dark, on a phone and on a desk: what axe-core finds, and whether it fits (R-72).

With `PORTCULLIS_SCREENSHOTS=FOLDER` each of them is also kept as a picture.
"""

import os
import re
from pathlib import Path

import pytest

from browser import GATE, PASSWORD, WIKI, House, faults, set_up
from gate import ROOT

LOOKS = [(theme, width) for theme in ("light", "dark") for width in (390, 1280)]

# What stands for the parts of an address that are not fixed.
PARTS = {
    "accounts/{name}/{deed}": "accounts/grace/suspend",
    "accounts/{name}/keys/{id}": "accounts/ada/keys/KEY",
    "accounts/{name}": "accounts/ada",
    "organisations/{slug}/platforms/{platform}": "organisations/acme/platforms/wiki",
    "organisations/{slug}/spaces/{space}/remove": "organisations/acme/spaces/bridge/remove",
    "organisations/{slug}/spaces/{space}": "organisations/acme/spaces/bridge",
    "organisations/{slug}/invitations/{id}": "organisations/acme/invitations/INVITATION",
    "organisations/{slug}/grants/{id}": "organisations/home/grants/GRANT",
    "organisations/{slug}/members/{name}": "organisations/acme/members/grace",
    "organisations/{slug}": "organisations/acme",
    "keys/{id}": "keys/KEY",
    "webhooks/{webhook}/{deed}": "webhooks/WEBHOOK/rotate",
    "webhooks/{webhook}": "webhooks/WEBHOOK",
}

# Addresses that lead on without a page of their own, or cannot be looked at twice.
NO_PAGE = {"arrive", "set-up/{token}", "reset-password/{token}", "keys/report", "assets/{name}", "set-up", "reset-password",
           "audit/export/{ending}", "validate", "validate/{token}", "letters/{id}", "delete-account",
           "delete-account/{token}", "recover-account", "recover-account/{token}", "confirm-address",
           "confirm-address/{token}", "undo-change", "undo-change/{token}", "invitation", "invitation/{token}",
           "sign-up", "sign-up/code"}


def addresses():
    """Every page that can be asked for, by the table in the program's source."""
    table = (ROOT / "src/pages/mod.rs").read_text()
    pages = re.findall(r'page\(\s*"/\.portcullis/([^"]*)",\s*get\(', table)
    assert len(pages) > 20, "the table of pages was not found"
    return [page for page in pages if page not in NO_PAGE]


def filled(address, names):
    """The address with its parts filled in."""
    for pattern, instance in PARTS.items():
        if address.startswith(pattern):
            address = address.replace(pattern, instance, 1)
    assert "{" not in address, f"{address}: say in PARTS what stands for its parts"
    for word, name in names.items():
        address = address.replace(word, name)
    return address


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("looks")).start()
    yield house
    house.stop()


@pytest.fixture(scope="module")
def lived_in(browser, house):
    """A house with people, spaces, grants and keys in it, and Ada's cookies."""
    visit = browser.new_context(ignore_https_errors=True)
    page = visit.new_page()
    set_up(page, house)
    house.run("organisation", "create", "acme", "--name", "Acme Bridges & Tunnels")
    house.run("space", "create", "--organisation", "acme", "bridge", "--name", "Bridge over the river")
    for platform in ("wiki", "lab"):
        house.run("entitlement", "add", "--organisation", "acme", "--platform", platform)
    house.run("account", "create", "grace", "--email", "grace@example.org", "--shown-name", "Grace Hopper")
    house.run("account", "create", "nightly", "--service-of", "acme")
    house.run("grant", "add", "--account", "grace", "--organisation", "acme", "--role", "viewer", "--space", "bridge")
    house.run("grant", "add", "--account", "ada", "--organisation", "acme", "--role", "simulation-runner")
    made = house.run("key", "create", "--account", "ada", "--name", "backup script",
                     "--credentials", "wiki/home/general/manager", "--json").stdout
    key = re.search(r"pck_([0-9A-Za-z]{12})", made)[1]
    listed = house.run("grant", "list", "--organisation", "home", "--json").stdout
    grant = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", listed)[0]
    hook = house.run("webhook", "create", "wiki", "https://hooks.invalid/wiki", "--json").stdout
    hook = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", hook)[0]
    house.run("webhook", "test", hook)
    invited = house.run("invitation", "create", "--organisation", "acme", "--role", "viewer", "--space", "bridge",
                        "alan@example.org", "--json").stdout
    invitation = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", invited)[0]
    house.invited = re.search(r"/invitation/[\w-]+", invited)[0]
    house.run("account", "suspend", "grace")
    house.run("account", "resume", "grace")
    yield visit, {"KEY": key, "GRANT": grant, "WEBHOOK": hook, "INVITATION": invitation}
    visit.close()


def look(page, theme, width, name):
    """What is wrong with the page that is open, in one look."""
    wrong = [f"{theme} {width}: {fault}" for fault in faults(page)]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        wrong.append(f"{theme} {width}: wider than the window")
    if folder := os.environ.get("PORTCULLIS_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z-]+", "_", name) or "home"
        page.screenshot(path=Path(folder) / f"{name}-{theme}-{width}.png", full_page=True)
    return wrong


@pytest.mark.parametrize("address", addresses())
def test_a_page_is_accessible_in_every_look(lived_in, house, address):
    """R-72, B-23, B-24."""
    visit, names = lived_in
    page, wrong = visit.new_page(), []
    try:
        for theme, width in LOOKS:
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 800})
            answer = page.goto(house.page(filled(address, names)))
            assert answer.status == 200, answer.status
            wrong += look(page, theme, width, address)
    finally:
        page.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("what", ["sign-in", "wrong password", "set-up", "no such page", "no access", "sign-out",
                                  "sign-up", "invitation"])
def test_what_strangers_see_is_accessible_in_every_look(browser, house, lived_in, what):
    """R-72: pages without anybody signed in, and problems."""
    wrong = []
    for theme, width in LOOKS:
        visit = browser.new_context(ignore_https_errors=True, color_scheme=theme, viewport={"width": width, "height": 800})
        page = visit.new_page()
        if what == "sign-in":
            page.goto(house.at(WIKI))
            assert GATE in page.url
        elif what == "wrong password":
            page.goto(house.page("sign-in"))
            page.fill("#name", "nobody-at-all")
            page.fill("#password", PASSWORD)
            page.click("main button.main")
            assert page.locator("[role=alert]").count() == 1
        elif what == "invitation":
            page.goto(house.page(house.invited.lstrip("/")))
            assert page.locator("#user-name").count() == 1
        elif what == "no access":
            page.goto(house.at(WIKI, "/%2e%2e/"))
            page.goto(house.at(WIKI, "/a//b"))
        else:
            page.goto(house.page({"no such page": "nowhere"}.get(what, what)))
        wrong += look(page, theme, width, f"stranger-{what}")
        visit.close()
    assert not wrong, "\n".join(wrong)
