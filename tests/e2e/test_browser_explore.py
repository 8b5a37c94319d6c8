"""Explore and Legacy in a real browser: by keyboard alone, and in a narrow window."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Windows, assert_fits

pytestmark = pytest.mark.browser
NARROW = {"width": 390, "height": 800}


def submit_by_keyboard(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("looks", [{}, {"viewport": NARROW}], ids=["wide", "narrow"])
def test_explore(windows: Windows, looks: dict[str, object]) -> None:
    page = windows.of("sam", **looks)
    page.goto("/playground/explore/?read=key")

    submit_by_keyboard(page, "Ask xAI")

    expect(page.get_by_text("GET /v1/api-key")).to_be_visible()
    expect(page.get_by_text("Asking xAI")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy as curl")).to_be_visible()
    page.locator("summary", has_text="Raw").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Raw JSON")).to_be_visible()
    assert_fits(page)


@pytest.mark.parametrize("looks", [{}, {"viewport": NARROW}], ids=["wide", "narrow"])
def test_legacy(windows: Windows, looks: dict[str, object]) -> None:
    page = windows.of("sam", **looks)
    page.goto("/playground/legacy/")

    page.get_by_role("textbox", name="Prompt").focus()
    page.keyboard.type("Once upon a time")
    submit_by_keyboard(page, "Send")

    expect(page.get_by_role("article", name="Answer")).to_be_visible()
    expect(page.get_by_text("Waiting for the answer")).to_be_hidden()
    assert_fits(page)
