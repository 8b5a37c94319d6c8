"""Words without a place to break them: no page gets wider, nothing leaves it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import FilePayload, Locator, Page, ViewportSize, expect

from tests.e2e.browser import WIDE, Windows, assert_fits

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}
TITLE, NAME, WORD = "T" * 200, "N" * 100, "Donaudampfschifffahrt" * 3
ANSWER = f"""{WORD}

- a point with {WORD}

> {WORD}

```python
print("{WORD}")
```

| a | b |
|---|---|
| {WORD} | {WORD} |
"""
SAID = [
    {"role": "user", "content": WORD},
    {"role": "assistant", "lane": 0, "text": ANSWER},
]


@pytest.fixture(params=[PHONE, WIDE], ids=["phone", "desk"])
def page(windows: Windows, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A conversation that was read in; it goes again, with its shares."""
    page = windows.of("sam", viewport=request.param)
    page.goto("/playground/history/")
    page.get_by_label("JSON or Markdown").set_input_files(file_of(TITLE))
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    address = page.url
    yield page
    page.goto(address)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete conversation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("History")


def file_of(title: str) -> FilePayload:
    head = {"gatehouse": "conversation", "version": 1, "endpoint": "chat"}
    told = {**head, "title": title, "model": "grok-4.3", "turns": SAID}
    content = json.dumps(told).encode()
    return {"name": "long.json", "mimeType": "application/json", "buffer": content}


def assert_seen(part: Locator) -> None:
    """It stands within the window, from one side to the other."""
    box, size = part.bounding_box(), part.page.viewport_size
    assert box
    assert size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]


def test_in_a_conversation(page: Page) -> None:
    assert_fits(page)
    answer = page.get_by_role("article", name="Answer")
    assert_seen(answer.get_by_role("button", name="Copy").first)
    assert_seen(answer.get_by_role("listitem"))
    assert_seen(page.get_by_role("button", name="More", exact=True))


def test_in_its_shares(page: Page) -> None:
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Share a snapshot").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(f"Share “{TITLE}”")
    assert_fits(page)
    page.get_by_role("button", name="Make a link").click()

    expect(heading).to_have_text("My shares")
    assert_fits(page)
    link = page.get_by_role("link", name="Open", exact=True).first
    assert_seen(link)
    assert_seen(page.get_by_role("button", name="Copy link").first)
    assert_seen(page.get_by_role("link", name="Revoke").first)
    link.click()
    expect(heading).to_have_text(TITLE)
    assert_fits(page)
    page.goto("/playground/shares/")
    page.get_by_role("link", name="Revoke").first.click()
    assert_fits(page)
    page.get_by_role("button", name="Revoke link").click()
    expect(link).to_have_count(0)


def test_in_the_history(page: Page) -> None:
    page.goto("/playground/history/")

    assert_fits(page)
    assert_seen(page.get_by_role("button", name="More about").first)


def test_in_templates(page: Page) -> None:
    address = page.url
    page.goto("/playground/prompts/")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Prompt").fill(TITLE)
    page.get_by_role("button", name="Save template").click()

    edit = page.get_by_role("link", name=f"Edit {NAME}").first
    expect(edit).to_be_visible()
    assert_fits(page)
    assert_seen(edit)
    page.goto(address)
    open_templates = page.get_by_role("button", name="Templates")
    if not open_templates.is_visible():
        page.get_by_role("button", name="Options").click()
    open_templates.click()
    assert_seen(page.get_by_role("button", name=NAME).locator("span"))
    page.goto("/playground/prompts/")
    edit.click()
    expect(page.get_by_text("Delete template")).to_be_visible()
    assert_fits(page)
    page.get_by_text("Delete template").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(edit).to_have_count(0)
