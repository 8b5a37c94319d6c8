"""The matrix and the inventory in a real browser: by keyboard, and without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import Windows, is_marked, mark

pytestmark = pytest.mark.browser


def line(page: Page, label: str) -> Locator:
    return page.locator(
        "[data-row]", has=page.get_by_role("link", name=label, exact=True)
    )


def test_the_matrix_is_walked_with_arrows_and_enter_says_why(windows: Windows) -> None:
    page = windows.of("olga")
    page.goto("/keys/access/")
    mark(page)
    cells = page.locator("[data-matrix] tbody tr").first.get_by_role("button")
    expect(page.locator('[data-matrix] button[tabindex="0"]')).to_have_count(1)

    cells.first.focus()
    page.keyboard.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(cells.last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")

    key, name = (
        (cells.first.get_attribute("aria-label") or "").split(":")[0].split(", ")
    )
    why = page.get_by_role("region", name="Why?")
    expect(why.get_by_role("link", name=key)).to_be_visible()
    expect(why).to_contain_text(name)
    expect(cells.first).to_have_attribute("aria-pressed", "true")
    expect(cells.first).to_be_focused()
    assert is_marked(page)


def test_c_compares_the_keys_of_two_rows(windows: Windows) -> None:
    page = windows.of("olga")
    page.goto("/keys/access/")
    rows = page.locator("[data-row][data-compare]")
    labels = [rows.nth(n).get_by_role("link").inner_text() for n in (0, 1)]

    page.keyboard.press("j")
    page.keyboard.press("c")
    page.keyboard.press("j")
    page.keyboard.press("c")

    compared = page.locator("#compared")
    for label in labels:
        expect(compared.get_by_role("link", name=label, exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("/keys/access/compare/"))

    page.keyboard.press("j")
    page.keyboard.press("c")  # takes the place of the second
    expect(page.locator("[data-picked]")).to_have_count(2)
    expect(rows.nth(1)).not_to_have_attribute("data-picked", "")


def test_an_owner_is_edited_in_place_and_escape_leaves_it(windows: Windows) -> None:
    page = windows.of("ada")
    page.goto("/keys/")
    label = page.locator("[data-row-link]").first.inner_text()
    owner = line(page, label).locator("td.hide-s.p2 [data-cell]").first
    before = owner.locator("a").text_content() or ""
    mark(page)

    owner.locator("a").click()
    field = line(page, label).get_by_role("textbox", name="Owner")
    expect(field).to_be_focused()
    field.fill("Nobody at all")
    page.keyboard.press("Escape")
    expect(owner.locator("a")).to_have_text(before)

    owner.locator("a").click()
    field.fill("Ines Okafor")
    page.keyboard.press("Enter")
    expect(owner).to_contain_text("Ines Okafor")
    assert is_marked(page)
    page.reload()
    expect(line(page, label)).to_contain_text("Ines Okafor")


def test_x_ticks_rows_and_an_act_on_them_can_be_undone(windows: Windows) -> None:
    page = windows.of("ada")
    page.goto("/keys/?sort=name")
    mark(page)
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("[data-ticked]")).to_have_text("2 selected")

    page.get_by_role("button", name="Tag", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Add tags to 2 keys")
    dialog.get_by_label("Tags").fill("audit-2026")
    dialog.get_by_role("button", name="Add tags").click()

    tagged = page.locator("[data-row]", has_text="audit-2026")
    expect(tagged).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(tagged).to_have_count(0)
