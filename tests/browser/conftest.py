"""One Chromium for the session, the page built once, and a fresh phone for every test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from people import PHONE
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from site_server import ROOT, WEB, Site, build

from har import params
from har.datasets.hapt import from_package
from har.datasets.schema import Recording

CHROMIUM = shutil.which(os.environ.get("CHROMIUM", "chromium")) or shutil.which("google-chrome")
PATIENCE_MS = 60_000  # busy machines are slow
expect.set_options(timeout=PATIENCE_MS)


def lacking(what: str) -> None:
    """Skip, except in CI, where everything is there or something is wrong."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")  # Playwright's event loop would be in the way of other tests of the same process
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        lacking("there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built for these tests alone."""
    if not (WEB / "node_modules").is_dir():
        lacking("web/node_modules is not there: make web")
    folder = tmp_path_factory.mktemp("site")
    build(folder)
    return folder


@pytest.fixture
def site(built: Path) -> Iterator[Site]:
    """A server for the built page, of this test alone."""
    site = Site(built)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address on a phone or, with `**DESKTOP`, a desktop; a script error or breach of the CSP is a failure."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(url: str, script: str = "", **how: Any) -> Page:
        context = browser.new_context(**(PHONE | how))
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def hapt() -> dict[str, Recording]:
    """HAPT's recordings by name, out of the package that the project depends on."""
    download = params.load(ROOT / "params.yaml").download
    return {recording.name: recording for recording in from_package(download, ROOT)}


@pytest.fixture
def own_site(site: Site, tmp_path: Path) -> Iterator[Site]:
    """A copy of the site whose files a test may change."""
    own = site.copy(tmp_path / "site")
    own.start()
    yield own
    own.stop()
    shutil.rmtree(own.folder)
