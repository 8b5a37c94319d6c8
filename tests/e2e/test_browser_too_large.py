"""What is too large to be taken, as a person meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.browser import Pictures, Windows

pytestmark = pytest.mark.browser

HISTORY = "/playground/history/"


def test_a_template_too_long_is_refused_in_its_form(
    windows: Windows, pictures: Pictures
) -> None:
    windows.expected = "422"
    page = windows.of("sam")
    page.goto("/playground/prompts/")
    page.get_by_label("Name", exact=True).fill("Long")
    page.get_by_label("Prompt", exact=True).fill("short")
    page.get_by_role("button", name="Save template").click()
    page.get_by_role("link", name="Edit Long").click()

    page.get_by_label("Prompt", exact=True).fill("é" * 100_000)
    page.get_by_role("button", name="Change template").click()

    expect(page.get_by_role("alert")).to_contain_text("has 100,000 characters")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("é" * 100_000)
    pictures.window(page, "template_too_long")


def choose(page: Page, mib: int) -> None:
    content = b" " * (mib * 2**20)
    file = FilePayload(name="x.json", mimeType="application/json", buffer=content)
    page.get_by_label("JSON or Markdown that Gatehouse exported").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()


def test_a_file_too_large_is_refused_in_its_form_or_leads_back_to_it(
    windows: Windows, pictures: Pictures
) -> None:
    windows.expected = "status of 4"
    page = windows.of("sam")
    page.goto(HISTORY)

    choose(page, 2)
    expect(page.locator("#f-file-error")).to_contain_text("larger than 1 MiB.")

    choose(page, 9)
    expect(page.get_by_role("heading", name="The file is too large")).to_be_visible()
    expect(page.locator("main")).to_contain_text("has at most 1 MiB.")
    pictures.window(page, "file_too_large")
    page.get_by_role("link", name="Back to the form").click()
    expect(page.get_by_role("heading", name="History", level=1)).to_be_visible()


def test_an_address_of_a_form_has_a_page_of_ours(
    windows: Windows, pictures: Pictures
) -> None:
    windows.expected = "405"
    page = windows.of("sam")

    answer = page.goto("/playground/code/")

    assert answer
    assert answer.status == 405
    expect(page.locator("main")).to_contain_text("only takes what a form sends")
    pictures.window(page, "only_a_form")
    page.get_by_role("link", name="Go to the overview").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
