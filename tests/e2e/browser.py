"""Windows of a real browser that note everything the browser complains of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
)

from tests.e2e.instance import PASSWORD, Instance

WIDE: ViewportSize = {"width": 1440, "height": 900}
WCAG = {
    "preload": False,  # it would ask for files by addresses of its own
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}
FITS = """[
    document.documentElement.scrollWidth,
    window.innerWidth,
    [...document.querySelectorAll("body *")]
        .filter((part) => part.getBoundingClientRect().right > window.innerWidth + 1)
        .map((part) => part.outerHTML.slice(0, 120)),
]"""  # how wide the page is, the window, and what stands beyond it
UNSTYLE = """document.querySelectorAll('[style=""]').forEach(
    (part) => part.removeAttribute("style"))"""  # htmx would copy what axe leaves
SECONDS = 20_000  # milliseconds; what is waited for comes within one interval

_signed_in: dict[tuple[str, str], Any] = {}  # storage by address and person


# What htmx says when a page is left while it loads a part. A request that fails says
# "htmx:responseError" or "htmx:sendError" beside the second of them.
BROKEN_OFF = ("htmx:sendAbort", "htmx:afterRequest")


class Windows:
    """The windows of one test. Use it as a context."""

    def __init__(self, browser: Browser, site: Instance) -> None:
        self.site = site
        self.expected = ""  # part of the one complaint that a test provokes
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._complaints: list[str] = []

    def __enter__(self) -> Self:
        expect.set_options(timeout=SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        for context in self._contexts:
            context.close()
        if kind is None:
            assert not self.complaints, "\n".join(self.complaints)

    @property
    def complaints(self) -> list[str]:
        """Errors in the console, broken scripts, violations of the CSP."""
        return [
            text
            for text in self._complaints
            if not self.expected or self.expected not in text
        ]

    def stranger(self, **looks: Any) -> Page:
        """Return a window in which nobody has signed in."""
        looks.setdefault("viewport", WIDE)
        looks.setdefault("reduced_motion", "reduce")  # what moves is drawn all the time
        context = self._browser.new_context(base_url=self.site.url, **looks)
        context.set_default_timeout(SECONDS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        return page

    def of(self, username: str, **looks: Any) -> Page:
        """Return a window in which this person has signed in."""
        known = _signed_in.get((self.site.url, username))
        page = self.stranger(storage_state=known, **looks)
        if known is None:
            sign_in(page, username)
            _signed_in[self.site.url, username] = page.context.storage_state()
        return page

    def another(self, page: Page) -> Page:
        """Return one more tab of the same person."""
        tab = page.context.new_page()
        tab.on("console", self._note)
        tab.on("pageerror", lambda error: self._complaints.append(str(error)))
        return tab

    def assert_accessible(self, page: Page) -> None:
        """Fail with what axe-core finds against WCAG 2.2 AA, and where."""
        known = len(self._complaints)
        with whole(page):  # so that nothing lies under the status line
            found = Axe().run(page, options=WCAG).response["violations"]
        page.evaluate(UNSTYLE)
        del self._complaints[known:]  # it tries styles that the CSP refuses
        wrong = {
            one["id"]: [node["html"][:200] for node in one["nodes"]] for one in found
        }
        assert not wrong, wrong

    def _note(self, message: ConsoleMessage) -> None:
        if message.text.startswith(BROKEN_OFF):
            return
        if message.type in {"error", "warning"}:
            self._complaints.append(f"{message.text} ({message.location.get('url')})")


def sign_in(page: Page, username: str) -> None:
    """Fill the form as a person does."""
    page.goto("/account/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("main h1")).to_be_visible()


def mark(page: Page) -> None:
    """Leave a mark that a reload would wipe out."""
    page.evaluate("window.mark = true")


def is_marked(page: Page) -> bool:
    """Return whether the page was never loaded again since `mark`."""
    return bool(page.evaluate("window.mark === true"))


def assert_fits(page: Page) -> None:
    """Nothing may be wider than the window: no sideways scroll."""
    width, window, beyond = page.evaluate(FITS)
    assert width <= window, f"{page.url}: {width} wide in {window}: {beyond}"


class Pictures:
    """Keeps pictures in a folder, or none where there is no folder for them."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def window(self, page: Page, name: str) -> None:
        """Keep what the window shows."""
        if self.folder:
            page.screenshot(path=self.folder / f"{name}.png")

    def whole(self, page: Page, name: str) -> None:
        """Keep the whole page."""
        if self.folder:
            with whole(page):
                self.window(page, name)


@contextmanager
def whole(page: Page) -> Iterator[None]:
    """Make the window as high as the page for a while."""
    size = page.viewport_size or WIDE
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": height})
    yield
    page.set_viewport_size(size)
