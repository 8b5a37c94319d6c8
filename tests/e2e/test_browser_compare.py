"""One prompt in several columns, and what it comes to before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.e2e.browser import Windows, assert_fits
from tests.e2e.instance import Instance
from tests.e2e.records import usage_records
from tests.e2e.test_browser_conversation import CHAT, lanes_of, prompt_of, send

pytestmark = pytest.mark.browser

GAP = """label => {
  const words = document.createRange();
  words.selectNodeContents(label.lastChild);
  const box = label.querySelector("input").getBoundingClientRect();
  return words.getBoundingClientRect().left - box.right;
}"""  # between a box and its words
FIELD = re.compile(r'name="(\w+)"\r\n\r\n(.*?)\r\n--', re.DOTALL)


@pytest.fixture(autouse=True)
def sandbox_as_seeded(site: Instance) -> Iterator[None]:
    yield
    site.control.reset()


@pytest.fixture
def page(windows: Windows) -> Page:
    page = windows.of("sam")
    page.goto("/playground/chat/")
    return page


@pytest.fixture
def sent(page: Page) -> list[dict[str, str]]:
    """The fields of each call, as the page sent them."""
    calls: list[dict[str, str]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/stream/chat/"):
            calls.append(dict(FIELD.findall(request.post_data or "")))

    page.on("request", note)
    return calls


def columns(page: Page, number: int) -> None:
    words = "column" if number == 1 else "columns"
    page.get_by_label(f"{number} {words}").check(force=True)


def lane(page: Page, letter: str) -> Locator:
    return page.get_by_role("article", name=f"Answer {letter}")


def have_ended(page: Page, number: int) -> None:
    expect(page.locator("[data-actions]:visible")).to_have_count(number)


def send_refused(page: Page, *refused: int, of: int) -> Locator:
    """Send to so many columns, some of them with a broken schema; return its field."""
    columns(page, of)
    page.get_by_role("switch", name="Same for all columns").uncheck()
    schema = page.get_by_label("JSON schema")
    for column in refused:
        page.locator(f"[name=column][value='{column}']").check(force=True)
        page.get_by_label("Answer format").select_option("json_schema")
        schema.fill("{")
    send(page, "One of you is refused")
    have_ended(page, of)
    return schema


def models_of(page: Page) -> Locator:
    return page.locator("[data-column-tabs] [data-tab-model]:visible")


def test_columns_answer_at_once_and_the_best_are_marked(
    page: Page, sent: list[dict[str, str]]
) -> None:
    columns(page, 3)
    send(page, "Compare yourselves")
    have_ended(page, 3)

    assert [one["lane"] for one in sent] == ["0", "1", "2"]
    assert len({one["model"] for one in sent}) == 3
    assert len({one["conversation"] for one in sent}) == 1
    for letter, one in zip("ABC", sent, strict=True):
        expect(lane(page, letter).locator("[data-model]")).to_have_text(one["model"])
    for best in ("cheapest", "fastest"):
        expect(page.locator(f"[data-best={best}]:visible").first).to_be_attached()

    page.reload()
    have_ended(page, 3)
    expect(page.locator("[data-best=cheapest]:visible").first).to_be_attached()
    send(page, "And now?")
    have_ended(page, 6)
    assert [one["model"] for one in sent[3:]] == [one["model"] for one in sent[:3]]
    answers = [one["turns"] for one in sent[3:]]
    assert len(set(answers)) == 3  # each goes on with its own answer


def test_a_column_that_fails_stops_no_other_and_is_tried_again_alone(
    windows: Windows, page: Page, site: Instance, sent: list[dict[str, str]]
) -> None:
    site.control.add_fault("429", match=CHAT, times=1, retry_after=3)
    columns(page, 2)
    send(page, "One of you fails")
    have_ended(page, 2)

    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.locator("[data-src=confirmed]:visible")).to_have_count(1)
    expect(prompt_of(page)).to_have_value("")
    expect(page.locator("[data-best]:visible")).to_have_count(0)
    failed = lanes_of(page).filter(has=page.get_by_role("alert"))
    letter = failed.locator("[data-letter]").inner_text()
    failed.get_by_role("button", name="Again").click()
    expect(page.locator("[data-src=confirmed]:visible")).to_have_count(2)

    assert len(sent) == 3
    assert sent[2]["lane"] == str("AB".index(letter))
    assert sent[2]["turns"] == sent[0]["turns"]


def test_a_column_that_was_refused_is_found_again_beside_the_answer(
    windows: Windows, page: Page, sent: list[dict[str, str]]
) -> None:
    windows.expected = "422"
    schema = send_refused(page, 0, of=2)
    expect(lane(page, "A").get_by_role("alert")).to_have_count(1)
    reason = lane(page, "A").get_by_role("alert").locator("h3").inner_text()

    page.reload()

    have_ended(page, 2)
    expect(lane(page, "A").locator("h3")).to_have_text(reason)
    expect(lane(page, "B").locator("[data-src=confirmed]")).to_be_attached()
    for letter, one in zip("AB", sent, strict=True):
        expect(lane(page, letter).locator("[data-model]")).to_have_text(one["model"])
    expect(page.get_by_role("button", name="Send to 2")).to_be_visible()
    schema.fill('{"type": "object"}')
    lane(page, "A").get_by_role("button", name="Again").click()
    expect(page.locator("[data-src=confirmed]:visible")).to_have_count(2)
    assert (sent[2]["lane"], sent[2]["turns"]) == ("0", sent[0]["turns"])

    page.reload()
    have_ended(page, 2)
    expect(page.locator("[data-src=confirmed]:visible")).to_have_count(2)


def test_again_works_in_a_lane_that_has_no_column_any_more(
    page: Page, sent: list[dict[str, str]]
) -> None:
    columns(page, 2)
    send(page, "Compare yourselves")
    have_ended(page, 2)
    columns(page, 1)

    lane(page, "B").get_by_role("button", name="Again").click()

    expect(page.locator("[data-src=confirmed]:visible")).to_have_count(2)
    assert (sent[2]["lane"], sent[2]["model"]) == ("1", sent[0]["model"])
    expect(lane(page, "B").locator("[data-model]")).to_have_text(sent[0]["model"])


def test_a_refused_column_leaves_its_place_in_another_tab(
    windows: Windows, page: Page, sent: list[dict[str, str]]
) -> None:
    windows.expected = "422"
    schema = send_refused(page, 0, of=3)
    schema.fill('{"type": "object"}')
    send(page, "And then?")
    have_ended(page, 5)  # the refused one cannot be asked again

    other = windows.another(page)
    other.goto(page.url)

    have_ended(other, 5)
    rows = [
        "".join(row.locator(".tag[data-letter]:visible").all_inner_texts())
        for row in other.locator(".lanes").all()
    ]
    assert rows == ["BC", "ABC"]
    expect(other.get_by_role("button", name="Send to 3")).to_be_visible()
    assert models_of(other).all_inner_texts() == [one["model"] for one in sent[3:]]


def test_refused_columns_come_back_with_models_of_their_own(
    windows: Windows, page: Page, sent: list[dict[str, str]]
) -> None:
    windows.expected = "422"
    send_refused(page, 2, 0, 1, of=4)

    other = windows.another(page)
    other.goto(page.url)

    have_ended(other, 1)
    expect(models_of(other)).to_have_count(4)
    found = models_of(other).all_inner_texts()
    assert found[3] == sent[3]["model"]
    assert len(set(found)) == 4


def test_parameters_are_the_same_or_of_each_column(
    page: Page, sent: list[dict[str, str]]
) -> None:
    columns(page, 2)
    temperature = page.get_by_label("Temperature")
    temperature.fill("0.5")
    send(page, "The same for both")
    have_ended(page, 2)
    same = page.get_by_role("switch", name="Same for all columns")
    page.reload()
    expect(same).to_be_checked()

    same.uncheck()
    page.locator("[name=column][value='1']").check(force=True)
    expect(page.get_by_role("heading", name="Parameters of B")).to_be_visible()
    temperature.fill("1.5")
    send(page, "Now each its own")
    have_ended(page, 4)

    assert [one["temperature"] for one in sent] == ["0.5", "0.5", "0.5", "1.5"]
    page.reload()
    expect(same).not_to_be_checked()


def test_each_column_says_whose_key_it_runs_with_where_they_differ(
    page: Page, sent: list[dict[str, str]]
) -> None:
    pays, runs = page.get_by_label("Team that pays"), page.locator("[data-runs-with]")
    alone = runs.inner_text()
    columns(page, 2)
    page.locator("[name=column][value='1']").check(force=True)
    page.get_by_role("button", name="Choose a model").click()
    model = page.get_by_role("radio", name=re.compile("grok-4.3")).first
    model.check(force=True)
    page.keyboard.press("Escape")
    for name in pays.locator("option").all_inner_texts():
        pays.select_option(label=name)
        expect(runs).to_contain_text(f"of {name}")
    if name in alone:
        name = pays.locator("option").first.inner_text()
        pays.select_option(label=name)

    expect(runs.locator("span")).to_have_count(2)
    expect(runs.locator("span").first).to_have_text(f"A: {alone}")
    expect(runs.locator("span").last).to_contain_text(re.compile(f"^B: .+ of {name}$"))
    send(page, "Who pays?")
    have_ended(page, 2)
    for letter, line in zip("AB", runs.locator("span").all_inner_texts(), strict=True):
        key = lane(page, letter).locator("[data-key]")
        expect(key).to_have_text(f"with {line.removeprefix(f'{letter}: ')}")
    assert sent[1]["team"] == pays.input_value()


def test_one_answer_is_stopped_and_the_other_goes_on(
    page: Page, site: Instance
) -> None:
    site.control.settings(pace=0.2)
    columns(page, 2)
    send(page, "Two long stories")
    for letter in "AB":
        expect(lane(page, letter).locator("[data-answer]")).to_contain_text(
            re.compile(r"\w")
        )

    lane(page, "A").get_by_role("button", name="Stop this one").click()
    expect(lane(page, "A")).to_contain_text("stopped by you")
    expect(lane(page, "B")).to_have_attribute("data-live", "")
    site.control.settings(pace=0)
    have_ended(page, 2)

    expect(lane(page, "B")).to_contain_text("confirmed")


def test_columns_by_keyboard_on_a_narrow_screen(windows: Windows) -> None:
    page = windows.of("sam", viewport={"width": 390, "height": 844})
    page.goto("/playground/chat/")

    page.get_by_label("1 column").focus()
    page.keyboard.press("ArrowRight")
    send(page, "Side by side")
    have_ended(page, 2)

    assert_fits(page)
    windows.assert_accessible(page)
    boxes = [lane(page, letter).bounding_box() for letter in "AB"]
    assert boxes[0]
    assert boxes[1]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]


def test_two_columns_stand_side_by_side_on_a_small_laptop(windows: Windows) -> None:
    page = windows.of("sam", viewport={"width": 1280, "height": 800})
    page.goto("/playground/chat/")
    columns(page, 2)
    send(page, "Side by side")
    have_ended(page, 2)

    assert_fits(page)
    boxes = [lane(page, letter).bounding_box() for letter in "AB"]
    assert boxes[0]
    assert boxes[1]
    assert boxes[1]["y"] == boxes[0]["y"]
    assert boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"]


@pytest.mark.parametrize(
    "size", [(390, 844), (1440, 900)], ids=["phone", "large screen"]
)
def test_what_is_told_before_leaves_the_end_of_the_answer_in_view(
    windows: Windows, size: tuple[int, int]
) -> None:
    width, height = size
    page = windows.of("sam", viewport={"width": width, "height": height})
    page.goto("/playground/chat/")
    columns(page, 2)
    send(page, "Two stories, to be read to their end")
    have_ended(page, 2)
    composer, last = page.locator("#composer"), page.locator(".conversation .lanes")
    page.evaluate("document.querySelector('#composer').scrollIntoView(false)")
    lone = composer.bounding_box()

    prompt_of(page).fill("And now?")
    expect(page.locator("[data-before] p")).to_have_count(2)

    ends, begins = last.bounding_box(), composer.bounding_box()
    assert lone
    assert ends
    assert begins
    assert begins["height"] > lone["height"]
    assert ends["y"] + ends["height"] <= begins["y"]


def test_a_phone_tells_the_most_and_warnings_with_the_options_folded(
    windows: Windows,
) -> None:
    page = windows.of("sam", viewport={"width": 390, "height": 844})
    page.goto("/playground/chat/")
    line, more = page.locator("[data-before]"), page.locator("[data-unfold]")
    warning = line.get_by_text("Prompt and answer may not fit")
    page.get_by_label("Max output").fill("16384")
    more.press("Enter")
    page.get_by_role("button", name="Choose a model").click()
    page.get_by_role("radio", name=re.compile("grok-2-1212")).check(force=True)
    page.keyboard.press("Escape")

    prompt_of(page).fill("a " * 125_000)

    for folded in (False, True):
        expect(warning).to_be_in_viewport(ratio=1)
        expect(line.get_by_text(re.compile("^at most"))).to_be_in_viewport(ratio=1)
        expect(line.get_by_text("tokens in")).to_be_visible(visible=not folded)
        expect(line.get_by_label("Count tokens")).to_be_visible(visible=not folded)
        more.press("Enter")
    assert_fits(page)


def test_the_cost_is_told_before_and_counting_can_be_switched_off(
    page: Page, site: Instance
) -> None:
    before = len(usage_records(site))
    prompt_of(page).fill("What will this cost?")
    line = page.locator("[data-before]")

    expect(line).to_contain_text("at most $")
    assert line.locator("label").evaluate(GAP) >= 4
    counted = len(usage_records(site)) - before
    page.get_by_label("Count tokens").uncheck()
    expect(line).to_contain_text(re.compile(r"at most\s+\d+\s+tokens in"))
    page.reload()
    expect(page.get_by_label("Count tokens", exact=True)).not_to_be_checked()
    prompt_of(page).fill("And this?")
    expect(line).to_contain_text(re.compile(r"at most\s+\d+\s+tokens in"))

    assert counted <= 1
    assert len(usage_records(site)) == before + counted
    prompt_of(page).fill("")
    expect(line).to_be_hidden()
