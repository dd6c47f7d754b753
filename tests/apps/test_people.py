"""A person and a browser: from the first start to a key that is refused. S4-35 to S4-42, on two hosts."""

import re

import pytest
from playwright.sync_api import expect

from browser import LAB, PASSWORD, WIKI, House, launch, set_up, sign_in
from test_looks import LOOKS, look

@pytest.fixture
def house(tmp_path):
    house = House(tmp_path).start()
    yield house
    house.stop()


def shown_key(page):
    """The key on the page that shows it once."""
    return re.fullmatch(r"pck_[0-9A-Za-z]{50}", page.inner_text("#key").strip())[0]


def make_key(page, house, name):
    page.goto(house.page("keys/new"))
    page.fill("#name", name)
    for box in page.locator('input[name="credentials"]').all():
        box.check()
    page.click("main form button.main")
    return shown_key(page)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_from_set_up_to_a_revoked_key(browser, house, script):
    """S4-35 to S4-42: the whole way of a key, on two protected hosts."""
    visit = browser.new_context(ignore_https_errors=True, java_script_enabled=script)
    page = visit.new_page()
    set_up(page, house)

    # One sign-in opens every protected host.
    for host in (WIKI, LAB):
        page.goto(house.at(host, "/somewhere?x=1"))
        expect(page).to_have_url(house.at(host, "/somewhere?x=1"))
        assert "ada" in page.inner_text("body")

    # Signed out is signed out on all of them, and going back shows nothing.
    page.goto(house.page("profile"))
    page.goto(house.page("sign-out"))
    page.click("main form button.main")
    expect(page.locator("h1")).to_have_text("Signed out")
    for _ in range(2):
        page.go_back()
        page.wait_for_load_state()
        assert "Ada Lovelace" not in page.inner_text("body")
    for host in (LAB, WIKI):
        page.goto(house.at(host, "/again"))
        assert page.url.startswith(house.page("sign-in"))
    sign_in(page)
    expect(page).to_have_url(house.at(WIKI, "/again"))

    key = make_key(page, house, "backup script")
    assert [house.curl(host, key) for host in (WIKI, LAB)] == [200, 200]

    page.goto(house.page("keys"))
    expect(page.get_by_role("row", name="backup script")).to_contain_text("Within the last minute")
    page.get_by_role("link", name="backup script").click()
    page.select_option("#overlap", "now")
    page.click('form[action$="/rotate"] button')
    rotated = shown_key(page)
    assert [house.curl(host, one) for host in (WIKI, LAB) for one in (key, rotated)] == [401, 200, 401, 200]

    page.goto(house.page("keys"))
    page.get_by_role("row").filter(has_text=rotated[:16]).get_by_role("link").first.click()
    page.fill('form[action$="/revoke"] input[name="name"]', "backup script")
    page.click('form[action$="/revoke"] button')
    assert [house.curl(host, rotated) for host in (WIKI, LAB)] == [401, 401]
    visit.close()


def test_how_hard_a_password_is_to_guess_is_said_while_it_is_typed(browser, house):
    """B-05: with a label and words, in every look; nothing is loaded from elsewhere and nothing runs inline."""
    wrong = []
    for theme, width in LOOKS:
        visit = browser.new_context(ignore_https_errors=True, color_scheme=theme, viewport={"width": width, "height": 800})
        page = visit.new_page()
        page.on("console", lambda line: wrong.append(line.text) if "Content Security" in line.text else None)
        page.goto(house.set_up_link())
        said, meter = page.locator("[role=status].strength-said"), page.get_by_label("Strength of the password")
        expect(meter).to_be_hidden()
        page.fill("#user-name", "ada.lovelace")
        for typed, score, words in [
            ("short", 2, "at least 15"),
            ("correct horse battery staple", 2, "leaked elsewhere"),
            ("ada.lovelace ada.lovelace", 2, "who you are"),
            (PASSWORD, 4, "Very hard to guess."),
        ]:
            page.fill("#password", typed)
            expect(said).to_contain_text(words)
            assert float(meter.evaluate("meter => meter.value")) <= score
            wrong += look(page, theme, width, "strength")
        assert float(meter.evaluate("meter => meter.value")) == 4
        page.fill("#password", "")
        expect(meter).to_be_hidden()
        visit.close()
    assert not wrong, "\n".join(wrong)
