"""The playground in a real browser: streams, Stop, the picker."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Pictures, Windows, assert_fits
from tests.e2e.instance import Instance
from tests.runtime.conftest import wait_until

pytestmark = pytest.mark.browser

READ_IN_CHUNKS = """
async (size) => {
  const { readEvents } = await import("/static/js/events.js");
  const wire =
    'event: start\\ndata: {"record":"7"}\\n\\n' +
    ': a comment\\n\\n' +
    'event: text\\n' +
    'data: {"text":"a gate\\u2019s toll\\u2028\\\\n\\\\n\\ud83d\\udc0e"}\\n\\n' +
    'data: {}\\n\\n' +
    'event: done\\ndata: {"html":\\ndata: "<p>\\u00e9</p>"}\\n\\n' +
    'event: cut\\ndata: {"half":';
  const bytes = new TextEncoder().encode(wire);
  const body = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) {
        controller.enqueue(bytes.slice(at, at + size));
      }
      controller.close();
    },
  });
  const found = [];
  for await (const event of readEvents(body)) found.push(event);
  return found;
}
"""


@pytest.fixture(autouse=True)
def sandbox_as_seeded(site: Instance) -> Iterator[None]:
    yield
    site.control.reset()


@pytest.mark.parametrize("size", [1, 2, 3, 50, 10_000])
def test_events_are_read_however_they_are_cut(windows: Windows, size: int) -> None:
    page = windows.of("sam")
    page.goto("/playground/chat/")

    assert page.evaluate(READ_IN_CHUNKS, size) == [
        {"name": "start", "data": {"record": "7"}},
        {"name": "message", "data": {}},
        {"name": "text", "data": {"text": "a gate’s toll\u2028\n\n\U0001f40e"}},
        {"name": "message", "data": {}},
        {"name": "done", "data": {"html": "<p>é</p>"}},
    ]


def send(page: Page, prompt: str) -> None:
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.keyboard.press("Control+Enter")


@pytest.mark.parametrize("tab", ["chat", "messages"])
def test_a_conversation_streams(windows: Windows, pictures: Pictures, tab: str) -> None:
    page = windows.of("sam")
    page.goto(f"/playground/{tab}/")
    lanes = page.get_by_role("article", name="Answer")

    send(page, "What is a gatehouse?")
    expect(lanes.first).to_have_attribute("aria-busy", "true")
    expect(lanes.first.locator("[data-answer]")).to_contain_text(re.compile(r"\w{3}"))
    expect(lanes.first).not_to_have_attribute("aria-busy", "true")
    send(page, "And a toll?")

    expect(lanes).to_have_count(2)
    expect(page.get_by_text("The answer has ended.")).to_be_attached()
    for lane in lanes.all():
        expect(lane.locator("[data-meter]")).to_contain_text("first token")
        expect(lane.locator("[data-meter]")).to_contain_text("$")
    assert_fits(page)
    pictures.whole(page, f"{tab}-answered-light")
    page.get_by_role("button", name="New conversation").click()
    expect(lanes).to_have_count(0)


def test_a_conversation_needs_the_keyboard_alone(
    windows: Windows, site: Instance, pictures: Pictures
) -> None:
    small = {"width": 390, "height": 844}
    page = windows.of("sam", viewport=small, color_scheme="dark")
    page.goto("/playground/chat/")
    site.control.settings(pace=0.3)
    lane = page.get_by_role("article", name="Answer")

    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-prompt]')"):
            break
    page.keyboard.type("Tell me of gates.")
    page.keyboard.press("Control+Enter")
    expect(lane.locator("[data-answer]")).to_contain_text(re.compile(r"\w{3}"))
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("Escape")

    expect(lane.locator("[data-meter]")).to_contain_text("stopped by you")
    expect(lane.locator("[data-meter]")).to_contain_text("estimated")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    assert_fits(page)
    pictures.whole(page, "chat-stopped-dark-390")


def test_a_refusal_is_a_sentence_with_what_to_do(
    windows: Windows, site: Instance, pictures: Pictures
) -> None:
    """xAI says 429 to every key: the page tells what happened and goes on."""
    page = windows.of("sam")
    page.goto("/playground/chat/")
    path = {"path": "/v1/chat/completions"}
    site.control.add_fault("429", match=path, times=3, retry_after=7)

    send(page, "Hello?")

    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    pictures.whole(page, "chat-refused-light")
    site.control.clear_faults()
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_text("The answer has ended.")).to_be_attached()
    expect(alert).to_have_count(0)


@pytest.mark.usefixtures("keys_as_seeded")
def test_the_picker_chooses_and_says_what_may_not_be_chosen(
    windows: Windows, site: Instance, pictures: Pictures
) -> None:
    page = windows.of("sam")
    page.goto("/playground/messages/")
    world = site.control.world()
    site.control.change_team(world.team("Support desk").id, blocked=True)
    site.control.change_key(world.key("search-staging").api_key_id, disabled=True)
    greyed = page.locator("[data-picker] input[name=model][disabled]")

    wait_until(lambda: page.reload() and greyed.count() > 0)
    page.get_by_role("button", name="Choose a model").click()

    picker = page.get_by_role("radiogroup", name="Model")
    expect(picker.get_by_text("Not for you now")).to_be_visible()
    pictures.window(page, "picker-light")
    last = picker.locator("input[name=model]:not([disabled])").last
    chosen = last.get_attribute("value") or ""
    last.check()
    expect(page.locator("[data-chosen-model]")).to_have_text(chosen)
