"""Beside a conversation in a real browser: code, inspector, proof, twin."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import Pictures, Windows, assert_fits
from tests.e2e.test_browser_playground import sandbox_as_seeded, send

__all__ = ["sandbox_as_seeded"]

pytestmark = pytest.mark.browser

PROMPT = 'What\'s a "gatehouse"? $(date) </pre>'
FOCUSED = """document.activeElement.matches("body, #code, #code *")
    ? document.activeElement.textContent.trim() || document.activeElement.value
    : document.activeElement.outerHTML"""  # outside of the dialog, all of it

HELD = """
const real = window.fetch;
window.held = [];
window.fetch = (url, how) => String(url).endsWith("/playground/code/")
  ? new Promise((go) => held.push(go)) : real(url, how);
"""  # what asks for code waits for the test
ANSWER = """async ([number, text]) => {
  held[number](new Response(text));
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
}"""


def answered(page: Page, prompt: str = PROMPT) -> Locator:
    lane = page.get_by_role("article", name="Answer").last
    send(page, prompt)
    expect(lane.get_by_role("button", name="Inspect")).to_be_visible()
    return lane


def test_code_is_opened_and_copied_without_sending(
    windows: Windows, pictures: Pictures
) -> None:
    page = windows.of("sam", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/playground/chat/")
    page.get_by_label("Prompt", exact=True).fill(PROMPT)
    dialog = page.get_by_role("dialog", name="This request as code")

    page.get_by_role("button", name="Code").click()

    expect(dialog.get_by_role("region", name="curl")).to_contain_text("<<'JSON'")
    pictures.window(page, "code-light")
    dialog.get_by_role("radio", name="Python, openai").check()
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    program = page.evaluate("navigator.clipboard.readText()")
    assert PROMPT in ast.unparse(ast.parse(program)).encode().decode("unicode_escape")
    with page.expect_download() as saving:
        dialog.get_by_role("button", name="Save request.py").click()
    assert saving.value.suggested_filename == "request.py"
    assert Path(saving.value.path()).read_text() == program
    expect(page.get_by_role("article", name="Answer")).to_have_count(0)


@pytest.mark.parametrize("tab", ["Tab", "Shift+Tab"])
def test_code_keeps_the_keyboard_until_it_is_closed(windows: Windows, tab: str) -> None:
    page = windows.of("sam")
    page.goto("/playground/chat/")
    page.get_by_label("Prompt", exact=True).fill(PROMPT)
    opener = page.get_by_role("button", name="Code")
    dialog = page.get_by_role("dialog", name="This request as code")
    close = dialog.get_by_role("button", name="Close")

    opener.focus()
    page.keyboard.press("Enter")

    expect(close).to_be_focused()
    walked = []
    for _ in range(16):  # twice around, and through the browser's own bar
        page.keyboard.press(tab)
        walked.append(page.evaluate(FOCUSED))
    assert not [one for one in walked if one.startswith("<")]
    assert {"Close", "curl", "Copy", "Save request.sh"} <= set(walked)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(close).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def page_whose_code_waits(windows: Windows) -> tuple[Page, Locator]:
    """Return a page of Chat, and the dialog of its code."""
    page = windows.of("sam")
    page.add_init_script(HELD)
    page.goto("/playground/chat/")
    return page, page.get_by_role("dialog", name="This request as code")


def test_escape_before_the_code_is_there_cancels_it(windows: Windows) -> None:
    page, dialog = page_whose_code_waits(windows)
    page.get_by_role("button", name="Code").click()

    page.keyboard.press("Escape")
    page.evaluate(ANSWER, [0, "<p>Too late</p>"])

    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Code").click()
    page.evaluate(ANSWER, [1, "<p>In time</p>"])
    expect(dialog).to_contain_text("In time")


def test_of_two_requests_the_code_of_the_later_is_shown(windows: Windows) -> None:
    page, dialog = page_whose_code_waits(windows)
    page.get_by_role("button", name="Code").click()
    page.get_by_role("button", name="Code").click()

    page.evaluate(ANSWER, [1, "<p>The later</p>"])
    page.evaluate(ANSWER, [0, "<p>The earlier</p>"])

    expect(dialog).to_contain_text("The later")


def test_a_click_beside_the_code_closes_it(windows: Windows) -> None:
    page = windows.of("sam")
    page.goto("/playground/chat/")
    page.get_by_label("Prompt", exact=True).fill(PROMPT)
    dialog = page.get_by_role("dialog", name="This request as code")
    page.get_by_role("button", name="Code").click()
    expect(dialog).to_be_visible()

    dialog.get_by_role("heading").click()
    expect(dialog).to_be_visible()
    page.mouse.click(5, 5)

    expect(dialog).to_be_hidden()


def test_an_empty_composer_says_what_is_missing(windows: Windows) -> None:
    page = windows.of("sam")
    windows.expected = "422"
    page.goto("/playground/messages/")

    page.get_by_role("button", name="Code").click()

    expect(page.get_by_role("dialog")).to_contain_text("Write a prompt.")


def test_an_answer_is_inspected_and_its_cost_proved(
    windows: Windows, pictures: Pictures
) -> None:
    page = windows.of("sam")
    page.goto("/playground/chat/")
    lane = answered(page)
    drawer = page.get_by_role("dialog", name="Inspector")

    lane.locator(".cost-proof summary").click()
    proof = lane.get_by_role("table", name="How the cost is made")
    expect(proof.get_by_role("row", name="Reported by xAI")).to_be_visible()
    expect(proof.get_by_role("row", name=re.compile("^Difference 0$"))).to_be_visible()
    pictures.whole(page, "proof-light")
    lane.get_by_role("button", name="Inspect").click()

    expect(
        drawer.get_by_role("img", name=re.compile("connect.+wait.+stream"))
    ).to_be_visible()
    pictures.window(page, "inspector-light")
    drawer.get_by_role("radio", name="Request").check()
    sent = drawer.get_by_role("region", name="Request as sent")
    expect(sent).to_contain_text("Bearer [the key ")
    assert json.dumps(PROMPT)[1:-1] in sent.inner_text()
    drawer.get_by_role("radio", name="Events").check()
    events = drawer.locator(".events li")
    expect(events.first).to_contain_text(re.compile(r"^\d\.\d{3} s"))
    expect(events.last).to_contain_text("usage")
    assert_fits(page)


def test_the_code_of_an_answer_is_that_of_its_own_request(windows: Windows) -> None:
    page = windows.of("sam")
    page.goto("/playground/messages/")
    first = answered(page, "First")
    lanes = page.get_by_role("article", name="Answer")
    answered(page, "Second")
    dialog = page.get_by_role("dialog", name="This request as code")

    lanes.first.get_by_role("button", name="Code").click()

    curl = dialog.get_by_role("region", name="curl")
    expect(curl).to_contain_text("First")
    expect(curl).not_to_contain_text("Second")
    assert first


def test_the_keyboard_alone_reaches_code_inspector_and_twin(
    windows: Windows, pictures: Pictures
) -> None:
    small = {"width": 390, "height": 844}
    page = windows.of("sam", viewport=small, color_scheme="dark")
    page.goto("/playground/chat/")
    lane = answered(page)

    lane.get_by_role("button", name="Inspect").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Inspector")).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("region", name="Request as sent")).to_be_visible()
    assert_fits(page)
    pictures.window(page, "inspector-dark-390")
    page.keyboard.press("Escape")
    expect(lane.get_by_role("button", name="Inspect")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="This request as code")
    expect(dialog.get_by_role("region", name="curl")).to_be_visible()
    assert_fits(page)
    pictures.window(page, "code-dark-390")
    twin = dialog.get_by_role("button", name="Show as messages")
    twin.focus()
    with page.context.expect_page() as opening:
        page.keyboard.press("Enter")

    other = opening.value
    made = other.get_by_role("region", name="JSON for /v1/messages")
    assert json.loads(made.inner_text())["max_tokens"] == 2048
    expect(other.get_by_text("Nothing is lost")).to_be_visible()
    assert_fits(other)
    pictures.whole(other, "twin-dark-390")


def test_a_large_request_is_shown_as_messages(windows: Windows) -> None:
    page = windows.of("sam")
    page.goto("/playground/chat/")
    page.get_by_label("Prompt", exact=True).fill("é" * 120_000)
    dialog = page.get_by_role("dialog", name="This request as code")

    page.get_by_role("button", name="Code").click()
    with page.context.expect_page() as opening:
        dialog.get_by_role("button", name="Show as messages").click()

    twin = opening.value
    made = twin.get_by_role("region", name="JSON for /v1/messages")
    expect(made).to_contain_text("é" * 1_000)
    twin.get_by_role("button", name="Convert back").click()
    expect(twin.get_by_role("radio", name="Messages")).to_be_checked()
    expect(twin.get_by_text("Nothing is lost")).to_be_visible()


def test_the_twin_works_without_a_script(windows: Windows, pictures: Pictures) -> None:
    page = windows.of("sam", java_script_enabled=False)
    windows.expected = "422"
    page.goto("/playground/twin/")
    written = page.get_by_label("JSON of the request")

    page.get_by_role("button", name="Convert", exact=True).click()
    expect(page.get_by_text("Messages has no seed")).to_be_visible()
    pictures.whole(page, "twin-light")
    page.get_by_role("button", name="Convert back").click()
    expect(page.get_by_role("radio", name="Messages")).to_be_checked()
    expect(page.get_by_text("Nothing is lost")).to_be_visible()
    written.fill('{\n  "model": "grok-4.3",\n  "max_tokens": 1\n}')
    page.get_by_role("button", name="Convert", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Line 1: messages must be")
    expect(written).to_have_attribute("aria-invalid", "true")


def test_the_models_stay_in_a_low_window(windows: Windows) -> None:
    page = windows.of("sam", viewport={"width": 1366, "height": 680})
    page.goto("/playground/chat/")

    page.get_by_role("button", name="Choose a model").click()

    expect(page.get_by_role("searchbox", name="Find a model")).to_be_focused()
    box = page.locator("#picker").bounding_box()
    assert box
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 680
    last = page.locator("#picker [data-choice]").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
