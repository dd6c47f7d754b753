"""A person and a browser: from the first start to a key that is refused. S4-35 to S4-42, on two hosts."""

import re

import pytest
from playwright.sync_api import expect, sync_playwright

from browser import LAB, WIKI, House, faults, launch

PASSWORD = "seven grey herons wade slowly"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(params=["with script", "without script"])
def script(request):
    return request.param == "with script"


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path).start()
    yield house
    house.stop()


def set_up(page, house):
    page.goto(house.set_up_link())
    assert "/set-up/" not in page.url, "the token stays in no history"
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main button.main").click()
    expect(page).to_have_url(house.page())


def sign_in(page):
    page.get_by_label("User name or e-mail address").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_from_set_up_to_a_revoked_key(browser, house, script):
    """S4-35 to S4-42: the whole way of a key, on two protected hosts."""
    visit = browser.new_context(ignore_https_errors=True, java_script_enabled=script)
    page = visit.new_page()
    set_up(page, house)
    house.run("grant", "add", "--account", "ada", "--organisation", "home", "--role", "manager")

    # One sign-in opens every protected host.
    for host in (WIKI, LAB):
        page.goto(house.at(host, "/somewhere?x=1"))
        expect(page).to_have_url(house.at(host, "/somewhere?x=1"))
        assert "ada" in page.inner_text("body")

    # Signed out means signed out everywhere, and going back shows nothing.
    page.goto(house.page("sign-out"))
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.goto(house.at(WIKI))
    assert page.url.startswith(house.page("sign-in"))
    sign_in(page)
    expect(page).to_have_url(house.at(WIKI))

    page.goto(house.page("keys"))
    key = make_key(page, house)
    assert [house.curl(host, key) for host in (WIKI, LAB)] == [200, 200]

    page.goto(house.page("keys"))
    expect(page.locator("main")).to_contain_text("last minute")
    rotated = rotate(page)
    assert [house.curl(WIKI, one) for one in (key, rotated)] == [401, 200]
    revoke(page, house)
    assert [house.curl(host, rotated) for host in (WIKI, LAB)] == [401, 401]
    visit.close()
