"""The tokenizer in a real browser: chips, lines, several models, two texts, 1 MB."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Pictures, Windows, assert_fits
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser

TEXT = "Gates,\u200b tolls \U0001f40e\nand keys"
MOST_CHIPS = 6000  # in the page, whatever the text
MEGABYTE = 1024 * 1024
SET = (
    """(part, text) => { part.value = text; part.dispatchEvent(new Event("input")); }"""
)
FRAMES = r"""
async (radio) => {
  const drawn = () => document.querySelector("[data-tokens] .tk").textContent;
  radio.click();
  let frames = 0;
  while (!/^\d+ $/.test(drawn()) && frames < 60) {
    await new Promise(requestAnimationFrame);
    frames += 1;
  }
  return frames;
}
"""
DIFFERENCE = """
async ([pairs, bounds]) => {
  const { difference } = await import("/static/js/tokenize-diff.js");
  const { Tokens } = await import("/static/js/tokenize-store.js");
  const made = (text) => {
    const tokens = new Tokens("m");
    const hex = (one) => one.charCodeAt(0).toString(16).padStart(2, "0");
    tokens.add([...text].map((one) => [one.charCodeAt(0), hex(one)]), {});
    return tokens;
  };
  return pairs.map(([a, b]) => {
    const steps = difference(made(a), made(b), bounds);
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  });
}
"""
DRAWN = """
async (rows) => {
  const { Tokens } = await import("/static/js/tokenize-store.js");
  const tokens = new Tokens("m");
  tokens.add(rows, { "\\u200b": ["ZWSP", "zero width space", true] });
  return {
    pieces: rows.map((_, at) => tokens.pieces(at).map(({ text }) => text)),
    shares: rows.map((_, at) => tokens.share(at)),
    lines: tokens.lines().map((line) => [line.first, line.tokens, line.chars]),
  };
}
"""
FILES = """
async (values) => {
  const { cell } = await import("/static/js/tokenize-files.js");
  return values.map(cell);
}
"""


@pytest.fixture(autouse=True)
def sandbox_as_seeded(site: Instance) -> Iterator[None]:
    yield
    site.control.reset()


@pytest.fixture
def page(windows: Windows) -> Page:
    page = windows.of("sam")
    page.goto("/playground/tokenize/")
    return page


def count(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Text").first.fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("option").first).to_be_visible()


def pick(page: Page, number: int) -> list[str]:
    """Tick the first so many models, and no others."""
    page.get_by_role("button", name="Choose models").click()
    for box in page.locator("[data-models] input:checked").all():
        box.uncheck()
    boxes = page.locator("[data-models] input[name=model]:not([data-never])")
    for at in range(number):
        boxes.nth(at).check()
    page.keyboard.press("Escape")
    picked = page.locator("[data-models] input:checked")
    return [box.get_attribute("value") or "" for box in picked.all()]


def applied(a: str, b: str, runs: list[dict[str, Any]]) -> int:
    """Follow the runs from a to b; return how many tokens were changed."""
    x = y = changed = 0
    for run in runs:
        number = run["count"]
        if run["op"] != "same":
            changed += number
        elif a[x : x + number] != b[y : y + number]:
            raise AssertionError(f"{a!r} {b!r} {runs}")
        x += number if run["op"] != "added" else 0
        y += number if run["op"] != "removed" else 0
    assert (x, y) == (len(a), len(b)), (a, b, runs)
    return changed


def fewest(a: str, b: str) -> int:
    """Return the fewest changes, by the table that everybody knows."""
    above = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            least = 1 + min(above[j], row[-1])
            row.append(above[j - 1] if one == other else least)
        above = row
    return above[-1]


def test_the_difference_is_the_shortest_there_is(page: Page) -> None:
    words = ["".join(one) for size in range(5) for one in product("ab\n", repeat=size)]
    pairs = [[a, b] for a in words[::2] for b in words[::3]]

    found = page.evaluate(DIFFERENCE, [pairs, {}])

    for (a, b), difference in zip(pairs, found, strict=True):
        assert difference["how"] == "tokens"
        assert applied(a, b, difference["runs"]) == fewest(a, b), (a, b)


@pytest.mark.parametrize(
    ("a", "b", "how"),
    [
        ("one\ntwo\nsix\n", "one\ngnu\nsix\n", "lines"),
        ("one\ntwo\nsix", "abc\ndef\nghi\njkl", "whole"),
    ],
)
def test_what_differs_too_much_is_compared_by_lines_or_not_at_all(
    page: Page, a: str, b: str, how: str
) -> None:
    (found,) = page.evaluate(DIFFERENCE, [[[a, b]], {"deepest": 3}])

    assert found["how"] == how
    assert applied(a, b, found["runs"])


@pytest.mark.parametrize(
    ("rows", "pieces", "shares"),
    [
        pytest.param(
            [[1, "f09f9a"], [2, "80", "", 1]],
            [["\U0001f680"], ["80"]],
            ["one character in 2 tokens"] * 2,
            id="split",
        ),
        pytest.param(
            [[1, "65"], [2, "cc81", "", 1]],
            [["e"], ["◌\u0301"]],
            ["one character in 2 tokens"] * 2,
            id="combining",
        ),
        pytest.param([[1, "ff41"]], [["FF", "A"]], [""], id="no text"),
        pytest.param([[1, "e2808b"]], [["ZWSP"]], [""], id="hidden"),
        pytest.param([[1, "e280ae"]], [["U+202E"]], [""], id="hidden, no sign told"),
        pytest.param([[None, None, "x", 0, "lab"]], [["lab"]], [""], id="label"),
        pytest.param([[1, "efbbbf"]], [["U+FEFF"]], [""], id="byte order mark"),
    ],
)
def test_what_a_token_shows(
    page: Page, rows: list[Any], pieces: list[list[str]], shares: list[str]
) -> None:
    drawn = page.evaluate(DRAWN, rows)

    assert (drawn["pieces"], drawn["shares"]) == (pieces, shares)


def test_lines_count_the_tokens_that_begin_on_them(page: Page) -> None:
    rows = [[1, "6162"], [2, "630a0a64"], [3, "c3bc"], [4, "0a"]]

    assert page.evaluate(DRAWN, rows)["lines"] == [[0, 2, 3], [2, 0, 0], [2, 2, 2]]


def test_no_cell_is_a_formula(page: Page) -> None:
    values = ["=1", " +1", "-1", "@x", "\tx", "＝1", 'a"b', 7, None, "a=b"]

    cells = page.evaluate(FILES, values)

    assert cells[:6] == ['"\'=1"', '"\' +1"', '"\'-1"', '"\'@x"', '"\'\tx"', '"\'＝1"']
    assert cells[6:] == ['"a""b"', "7", "", '"a=b"']


def test_tokens_are_walked_through_with_the_arrow_keys(
    page: Page, pictures: Pictures
) -> None:
    count(page, TEXT)
    tokens, detail = page.get_by_role("option"), page.locator("[data-detail]")
    tip = page.get_by_role("tooltip")

    tokens.first.focus()
    expect(detail).to_contain_text(re.compile("^token 1 of"))
    page.keyboard.press("ArrowRight")
    expect(tokens.nth(1)).to_be_focused()
    expect(tokens.nth(1)).to_have_attribute("aria-describedby", "token-tip")
    expect(tip).to_contain_text("token 2 of")
    expect(tip).to_contain_text("byte: 2C")
    assert page.locator("[data-tokens] [tabindex='0']").count() == 1
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    tokens.nth(2).hover()
    expect(tip).to_contain_text("id ")
    page.keyboard.press("End")
    expect(tokens.last).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(detail).to_contain_text("line 1")
    page.keyboard.press("Home")
    expect(tokens.first).to_be_focused()
    expect(page.locator("div[data-odd]")).to_contain_text("zero width space")
    expect(page.get_by_role("group", name="one character in 2 tokens")).to_be_visible()
    expect(page.locator("[data-figures]")).to_contain_text("As input, once")
    page.get_by_role("radio", name="Bytes").check(force=True)
    expect(tokens.first).to_have_text(re.compile("^[0-9A-F ]+$"))
    assert_fits(page)
    pictures.whole(page, "tokenize-counted-light")
    page.set_viewport_size({"width": 390, "height": 844})
    assert_fits(page)
    pictures.whole(page, "tokenize-counted-390")


def test_hidden_characters_are_taken_out(page: Page) -> None:
    count(page, TEXT)

    page.get_by_role("button", name="Remove the hidden ones").click()

    expect(page.locator("[data-text]")).to_have_value(TEXT.replace("\u200b", ""))
    expect(page.locator("[data-done]")).to_contain_text("1 removed")


def test_a_line_leads_to_its_first_token(page: Page) -> None:
    count(page, TEXT)
    rows = page.locator("[data-lines-box] tbody tr:not(.gap)")

    expect(rows).to_have_count(2)
    rows.nth(1).get_by_role("button").click()

    expect(page.locator("[data-detail]")).to_contain_text("line 2")
    expect(page.locator("[data-tokens] :focus")).to_have_text("and")


def test_several_models_are_asked_and_one_may_fail(
    page: Page, site: Instance, pictures: Pictures
) -> None:
    models = pick(page, 3)
    path = {"path": "/v1/tokenize-text"}
    site.control.add_fault("429", match=path, times=1, retry_after=7)

    count(page, TEXT)

    expect(page.locator("[data-own-rows] tr")).to_have_count(2)
    expect(page.locator("[data-notice]")).to_contain_text("Wait 7 s")
    whose = page.locator("[data-whose] label")
    expect(whose).to_have_count(2)
    whose.nth(1).click()
    name = whose.nth(1).text_content() or ""
    assert name in models
    expect(page.locator("[data-figures]")).to_contain_text(name)
    assert_fits(page)
    pictures.whole(page, "tokenize-models-light")


def test_at_most_four_models_are_picked(page: Page) -> None:
    assert len(pick(page, 4)) == 4

    free = page.locator("[data-models] input[name=model]:not(:checked)")
    expect(free.first).to_be_disabled()


def test_two_texts_are_compared_with_the_keyboard_alone(
    windows: Windows, pictures: Pictures
) -> None:
    small = {"width": 390, "height": 844}
    page = windows.of("sam", viewport=small, color_scheme="dark")
    page.goto("/playground/tokenize/")
    page.locator("[data-text]").focus()
    page.keyboard.type("one gate and one toll")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("one bridge and one toll")
    page.keyboard.press("Control+Enter")

    part = page.locator("[data-difference]")
    expect(part).to_contain_text("token by token")
    expect(part).to_contain_text("Difference in cost")
    button = page.get_by_role("button", name="Next difference")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-tokens] :focus")).to_have_attribute("data-op", "removed")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-tokens] :focus")).to_have_attribute("data-op", "added")
    expect(page.locator("[data-detail]")).to_contain_text("added, token")
    assert_fits(page)
    pictures.whole(page, "tokenize-compared-dark-390")


def test_tokens_leave_as_files(page: Page) -> None:
    count(page, "=1+1 gates")

    with page.expect_download() as loading:
        page.get_by_role("button", name="CSV").click()
    table = list(csv.DictReader(loading.value.path().read_text().splitlines()))
    with page.expect_download() as loading:
        page.get_by_role("button", name="JSON").click()
    records = json.loads(loading.value.path().read_text())

    assert "".join(record["text"] for record in records) == "=1+1 gates"
    assert [int(row["id"]) for row in table] == [record["id"] for record in records]
    assert table[0]["text"] == "'="


def test_a_megabyte_does_not_fill_the_page(page: Page) -> None:
    """Chips are drawn for what is in view only, and a click is answered in a frame."""
    line = "Every gate has a toll and a keeper of its keys.\n"
    text = line * (MEGABYTE // len(line))
    page.locator("[data-text]").evaluate(SET, text)
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_role("option").first).to_be_visible(timeout=120_000)

    chips, listed = page.locator("[data-tokens] .tk"), page.locator("[data-tokens]")
    whole = int(page.get_by_role("option").first.get_attribute("aria-setsize") or 0)
    assert whole > 200_000
    assert chips.count() < MOST_CHIPS
    listed.evaluate("box => box.scrollTop = box.scrollHeight / 2")
    six = re.compile(r"^\d{6}$")  # digits, of a token in the middle
    expect(chips.last).to_have_attribute("data-n", six, timeout=120_000)
    assert chips.count() < MOST_CHIPS
    page.get_by_role("option").first.focus()
    page.keyboard.press("End")
    expect(page.locator("[data-tokens] :focus")).to_have_attribute(
        "data-n", str(whole - 1)
    )
    assert chips.count() < MOST_CHIPS
    frames = page.locator("input[name=show][value=ids]").evaluate(FRAMES)
    assert frames <= 2
    rows = page.locator("[data-lines-box] tbody tr")
    assert rows.count() < 100
