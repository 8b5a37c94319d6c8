"""A conversation that does not go straight: changed, stopped, begun anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.e2e.browser import Windows, assert_fits, sign_in
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser

TURNS = re.compile(r'name="turns"\r\n\r\n(.*?)\r\n--', re.DOTALL)
CHAT = {"path": "/v1/chat/completions"}


@pytest.fixture(autouse=True)
def sandbox_as_seeded(site: Instance) -> Iterator[None]:
    yield
    site.control.reset()


@pytest.fixture
def page(windows: Windows) -> Page:
    page = windows.of("sam", timezone_id="America/New_York")
    page.goto("/playground/chat/")
    return page


@pytest.fixture
def sent(page: Page) -> list[list[str]]:
    """The prompts and answers of each call, as the page sent them."""
    calls: list[list[str]] = []

    def note(request: Request) -> None:
        asks = request.url.endswith("/stream/chat/")
        found = TURNS.search(request.post_data or "") if asks else None
        if found:
            calls.append([turn["content"] for turn in json.loads(found[1])])

    page.on("request", note)
    return calls


def prompt_of(page: Page) -> Locator:
    return page.get_by_label("Prompt", exact=True)


def lanes_of(page: Page) -> Locator:
    return page.get_by_role("article", name="Answer")


def send(page: Page, text: str) -> None:
    prompt_of(page).fill(text)
    page.keyboard.press("Control+Enter")


def has_ended(page: Page, number: int = 1) -> None:
    """Wait until so many lanes stand there, none of them in flight."""
    expect(page.locator("[data-actions]:visible")).to_have_count(number)
    expect(lanes_of(page)).to_have_count(number)


def test_again_replaces_the_last_answer_and_keeps_what_was_before(
    page: Page, sent: list[list[str]]
) -> None:
    send(page, "one")
    has_ended(page)
    send(page, "two")
    has_ended(page, 2)

    page.get_by_role("button", name="Again").click()
    has_ended(page, 2)

    assert [call[-1] for call in sent] == ["one", "two", "two"]
    assert sent[2] == sent[1]
    expect(prompt_of(page)).to_be_focused()
    expect(page.locator("[data-at]").first).to_have_text(re.compile(r"^\d\d:\d\d$"))
    assert page.locator("[data-at]").first.evaluate(
        "e => e.dateTime.slice(11, 16) === e.textContent"
    )


def test_a_prompt_without_an_answer_comes_back_and_is_replaced_by_the_next(
    page: Page, site: Instance, sent: list[list[str]]
) -> None:
    site.control.add_fault("429", match=CHAT, times=1, retry_after=3)

    send(page, "first try")
    has_ended(page)
    expect(page.get_by_role("alert")).to_contain_text("Wait 3 s")
    expect(prompt_of(page)).to_have_value("first try")
    send(page, "second try")
    has_ended(page)

    assert sent == [["first try"], ["second try"]]
    expect(page.get_by_role("article", name="Your prompt")).to_have_count(1)


def test_a_stopped_call_that_cost_stays_with_its_prompt(
    page: Page, site: Instance, sent: list[list[str]]
) -> None:
    send(page, "one")
    has_ended(page)
    site.control.settings(pace=0.3)
    send(page, "two")
    thoughts = lanes_of(page).nth(1).locator("[data-reasoning]")
    expect(thoughts).to_be_visible()
    page.keyboard.press("Escape")
    has_ended(page, 2)
    expect(prompt_of(page)).to_have_value("two")

    site.control.settings(pace=0)
    page.reload()
    send(page, "three")
    has_ended(page, 3)
    page.reload()

    prompts = page.get_by_role("article", name="Your prompt").locator("[data-text]")
    expect(prompts).to_have_text(["one", "two", "three"])
    expect(thoughts).to_be_visible()
    expect(lanes_of(page).nth(1)).to_contain_text("stopped by you")
    assert [call[::2] for call in sent] == [
        ["one"],
        ["one", "two"],
        ["one", "two", "three"],
    ]
    assert sent[2][3] == ""


def test_a_new_conversation_does_not_wait_for_the_old_one(
    page: Page, site: Instance, sent: list[list[str]]
) -> None:
    site.control.settings(pace=0.3)
    send(page, "a long story")
    expect(lanes_of(page).locator("[data-answer]")).to_contain_text(re.compile(r"\w"))

    page.get_by_role("button", name="New conversation").click()
    site.control.settings(pace=0)
    send(page, "fresh")
    has_ended(page)
    send(page, "fresh too")
    has_ended(page, 2)

    assert [len(call) for call in sent] == [1, 1, 3]
    assert "story" not in "".join(sent[2])


def test_the_composer_stays_in_view_on_a_phone(
    windows: Windows, site: Instance
) -> None:
    page = windows.of("sam", viewport={"width": 390, "height": 844})
    page.goto("/playground/chat/")
    prompt, more = prompt_of(page), page.get_by_role("button", name="Options")
    model = page.get_by_role("button", name="Choose a model")
    for number in (1, 2, 3):
        send(page, f"a story, number {number}")
        has_ended(page, number)

    page.evaluate("window.scrollTo(0, 0)")
    expect(prompt).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 390, "height": 460})  # as the keyboard opens
    lanes_of(page).first.scroll_into_view_if_needed()
    expect(prompt).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    expect(model).to_be_hidden()
    more.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    expect(model).to_be_in_viewport(ratio=1)
    assert_fits(page)
    more.press("Enter")
    expect(model).to_be_hidden()

    site.control.settings(pace=0.02)
    send(page, "a story, number 4")
    has_ended(page, 4)
    lane, composer = lanes_of(page).last, page.locator("#composer")
    expect(lane.get_by_role("button", name="Inspect")).to_be_in_viewport(ratio=1)
    ends, begins = lane.bounding_box(), composer.bounding_box()
    assert ends
    assert begins
    assert ends["y"] + ends["height"] <= begins["y"]


def test_a_prompt_that_is_too_long_is_refused_in_the_page(
    windows: Windows, page: Page
) -> None:
    windows.expected = "422"
    quotes = "e => { e.value = '\"'.repeat(270_000); }"  # twice as long in JSON

    prompt_of(page).evaluate(quotes)
    prompt_of(page).press("Control+Enter")
    has_ended(page)

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The conversation is longer than 256 KB.")
    expect(alert).to_contain_text("Nothing was sent.")
    head, box = lanes_of(page).locator("header").bounding_box(), alert.bounding_box()
    assert head
    assert box
    assert box["y"] - head["y"] - head["height"] >= 8
    expect(prompt_of(page)).to_have_value('"' * 270_000)


def test_what_was_refused_in_a_new_conversation_is_found_again_with_its_choices(
    windows: Windows, page: Page
) -> None:
    windows.expected = "422"
    model, effort = page.locator("[data-chosen-model]"), page.locator("[data-effort]")
    usual = model.inner_text()
    assert usual != "grok-4.3"
    page.get_by_role("button", name="Choose a model").click()
    page.get_by_role("radio", name=re.compile("grok-4.3")).first.check(force=True)
    page.keyboard.press("Escape")
    page.get_by_label("2 columns").check(force=True)
    effort.select_option("high")
    prompt_of(page).evaluate("e => { e.value = '\"'.repeat(270_000); }")
    prompt_of(page).press("Control+Enter")
    has_ended(page, 2)

    page.reload()

    expect(prompt_of(page)).to_have_value('"' * 270_000)
    expect(lanes_of(page)).to_have_count(0)
    expect(model).to_have_text("grok-4.3")
    expect(effort).to_have_value("high")
    expect(page.get_by_label("2 columns")).to_be_checked()
    page.get_by_label("1 column").check(force=True)
    send(page, "short")
    has_ended(page)
    page.reload()
    has_ended(page)
    expect(prompt_of(page)).to_have_value("")


def test_an_unsent_text_belongs_to_its_conversation_until_another_is_begun(
    page: Page,
) -> None:
    send(page, "one")
    has_ended(page)
    kept = page.url
    prompt_of(page).fill("half of two")
    page.get_by_label("Temperature").fill("0.3")

    page.reload()

    expect(prompt_of(page)).to_have_value("half of two")
    expect(page.get_by_label("Temperature")).to_have_value("0.3")
    page.goto("/playground/chat/")
    expect(prompt_of(page)).to_have_value("")
    prompt_of(page).fill("half of another")
    page.goto(kept)
    expect(prompt_of(page)).to_have_value("half of two")
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_url("**/playground/chat/")
    expect(prompt_of(page)).to_have_value("")
    page.goto(kept)
    expect(prompt_of(page)).to_have_value("")


@pytest.mark.parametrize("way", ["the page", "the address"])
def test_signing_out_forgets_what_was_not_sent(windows: Windows, way: str) -> None:
    page = windows.stranger()
    sign_in(page, "sam")
    page.goto("/playground/chat/")
    prompt_of(page).fill("a secret")
    page.reload()
    expect(prompt_of(page)).to_have_value("a secret")
    assert "a secret" in page.evaluate("JSON.stringify(sessionStorage)")
    assert "a secret" not in page.evaluate("JSON.stringify(localStorage)")
    other = windows.another(page)
    other.goto("/playground/chat/")
    prompt_of(other).fill("a secret as well")
    other.reload()
    expect(prompt_of(other)).to_have_value("a secret as well")

    if way == "the address":
        page.goto("/account/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/login/**")
    other.reload()
    other.wait_for_url("**/account/login/**")

    for tab in (page, other):
        assert "a secret" not in tab.evaluate("JSON.stringify(sessionStorage)")
