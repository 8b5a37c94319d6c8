"""A hostile upstream and a real browser: nothing of what it writes may act."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Windows
from tests.e2e.double import SECRET, Double, answering
from tests.e2e.instance import RING, Instance, running
from tests.playground.hostile import HOSTILE, TOGETHER
from tests.runtime.conftest import wait_until

pytestmark = pytest.mark.browser

ACTIVE = (
    ":is(img, iframe, object, embed, form, input, script, animate, style, link, meta,"
    " base, math, video, audio, [style]:not([data-sized]), [onclick], [onload],"
    " [onerror])"
)
SIZE = re.compile(r"(block-size: [0-9.]+px;)?")  # all that our own script sets
TURNS = 12  # of one conversation
TURNED = "pay\u202eevil\u2066\x1b[31m\u200b"


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with answering() as double:
        names = ["grok-4.3", TURNED, *(text[:200] for text in HOSTILE)]
        double.models = list(dict.fromkeys(names))
        yield double


@pytest.fixture(scope="module")
def fooled(
    double: Double, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    """A Gatehouse whose upstream is the double, with its models read."""
    settings = {"XAI_API_KEY": SECRET, "XAI_HOSTS": f"double={double.url}"}
    with running(tmp_path_factory.mktemp("hostile"), **settings) as instance:
        with instance.visitor("admin") as admin:

            def is_read() -> bool:
                return "grok-4.3" in admin.get("/models/").text

            wait_until(is_read, seconds=3 * RING)
        yield instance


@pytest.fixture
def page(chromium: Browser, fooled: Instance) -> Iterator[Page]:
    """A window of which nothing may leave, and in which no script of theirs runs."""
    with Windows(chromium, fooled) as windows:
        page = windows.of("admin")
        went: list[str] = []
        page.on("request", lambda request: went.append(request.url))
        page.add_init_script("window.ran = []; window.alert = (x) => ran.push(x);")
        yield page
        assert page.evaluate("window.ran") == []
        assert [url for url in went if not url.startswith(fooled.url)] == []


def ask(page: Page, prompt: str) -> None:
    """Send a prompt and wait for the end of its answer."""
    answers = page.get_by_role("article", name="Answer")
    before = answers.count()
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.keyboard.press("Control+Enter")
    expect(answers).to_have_count(before + 1)
    expect(answers.last.locator("[data-actions]")).to_be_visible()


def touch(page: Page, within: str) -> None:
    """Provoke whatever waits for a pointer or the focus."""
    for event in ("mouseover", "focus", "toggle", "load", "error"):
        script = """([within, event]) => document.querySelectorAll(`${within} *`)
            .forEach((e) => e.dispatchEvent(new Event(event, { bubbles: true })))"""
        page.evaluate(script, [within, event])


def test_answers_and_reasoning(page: Page, double: Double, fooled: Instance) -> None:
    for at in range(0, len(TOGETHER), TURNS):
        texts = TOGETHER[at : at + TURNS]
        page.goto("/playground/chat/")
        for text in texts:
            double.answer, double.reasoning = f"{text}\n\nend", text
            double.served = text
            ask(page, text)
            assert_nothing_acts(page, fooled, text)

        page.reload()  # now all of it comes from the server
        expect(page.get_by_role("article", name="Answer")).to_have_count(len(texts))
        assert_nothing_acts(page, fooled, "after a reload")


def assert_nothing_acts(page: Page, fooled: Instance, text: str) -> None:
    touch(page, "[data-conversation]")
    assert page.locator(f"[data-conversation] {ACTIVE}").count() == 0, text
    addresses = page.eval_on_selector_all(
        "[data-answer] a", "all => all.map((a) => a.href)"
    )
    for address in addresses:
        assert address.startswith(("http://", "https://", "mailto:")), text
        assert not address.startswith(fooled.url), text
    assert page.url.startswith(f"{fooled.url}/playground/chat/")


def test_words_of_refusal(page: Page, double: Double) -> None:
    for text in (" ".join(HOSTILE[at::10]) + TURNED for at in range(10)):
        double.error = text
        page.goto("/playground/chat/")
        ask(page, "Hello")
        touch(page, "[data-conversation]")

        notice = page.locator("[data-notice]")
        expect(notice).to_contain_text("xAI refused the request.")
        assert notice.locator(ACTIVE).count() == 0, text
        assert "\u202e" not in (notice.text_content() or "")
    double.error = ""


def assert_only_sized(page: Page) -> None:
    """Hold what our own script sized to that alone."""
    for one in page.locator("[data-sized]").all():
        assert SIZE.fullmatch(one.get_attribute("style") or "")


def test_tokens(page: Page, double: Double) -> None:
    double.tokens = [text for text in [*HOSTILE, TURNED] if text]
    page.goto("/playground/tokenize/")

    page.get_by_role("textbox", name="Text").fill("x")
    page.keyboard.press("Control+Enter")

    tokens = page.get_by_role("option")
    expect(tokens).to_have_count(len(double.tokens))
    touch(page, "[data-tokens]")
    assert page.locator(f"[data-tokens] {ACTIVE}").count() == 0
    assert_only_sized(page)
    assert "\u202e" not in (page.locator("[data-tokens]").text_content() or "")
    tokens.last.click()
    assert "\u202e" not in (page.locator("[data-detail]").text_content() or "")


def test_names_of_models(page: Page, double: Double) -> None:
    for address in ("/playground/chat/", "/playground/tokenize/", "/models/"):
        page.goto(address)
        touch(page, "main")

        main = page.locator("main")
        active = "img, iframe, object, embed, script, [style]:not([data-sized])"
        assert main.locator(active).count() == 0
        assert_only_sized(page)
        text = page.evaluate("document.querySelector('main').textContent")
        assert "\u202e" not in text, address
        assert "\x1b" not in text, address
