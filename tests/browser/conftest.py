"""A real browser: an installed Chromium, driven by Playwright; and a site that several stories share."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser.fair import Fair, prepare
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from serving import running_site

from survey_app.config import Config

OpenPage = Callable[..., Page]

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}

# The browser asks nobody but the site under test; QUIC and updates would only add noise.
CHROMIUM_FLAGS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the browser carries the mark; nobody has to remember it."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """An installed Chromium; without one this fails and says what to install.

    It ends with its module: while Playwright is up, its event loop counts as running in this thread, and no test that
    runs a loop of its own (a rehearsal) can share the process with it.
    """
    finder = Path(__file__).with_name("ensure_chromium.sh")
    found = subprocess.run(["sh", finder, "--find"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr, pytrace=False)
    flags = CHROMIUM_FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens a page as a new visitor: `open_page(viewport=DESKTOP, java_script_enabled=False, locale="en")`.

    A script error, a breach of the content security policy or a request to another host fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(**options: object) -> Page:
        settings = {"viewport": PHONE, "locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh"} | options
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        watch(page, faults)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def watch(page: Page, faults: list[str]) -> None:
    """Collect what no page of ours may do."""
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda said: is_complaint(said) and faults.append(said.text))
    page.on("request", lambda asked: is_elsewhere(asked.url) and faults.append(f"asks elsewhere: {asked.url}"))


def is_complaint(said: ConsoleMessage) -> bool:
    """An error in the console; that a page came with status 4xx is meant."""
    return said.type == "error" and "the server responded with a status of 4" not in said.text


def is_elsewhere(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).hostname != "127.0.0.1"


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A phone, 360 × 740, in Vietnamese."""
    return open_page(has_touch=True, is_mobile=True)


@pytest.fixture
def desktop_page(open_page: OpenPage) -> Page:
    return open_page(viewport=DESKTOP)


@pytest.fixture
def plain_page(open_page: OpenPage) -> Page:
    """The phone without JavaScript: every page must work on it too."""
    return open_page(has_touch=True, is_mobile=True, java_script_enabled=False)


@pytest.fixture(scope="session")
def fair(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fair]:
    """A site that the stories share: every story takes a link that nobody used before."""
    folder = tmp_path_factory.mktemp("fair")
    shutil.copyfile(migrated_sqlite, folder / "survey.db")
    config = Config(
        database_url=f"sqlite:///{folder / 'survey.db'}",
        secret_key="a secret that only the tests know, long enough",
        key_dir=folder / "keys",
        production=False,
    )
    rounds = prepare(config)
    with running_site(config, log=folder / "server.log") as address:
        yield Fair(address, rounds)
