"""Parameters, images, schemas and the team that pays, in a real browser."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from console.sandbox import answers
from tests.e2e.browser import Pictures, Windows, assert_fits
from tests.e2e.instance import Instance
from tests.playground.pictures import HOSTILE_FILES, picture
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

FIELD = re.compile(r'name="([a-z_]+)"\r\n\r\n(.*?)\r\n--', re.DOTALL)
NOTE_TEXTS = """button => {
  button.texts = [];
  new MutationObserver(() => button.texts.push(button.textContent.trim()))
    .observe(button, {childList: true, subtree: true, characterData: true});
}"""
REASONS, PLAIN, BLIND = "grok-4.3", "grok-4.20-0309-non-reasoning", "grok-build-0.1"
SCHEMA = {
    "type": "object",
    "properties": {"town": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["town", "people"],
    "additionalProperties": False,
}
ASKS_FOR_CODE = next(
    prompt
    for prompt in (f"Write program {number}" for number in range(1_000))
    if "```" in answers.answer(prompt, f"{REASONS}/None/0")
)
GIVE = """
([selector, kind, data, name]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const how = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent(kind, { ...how, clipboardData: transfer })
    : new DragEvent(kind, { ...how, dataTransfer: transfer });
  document.querySelector(selector).dispatchEvent(event);
}
"""


@pytest.fixture(autouse=True)
def sandbox_as_seeded(site: Instance) -> Iterator[None]:
    yield
    site.control.reset()


@pytest.fixture
def page(windows: Windows) -> Page:
    page = windows.of("sam")
    page.goto("/playground/chat/")
    choose(page, REASONS)
    return page


@pytest.fixture
def sent(page: Page) -> list[dict[str, str]]:
    """The fields of each call, as the page sent them."""
    calls: list[dict[str, str]] = []

    def note(request: Request) -> None:
        if "/stream/" in request.url:
            calls.append(dict(FIELD.findall(request.post_data or "")))

    page.on("request", note)
    return calls


def choose(page: Page, model: str) -> None:
    page.get_by_role("button", name="Choose a model").click()
    page.locator(f'[data-picker] input[value="{model}"]').click()
    expect(page.locator("[data-chosen-model]")).to_have_text(model)
    expect(page.locator("#picker")).to_be_hidden()


def open_group(page: Page, name: str) -> None:
    page.locator("summary", has_text=name).click()


def send(page: Page, text: str) -> Locator:
    """Send a prompt and return the lane of its answer, once it has ended."""
    page.get_by_label("Prompt", exact=True).fill(text)
    page.keyboard.press("Control+Enter")
    lane = page.get_by_role("article", name="Answer").last
    expect(lane.locator("[data-actions]")).to_be_visible()
    return lane


def give(page: Page, kind: str, data: bytes, name: str = "cat.png") -> None:
    """Paste or drop a file, as a browser does."""
    text = base64.b64encode(data).decode()
    page.evaluate(GIVE, ["[data-prompt]", kind, text, name])


def test_what_a_model_refuses_is_greyed_with_the_reason(
    page: Page, pictures: Pictures
) -> None:
    open_group(page, "More parameters")
    stop, effort = page.get_by_label("Stop at"), page.get_by_label("Reasoning effort")

    expect(stop).to_be_disabled()
    expect(page.get_by_label("Frequency penalty")).to_be_disabled()
    expect(stop).to_have_accessible_description(re.compile("as grok-4.3 does"))
    expect(effort.locator("option")).to_have_text(
        ["model's own (low)", "none", "low", "medium", "high"]
    )
    pictures.whole(page, "parameters-light")
    choose(page, PLAIN)

    expect(stop).to_be_enabled()
    expect(effort).to_be_disabled()
    expect(effort).to_have_accessible_description(re.compile("does not reason"))


def test_only_what_is_set_is_sent(page: Page, sent: list[dict[str, str]]) -> None:
    choose(page, PLAIN)
    open_group(page, "More parameters")
    page.get_by_label("Stop at").fill("zebra")
    page.get_by_label("Answers").fill("2")
    page.get_by_label("Seed").fill("7")

    lane = send(page, "Hello")

    given = {name for name, value in sent[0].items() if value}
    assert {"stop", "n", "seed"} <= given
    assert given.isdisjoint({"temperature", "reasoning_effort", "service_tier"})
    expect(lane.get_by_text("Answer 2 of 2")).to_be_visible()
    group = page.locator("summary", has_text="More parameters")
    expect(group).to_contain_text("3 set")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_label("Seed")).to_have_value("")
    expect(page.locator("summary", has_text="More parameters")).not_to_contain_text(
        "set"
    )


def test_a_stop_that_is_greyed_later_is_not_sent(
    page: Page, sent: list[dict[str, str]]
) -> None:
    choose(page, PLAIN)
    open_group(page, "More parameters")
    page.get_by_label("Stop at").fill("zebra")
    choose(page, REASONS)

    lane = send(page, "Hello")

    assert "stop" not in sent[0]
    expect(lane.locator("[data-meter]")).to_contain_text("confirmed")


def test_a_schema_is_checked_before_and_the_answer_after(
    windows: Windows, page: Page, pictures: Pictures
) -> None:
    windows.expected = "422"
    page.get_by_label("Answer format").select_option("json_schema")
    schema = page.get_by_label("JSON schema")
    schema.fill('{"type": "list"}')
    refused = send(page, "Of Bern")
    expect(refused.get_by_role("alert")).to_contain_text('set "type": "object"')
    schema.fill("{")
    schema.blur()
    expect(page.get_by_text("This is no JSON yet")).to_be_visible()
    schema.fill(json.dumps(SCHEMA))
    schema.blur()
    expect(page.get_by_text("This is no JSON yet")).to_be_hidden()

    lane = send(page, "Of Bern")

    expect(lane.get_by_text("Matches the schema")).to_be_visible()
    found = json.loads(lane.locator("pre").inner_text())
    assert set(found) == {"town", "people"}
    pictures.whole(page, "schema-light")


@pytest.mark.parametrize("how", ["choose", "paste", "drop"])
@pytest.mark.parametrize("tab", ["chat", "messages"])
def test_an_image_can_be_chosen_pasted_and_dropped(
    page: Page, sent: list[dict[str, str]], pictures: Pictures, how: str, tab: str
) -> None:
    page.goto(f"/playground/{tab}/")
    choose(page, REASONS)
    data = picture(size=(64, 48))

    if how == "choose":
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Image", exact=True).click()
        chooser.value.set_files(
            {"name": "cat.png", "mimeType": "image/png", "buffer": data}
        )
    else:
        give(page, how, data)
    expect(page.locator("[data-attachments]")).to_contain_text("64 x 48, 1 KB")
    lane = send(page, "What is it?")

    (turn,) = json.loads(sent[0]["turns"])
    assert [part["type"] for part in turn["content"]] == ["image_url", "text"]
    assert turn["content"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    expect(page.locator("[data-attachments] .attachment")).to_have_count(0)
    expect(
        page.get_by_role("article", name="Your prompt").locator("img")
    ).to_be_visible()
    expect(lane.locator("[data-meter]")).to_contain_text("$")
    pictures.whole(page, f"{tab}-image-{how}")


def test_a_file_that_is_no_image_is_said_and_not_sent(
    windows: Windows, page: Page
) -> None:
    windows.expected = "422"

    give(page, "paste", HOSTILE_FILES["a PNG that moves"])

    expect(page.get_by_text("The image moves. Send a single picture.")).to_be_visible()
    expect(page.locator("[data-attachments] .attachment")).to_have_count(0)
    give(page, "drop", HOSTILE_FILES["an SVG"], "x.png")
    expect(page.get_by_text("the file is none of these")).to_be_visible()


def test_a_model_that_reads_text_alone_gets_no_image(
    windows: Windows, page: Page
) -> None:
    windows.expected = "422"
    give(page, "paste", picture())
    expect(page.locator("[data-attachments]")).to_contain_text("8 x 6")

    choose(page, BLIND)

    expect(page.get_by_role("button", name="Image", exact=True)).to_be_disabled()
    expect(page.locator("[data-image-wrong]")).to_contain_text(
        "grok-build-0.1 reads text alone. This conversation has an image."
    )
    lane = send(page, "What is it?")
    expect(lane.get_by_role("alert")).to_contain_text(
        "grok-build-0.1 reads text alone."
    )
    page.get_by_role("button", name="Remove this image").click()
    expect(page.locator("[data-image-wrong]")).to_be_hidden()


@pytest.mark.parametrize("height", [900, 680], ids=["below", "above"])
def test_the_list_of_models_stays_where_it_opened(page: Page, height: int) -> None:
    page.set_viewport_size({"width": 1440, "height": height})
    button = page.get_by_role("button", name="Choose a model")
    models, wanted = page.locator("#picker"), page.locator(f'[value="{PLAIN}"]')
    button.click()
    opened, above = models.bounding_box(), button.bounding_box()

    give(page, "paste", picture(size=(64, 48)))
    expect(page.locator("[data-attachments]")).to_contain_text("64 x 48")

    assert button.bounding_box() != above  # the composer has grown
    assert models.bounding_box() == opened
    wanted.click()
    expect(page.locator("[data-chosen-model]")).to_have_text(PLAIN)
    expect(models).to_be_hidden()
    button.click()
    assert models.bounding_box() != opened  # beside its button again


def test_the_person_chooses_the_team_that_pays(
    page: Page, sent: list[dict[str, str]]
) -> None:
    pays = page.get_by_label("Team that pays")
    runs = page.locator("[data-runs-with]")

    names = pays.locator("option").all_inner_texts()
    assert len(names) == 2
    pays.select_option(label=names[1])
    expect(runs).to_contain_text(f"of {names[1]}")
    lane = send(page, "Hello")

    expect(lane.locator("[data-key]")).to_contain_text(f"of {names[1]}")
    assert sent[0]["team"] == pays.input_value()


def test_code_is_copied_by_its_button(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lane = send(page, ASKS_FOR_CODE)
    button = lane.locator("[data-copy-code]").first
    button.evaluate(NOTE_TEXTS)

    button.click()

    # It says so for two seconds, which a busy machine may spend elsewhere.
    wait_until(lambda: "Copied" in button.evaluate("button => button.texts"))
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == lane.locator("pre").first.inner_text().strip()


@pytest.mark.parametrize("tab", ["chat", "messages"])
def test_enter_takes_a_model_and_sends_nothing(
    page: Page, sent: list[dict[str, str]], tab: str
) -> None:
    page.goto(f"/playground/{tab}/")
    page.get_by_label("Prompt", exact=True).fill("Not yet")
    button = page.get_by_role("button", name="Choose a model")
    choices = page.locator("[data-picker] input[name=model]:enabled")
    models = [one.get_attribute("value") for one in choices.all()]
    checked = page.locator("[data-picker] input[name=model]:checked")
    at = models.index(checked.get_attribute("value"))

    button.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("#picker")).to_be_hidden()
    expect(button).to_be_focused()
    expect(page.locator("[data-chosen-model]")).to_have_text(
        models[(at + 1) % len(models)] or ""
    )
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Not yet")
    expect(page.get_by_role("article", name="Answer")).to_have_count(0)
    assert sent == []


@pytest.mark.parametrize("tab", ["chat", "tokenize"])
def test_the_list_of_models_is_whole_when_it_opens_again(page: Page, tab: str) -> None:
    page.goto(f"/playground/{tab}/")
    button = page.get_by_role("button", name=re.compile("Choose (a model|models)"))
    choices, find = page.locator("[data-choice]"), page.get_by_label("Find a model")
    button.click()
    find.fill("no such model")
    expect(choices.filter(visible=True)).to_have_count(0)
    button.click()
    expect(find).to_be_hidden()

    button.click()

    expect(find).to_have_value("")
    expect(choices.filter(visible=True)).to_have_count(choices.count())
    expect(page.get_by_text("No model has that in its name.")).to_be_hidden()


def test_all_of_it_works_with_the_keyboard_on_a_small_screen(
    windows: Windows, pictures: Pictures
) -> None:
    small = {"width": 390, "height": 844}
    page = windows.of("sam", viewport=small, color_scheme="dark")
    page.goto("/playground/chat/")
    page.get_by_role("button", name="Options").press("Enter")
    page.get_by_role("button", name="Choose a model").press("Enter")
    page.locator(f'[data-picker] input[value="{REASONS}"]').press("Space")
    expect(page.locator("[data-chosen-model]")).to_have_text(REASONS)
    page.keyboard.press("Escape")

    page.get_by_label("Answer format").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_label("JSON schema")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("summary", has_text="More parameters")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Answers")).to_be_focused()  # past what is greyed
    page.keyboard.type("2")
    lane = send(page, "Of Bern")

    expect(lane.get_by_text("Matches the schema").first).to_be_visible()
    expect(lane.get_by_text("Answer 2 of 2")).to_be_visible()
    every = page.locator("[data-parameters] details")
    every.evaluate_all("all => all.forEach((one) => { one.open = true; })")
    assert_fits(page)
    pictures.whole(page, "parameters-dark-390")
