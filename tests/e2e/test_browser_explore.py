"""Explore and Legacy in a real browser: by keyboard alone, and in a narrow window."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Pictures, Windows, assert_fits

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


@pytest.mark.parametrize("looks", [{}, {"viewport": NARROW}], ids=["wide", "narrow"])
def test_legacy_asks_which_team_pays(
    windows: Windows,
    pictures: Pictures,
    request: pytest.FixtureRequest,
    looks: dict[str, object],
) -> None:
    page = windows.of("ada", **looks)
    page.goto("/playground/legacy/")
    page.get_by_label("Model").select_option("grok-4.3")
    pays, runs = page.get_by_label("Team that pays"), page.get_by_text("Runs with")
    first, other = pays.locator("option").all_inner_texts()
    expect(runs).to_contain_text(f"of {first}")

    pays.focus()
    page.keyboard.press("ArrowDown")
    expect(runs).to_contain_text(f"of {other}")
    key = runs.locator("b").inner_text()
    page.get_by_role("textbox", name="Prompt").fill("Once upon a time")
    pictures.whole(page, f"legacy-team-{request.node.callspec.id}")
    submit_by_keyboard(page, "Send")

    answer = page.get_by_role("article", name="Answer")
    expect(answer).to_contain_text(f"with {key} of {other}")
    expect(pays.locator("option:checked")).to_have_text(other)
    expect(runs).to_contain_text(f"{key} of {other}")
    assert_fits(page)


def test_legacy_asks_nobody_whose_one_team_alone_could_pay(windows: Windows) -> None:
    page = windows.of("sam")
    page.goto("/playground/legacy/")

    expect(page.get_by_label("Model")).to_contain_text(", with ")
    expect(page.get_by_label("Team that pays")).to_be_hidden()
    expect(page.get_by_text("Runs with")).to_be_hidden()
