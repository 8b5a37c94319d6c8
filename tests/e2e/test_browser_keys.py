"""Keys and prices in a real browser: what changes at xAI shows by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import Pictures, Windows, is_marked, mark
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def sandbox_as_seeded(site: Instance) -> Iterator[None]:
    yield
    site.control.reset()


def line(page: Page, label: str) -> Locator:
    """Return one line of the inventory."""
    return page.locator("[data-row]", has_text=label)


def open_key(page: Page, label: str) -> None:
    page.goto("/keys/")
    page.get_by_role("link", name=label, exact=True).click()
    expect(page.get_by_role("heading", name=label, level=1)).to_be_visible()


def test_check_now_brings_a_newer_answer_by_itself(windows: Windows) -> None:
    page = windows.of("ada")
    open_key(page, "search-staging")
    checked = page.locator("#key-live .sub time").first
    expect(checked).to_have_attribute("datetime", re.compile("T"))
    before = checked.get_attribute("datetime")

    with page.expect_navigation():
        page.keyboard.press("r")
    mark(page)

    expect(checked).not_to_have_attribute("datetime", before or "")
    expect(page.get_by_role("button", name="Check now")).to_be_visible()
    assert is_marked(page)


@pytest.mark.usefixtures("keys_as_seeded")
def test_a_block_shows_on_the_open_pages_without_a_reload(
    windows: Windows, pictures: Pictures
) -> None:
    inventory = windows.of("ada")
    key_page, levers = windows.another(inventory), windows.another(inventory)
    inventory.goto("/keys/")
    open_key(key_page, "support-vision-intake")
    expect(line(inventory, "support-vision-intake")).to_contain_text("Usable")
    mark(inventory)
    mark(key_page)

    levers.goto("/sandbox/")
    levers.get_by_role("button", name="Block support-vision-intake").click()
    expect(levers.get_by_role("status").first).to_contain_text("support-vision-intake")

    key_page.bring_to_front()  # a hidden tab does not refresh itself
    state = key_page.locator(".key-title [data-state]")
    expect(state).to_have_text("Key blocked")
    inventory.bring_to_front()
    expect(line(inventory, "support-vision-intake")).to_contain_text("Key blocked")
    assert is_marked(key_page)
    assert is_marked(inventory)
    pictures.whole(key_page, "key-blocked-light")


def test_a_key_goes_in_and_out_again(windows: Windows, pictures: Pictures) -> None:
    windows.expected = "status of 422"
    page = windows.of("ada")
    page.goto("/sandbox/")
    spare = page.locator("li", has_text="search-newcomer")
    spare.get_by_text("Show its secret").click()
    secret = spare.locator("code").inner_text()

    page.get_by_role("link", name="Add key").click()
    page.get_by_label("Label").fill("newcomer")
    page.get_by_label("Team", exact=True).select_option("Search")
    page.get_by_label("Secret", exact=True).fill(secret[:-6] + "Wrong1")
    page.get_by_role("button", name="Check and add key").click()
    expect(
        page.get_by_text("xAI was asked about this key and refused it")
    ).to_be_visible()
    expect(page.get_by_label("Secret", exact=True)).to_have_value("")
    pictures.whole(page, "key-add-refused-light")

    page.get_by_label("Secret", exact=True).fill(secret)
    page.get_by_role("button", name="Check and add key").click()
    expect(page.get_by_role("heading", name="newcomer", level=1)).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("checked and stored")
    assert secret not in page.content()
    mark(page)
    expect(page.get_by_role("row", name=re.compile("grok-4.3"))).to_be_visible()
    assert is_marked(page)  # the models it sees came by themselves

    page.get_by_role("link", name="Remove key").click()
    page.get_by_label("Type the label to confirm").fill("newcomer")
    page.get_by_role("button", name=re.compile("Remove")).click()
    expect(page.get_by_role("heading", name="Key inventory")).to_be_visible()
    expect(page.get_by_role("link", name="newcomer", exact=True)).to_have_count(0)


def test_state_chips_filter_without_a_reload(windows: Windows) -> None:
    page = windows.of("olga")
    page.goto("/keys/")
    mark(page)

    page.get_by_role("link", name=re.compile("^Team blocked")).click()

    expect(page.locator("[data-row]")).to_have_count(3)
    expect(page).to_have_url(re.compile("state=team_blocked"))
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(14)


def test_prices_change_their_unit_answer_a_search_and_lead_to_a_model(
    windows: Windows,
) -> None:
    page = windows.of("fin")
    page.goto("/models/")
    line = page.locator("[data-row]", has_text="grok-4.3").first
    expect(line).to_contain_text("1.25")

    page.get_by_text("per 1k").click()
    expect(line).to_contain_text("0.00125")
    page.get_by_text("per 1M tokens", exact=True).click()
    expect(line).to_contain_text("1.25")
    page.get_by_role("searchbox").first.fill("vision")
    expect(page.locator("[data-row]", has_text="grok-4.3")).to_have_count(0)
    page.get_by_role("searchbox").first.fill("grok-4.3")
    page.get_by_role("link", name="grok-4.3", exact=True).click()

    expect(page.get_by_role("heading", name="grok-4.3 costs $1.25 in")).to_be_visible()
    expect(page.locator("svg.plot[role=group]").first).to_be_visible()


def test_status_says_how_every_part_is(windows: Windows) -> None:
    page = windows.of("olga")

    page.goto("/status/")

    for part in ("Database", "Broker", "Worker", "Beat", "Vault", "Audit trail"):
        expect(
            page.get_by_role("row", name=re.compile(f"^{part} fine"))
        ).to_be_visible()
