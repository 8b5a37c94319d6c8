"""The browser, the instance it looks at, and what is said when there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import Pictures, Windows
from tests.e2e.instance import Instance, running
from tests.e2e.prepared import copy_prepared
from tests.services import SCREENSHOTS

NAMES = ("chromium", "chromium-browser", "google-chrome")
SLOWEST = ("test_browser_hostile", "test_browser")
LEFT_OUT = pytest.StashKey[int]()


def chromium_path() -> str | None:
    """Return the Chromium to use: the one in CHROMIUM, or the first that is found."""
    candidates = (os.environ.get("CHROMIUM"), *NAMES)
    return next(
        (found for one in candidates if one and (found := shutil.which(one))), None
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the browser tests last, since their event loop disturbs other tests.

    Of those the slowest come first, so that no worker waits for them at the end.
    Without a Chromium they are taken out, and the summary says so.
    """
    browser = [item for item in items if item.get_closest_marker("browser")]
    browser.sort(key=lambda item: item.path.stem not in SLOWEST)
    items[:] = [item for item in items if item not in browser]
    if chromium_path():
        items.extend(browser)
    elif browser:
        config.stash[LEFT_OUT] = len(browser)
        config.hook.pytest_deselected(items=browser)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say loudly that browser tests were left out."""
    if number := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_sep("!", "BROWSER TESTS LEFT OUT", red=True, bold=True)
        terminalreporter.write_line(
            f"{number} tests did not run: no Chromium was found. Install one "
            "(`.ci/run` does) or name it: CHROMIUM=/path/to/chromium make test",
            red=True,
            bold=True,
        )


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    """Keeps screenshots in the folder of GATEHOUSE_SCREENSHOTS, if that is set."""
    given = os.environ.get(SCREENSHOTS)
    if not given:
        return Pictures(None)
    folder = Path(given)
    folder.mkdir(parents=True, exist_ok=True)
    return Pictures(folder)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The instance that all browser tests look at."""
    with running(copy_prepared(tmp_path_factory.mktemp("browser"))) as instance:
        yield instance


@pytest.fixture
def keys_as_seeded(site: Instance) -> Iterator[None]:
    """Afterwards keys are as they were, and Gatehouse knows it."""
    yield
    site.control.reset()
    site.manage("refresh_keys", "--all", "--wait")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # The processor draws at once what it would draw for a GPU that is not there.
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        path = chromium_path()
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


@pytest.fixture
def windows(chromium: Browser, site: Instance) -> Iterator[Windows]:
    """Opens windows; at the end none of them may have complained."""
    with Windows(chromium, site) as windows:
        yield windows
