"""A conversation that is left in the middle, found again, changed and shared."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Pictures, Windows, assert_fits
from tests.e2e.instance import Instance
from tests.e2e.records import usage_records
from tests.e2e.test_browser_conversation import has_ended, lanes_of, send

pytestmark = pytest.mark.browser

OUTSIDE = """document.activeElement.matches("body, #inspector, #inspector *")
    ? "" : document.activeElement.outerHTML"""  # what has the focus beyond the drawer
KEPT = re.compile(r"/playground/chat/[0-9a-f-]{36}/$")


@pytest.fixture(autouse=True)
def sandbox_as_seeded(site: Instance) -> Iterator[None]:
    yield
    site.control.reset()


@pytest.fixture
def page(windows: Windows) -> Page:
    page = windows.of("sam")
    page.goto("/playground/chat/")
    return page


def calls(site: Instance) -> int:
    return len(usage_records(site))


def test_a_reload_in_the_middle_loses_nothing_and_is_paid_once(
    page: Page, site: Instance
) -> None:
    before = calls(site)
    site.control.settings(pace=0.2)
    send(page, "a story to reload")
    page.wait_for_url(KEPT)
    expect(page.locator("[data-answer]")).to_contain_text(re.compile(r"\w"))

    page.reload()
    expect(lanes_of(page)).to_have_attribute("data-live", "")
    expect(page.locator("[data-answer]")).to_contain_text(re.compile(r"\w"))
    site.control.settings(pace=0)
    has_ended(page)

    whole = page.locator("[data-answer]").inner_text()
    expect(lanes_of(page)).to_contain_text("confirmed")
    page.reload()
    has_ended(page)
    assert page.locator("[data-answer]").inner_text() == whole
    assert calls(site) == before + 1


def test_a_broken_network_is_bridged(
    windows: Windows, page: Page, site: Instance
) -> None:
    windows.expected = "ERR_"  # what the browser says of a network that is away
    before = calls(site)
    site.control.settings(pace=0.2)
    send(page, "a story to break")
    expect(page.locator("[data-answer]")).to_contain_text(re.compile(r"\w"))
    answer = page.locator("[data-answer-id]").get_attribute("data-answer-id")

    # The connection of the answer alone is cut, as by a proxy that restarts.
    page.evaluate("window.stop()")
    site.control.settings(pace=0)
    has_ended(page)

    assert page.locator("[data-answer-id]").get_attribute("data-answer-id") == answer
    expect(lanes_of(page)).to_contain_text("confirmed")
    assert calls(site) == before + 1


def test_a_new_conversation_gets_its_title_and_acts_and_keeps_its_code(
    page: Page,
) -> None:
    send(page, "a title to be seen at once")
    has_ended(page)

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "a title to be seen at once"
    )
    expect(page).to_have_title(re.compile("^a title to be seen at once"))
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("link", name="Export as JSON")).to_be_visible()

    page.reload()
    lanes_of(page).get_by_role("button", name="Code").click()
    code = page.locator("#code")
    expect(code).to_contain_text("a title to be seen at once")
    expect(code).to_contain_text("/v1/chat/completions")


def test_every_answer_keeps_meter_and_code_over_a_reload(
    page: Page, site: Instance
) -> None:
    site.control.settings(pace=0.05)
    temperature = page.get_by_label("Temperature")
    for number, warm in enumerate(("0.1", "0.9"), start=1):
        temperature.fill(warm)
        send(page, f"what was asked with {warm}")
        has_ended(page, number)
    meters = page.locator("[data-meter]")
    expect(meters).to_contain_text(["tokens/s", "tokens/s"])
    before = meters.all_inner_texts()

    page.reload()

    has_ended(page, 2)
    expect(meters).to_have_text(before, use_inner_text=True)
    for number, warm in enumerate(("0.1", "0.9")):
        lanes_of(page).nth(number).get_by_role("button", name="Code").click()
        curl = page.get_by_role("region", name="curl")
        expect(curl).to_contain_text(f'"temperature": {warm}')
        expect(curl).to_contain_text(f"what was asked with {warm}")
        page.keyboard.press("Escape")


def test_an_answer_is_inspected_after_a_reload(page: Page) -> None:
    send(page, "what came when")
    has_ended(page)
    page.reload()
    drawer = page.get_by_role("dialog", name="Inspector")
    assert page.locator("[data-inspected]").count() == 0

    lanes_of(page).get_by_role("button", name="Inspect").press("Enter")

    expect(drawer.get_by_role("img", name=re.compile("wait.+stream"))).to_be_visible()
    drawer.get_by_role("radio", name="Request").check()
    sent = drawer.get_by_role("region", name="Request as sent")
    expect(sent).to_contain_text("what came when")
    drawer.get_by_role("radio", name="Events").check()
    expect(drawer.locator(".events li").last).to_contain_text("usage")
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTSIDE) == ""
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(lanes_of(page).get_by_role("button", name="Inspect")).to_be_focused()


def test_a_template_is_read_when_it_is_chosen(page: Page) -> None:
    page.goto("/playground/prompts/")
    page.get_by_label("Name").fill("A greeting")
    page.locator("[name=text]").fill("Say hello to {{who}}")
    page.get_by_role("button", name="Save template").click()
    page.goto("/playground/chat/")

    page.get_by_role("button", name="Templates").click()
    page.get_by_role("button", name="A greeting").click()
    page.get_by_label("who").fill("Bob")
    page.keyboard.press("Enter")
    page.keyboard.type("and Eve")
    page.get_by_role("button", name="Insert").click()

    expect(page.locator("[data-prompt]")).to_have_value("Say hello to Bob\nand Eve")


def test_a_prompt_is_edited_with_the_keyboard_and_what_followed_goes(
    page: Page,
) -> None:
    send(page, "one")
    has_ended(page)
    send(page, "two")
    has_ended(page, 2)

    edit = page.get_by_role("button", name="Edit").first
    edit.press("Enter")
    field = page.get_by_label("Prompt, edited")
    expect(field).to_be_focused()
    field.press("Escape")
    expect(edit).to_be_focused()
    edit.press("Enter")
    field.fill("one, better")
    field.press("Control+Enter")
    has_ended(page)

    page.reload()
    has_ended(page)
    expect(page.locator("[data-prompt-turn] [data-text]")).to_have_text(["one, better"])


def test_a_conversation_is_found_renamed_pinned_shared_and_deleted(
    windows: Windows, page: Page, pictures: Pictures
) -> None:
    send(page, "where is the zebra")
    has_ended(page)
    path = page.get_by_role("navigation", name="Path")
    path.get_by_role("link", name="History", exact=True).click()
    page.get_by_role("searchbox", name="Search conversations").fill("ZEBRA")
    rows = page.locator("#conversations [data-row]")
    expect(rows).to_have_count(1)

    page.get_by_role("button", name="More about where is the zebra").press("Enter")
    page.get_by_label("Title").fill("Animals")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("button", name="More about Animals").click()
    page.get_by_role("button", name="Pin above the others").click()
    expect(rows.first).to_contain_text("Pinned")

    page.get_by_role("button", name="More about Animals").click()
    page.get_by_role("link", name="Share a snapshot").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link of Animals").input_value()
    colleague = windows.of("fin")
    colleague.goto(link)
    expect(colleague.locator(".prompt-turn")).to_contain_text("where is the zebra")
    assert colleague.get_by_role("button", name="Again").count() == 0
    pictures.window(page, "my_shares")
    page.evaluate(
        "navigator.clipboard.writeText = async (text) => { window.put = text }"
    )
    copy = page.get_by_role("button", name=re.compile("^Cop(y link|ied)$"))
    copy.click()
    expect(copy).to_have_text("Copied")
    assert page.evaluate("window.put") == link
    page.get_by_role("link", name="Revoke Animals").click()
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name="Revoke Animals").click()
    pictures.window(page, "revoke")
    page.get_by_role("button", name="Revoke link").click()
    windows.expected = "410"
    colleague.reload()
    expect(colleague.locator("h1")).to_have_text("This link has ended")

    page.goto("/playground/history/?q=Animals")
    page.get_by_role("button", name="More about Animals").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete conversation").click()
    page.goto("/playground/history/?q=Animals")
    expect(page.get_by_text("No conversation has that in it")).to_be_visible()


def test_the_pages_fit_a_phone(windows: Windows) -> None:
    page = windows.of("sam", viewport={"width": 390, "height": 844})
    page.goto("/playground/chat/")
    send(page, "a conversation on a phone with quite a long title that must be broken")
    has_ended(page)
    page.reload()
    has_ended(page)
    assert_fits(page)

    page.get_by_role("button", name="More", exact=True).click()
    assert_fits(page)
    page.keyboard.press("Escape")
    for address in ("/playground/history/", "/playground/shares/"):
        page.goto(address)
        assert_fits(page)
