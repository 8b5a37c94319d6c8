"""Prices and estimates in a real browser: what is typed, sorted and counted."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Windows

pytestmark = pytest.mark.browser


def test_a_bad_mix_is_said_beside_its_box_and_a_right_one_is_sent_once(
    windows: Windows,
) -> None:
    windows.expected = "422"
    page, posts = windows.of("olga"), list[str]()
    page.goto("/models/")
    page.on("request", lambda sent: posts.append(sent.method))
    box = page.get_by_label("Your mix, fresh")

    box.fill("3:1")
    box.press("Enter")
    error = page.locator("#mix-field .error")
    expect(error).to_contain_text("The column still shows 70:20:10.")
    expect(box).to_have_value("3:1")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-invalid", "true")

    posts.clear()
    box.fill("50:0:50")
    box.press("Enter")
    expect(error).to_have_count(0)
    expect(box).to_have_value("50:0:50")
    assert posts.count("POST") == 1


def test_a_heading_keeps_the_focus_when_it_sorts(windows: Windows) -> None:
    page = windows.of("fin")
    page.goto("/models/")
    heading = page.locator("#sort-output")

    heading.focus()
    heading.press("Enter")
    expect(page).to_have_url(re.compile("sort=output"))
    expect(page.locator("th", has=heading)).to_have_attribute("aria-sort", "ascending")
    expect(heading).to_be_focused()
    heading.press("Enter")
    expect(page).to_have_url(re.compile("sort=-output"))
    expect(heading).to_be_focused()


def test_a_text_is_counted_for_the_models_just_ticked_and_a_typed_number_wins(
    windows: Windows,
) -> None:
    page = windows.of("sam")
    page.goto("/models/estimate/")

    page.get_by_text("Paste a sample text").click()
    page.get_by_label("Sample text").fill("How much is this sentence?")
    page.get_by_label("grok-4.3", exact=True).check()
    page.get_by_role("button", name="Count the text").click()
    expect(page.locator("#counted")).to_contain_text("Prompt as counted: grok-4.3")
    expect(page).to_have_url(re.compile(r"/models/estimate/\?model=grok-4\.3&"))
    expect(page.get_by_label("grok-4.3", exact=True)).to_be_checked()

    page.get_by_label("Prompt tokens each").fill("5000")
    expect(page.locator("#counted")).to_have_text("")
    expect(page.locator(".proof")).to_contain_text("5,000 fresh")
