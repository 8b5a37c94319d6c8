"""Every page in a real browser: quiet, accessible, within its width; the door."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import WIDE, Pictures, Windows, assert_fits
from tests.e2e.instance import PASSWORD, Instance

pytestmark = pytest.mark.browser

PAGES = {
    "overview": "/",
    "keys": "/keys/",
    "keys-none": "/keys/?q=nothing-has-this-name",
    "key": "/keys/KEY/",
    "key-add": "/keys/add/",
    "key-edit": "/keys/KEY/edit/",
    "key-replace": "/keys/KEY/replace/",
    "key-remove": "/keys/KEY/remove/",
    "keys-access": "/keys/access/",
    "keys-changes": "/keys/changes/",
    "keys-findings": "/keys/findings/",
    "prices": "/models/",
    "price-changes": "/models/changes/",
    "price-differences": "/models/differences/",
    "estimate": "/models/estimate/",
    "referee": "/models/referee/",
    "language-tax": "/models/tokenizer/",
    "usage": "/usage/",
    "usage-mine": "/usage/mine/?by=model&chart=tokens&against=none",
    "calls": "/usage/calls/",
    "budgets": "/usage/budgets/",
    "budget-add": "/usage/budgets/add/",
    "chat": "/playground/chat/",
    "messages": "/playground/messages/",
    "history": "/playground/history/",
    "shares": "/playground/shares/",
    "templates": "/playground/prompts/",
    "twin": "/playground/twin/",
    "tokenize": "/playground/tokenize/",
    "legacy": "/playground/legacy/",
    "explore": "/playground/explore/",
    "audit": "/audit/",
    "incidents": "/incidents/",
    "alerts": "/alerts/",
    "status": "/status/",
    "sandbox": "/sandbox/",
    "sign-out": "/account/logout/",
    "usage-views": "/usage/views/?back=%3Fby%3Dmodel",
}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": WIDE, "color_scheme": "light"},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "390": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
WIDTHS = (360, 768, 1024, 1600)


@pytest.fixture(scope="session")
def key_id(site: Instance) -> str:
    """The id of a key with much to show."""
    with site.visitor("ada") as browser:
        rows = browser.get("/keys/?format=json&q=support-desk-triage").json()
    return str(rows[0]["id"])


# Each page is examined once; both themes and both widths over all of them.
EXAMINED = dict(zip(PAGES, ("light", "dark", "390") * len(PAGES), strict=False))
EXAMINED["status"] = "390"  # where its sentences need two lines


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_accessible_and_fits(
    windows: Windows, key_id: str, pictures: Pictures, name: str
) -> None:
    page = windows.of("ada", **LOOKS["light"])

    response = page.goto(PAGES[name].replace("KEY", key_id))

    assert response is not None
    assert response.status == 200
    expect(page.locator("main h1").first).to_be_visible()
    assert page.locator("main h1").count() == 1
    for look, how in LOOKS.items():
        page.emulate_media(color_scheme=how["color_scheme"], reduced_motion="reduce")
        page.set_viewport_size(how["viewport"])
        assert_fits(page)
        if EXAMINED[name] == look:
            windows.assert_accessible(page)
        pictures.whole(page, f"{name}-{look}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert_fits(page)


@pytest.mark.parametrize("look", LOOKS)
def test_the_door_is_quiet_and_fits(
    windows: Windows, pictures: Pictures, look: str
) -> None:
    page = windows.stranger(**LOOKS[look])

    page.goto("/")

    assert "/account/login/" in page.url
    pictures.whole(page, f"sign-in-{look}")
    assert_fits(page)


@pytest.mark.parametrize("look", LOOKS)
def test_what_does_not_exist_says_so(
    windows: Windows, pictures: Pictures, look: str
) -> None:
    windows.expected = "status of 404"
    page = windows.of("ada", **LOOKS[look])

    page.goto("/keys/00000000-0000-0000-0000-000000000000/")

    pictures.whole(page, f"not-found-{look}")
    expect(page.locator("h1")).to_be_visible()
    assert_fits(page)


def test_signing_in_needs_the_keyboard_alone(windows: Windows) -> None:
    windows.expected = "status of 422"
    page = windows.stranger()
    page.goto("/keys/")

    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("sam")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong, but long enough")
    page.keyboard.press("Enter")
    wrong = page.get_by_text("The name or the password is not right.")
    expect(wrong).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()  # the name is kept
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Key inventory")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()


def test_the_chosen_theme_stays(windows: Windows) -> None:
    page = windows.of("olga")
    page.goto("/")
    light = colour(page)

    page.get_by_role("radio", name="Dark").check(force=True)
    dark = colour(page)
    page.reload()

    assert light != dark
    assert colour(page) == dark
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()


def colour(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).color"))


def test_one_key_does_what_is_done_often(windows: Windows) -> None:
    page = windows.of("ada")
    page.goto("/keys/")
    rows = page.locator("[data-row]")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1).locator("a").first).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0).locator("a").first).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox").first).to_be_focused()
    page.keyboard.type("gateway")
    expect(rows).to_have_count(1)
    assert "q=gateway" in page.url


def test_the_menu_of_a_small_window(windows: Windows) -> None:
    page = windows.of("ada", **LOOKS["390"])
    page.goto("/")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role(
        "link", name="Tokenize"
    ).click()

    expect(page.get_by_role("heading", name="Tokenize")).to_be_visible()
