"""Making a recording on the page, and what the page keeps of it."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from people import phone
from playwright.sync_api import Page, expect

STANDING = np.tile([9.7, -1.2, 0.8, 0.0, 0.0, 0.0], (500, 1)) + np.random.default_rng(0).normal(
    0, [0.02, 0.02, 0.02, 0.005, 0.005, 0.005], (500, 6)
)


def record(page: Page) -> None:
    """Record two seconds of standing and two of sitting; ends in the review."""
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("ada  l")
    page.get_by_label("Where is the phone").select_option("trouser pocket")
    page.locator("#first-activity").get_by_role("button", name="Standing").tap()
    page.get_by_role("button", name="Start recording").tap()
    expect(page.locator("#session")).to_be_visible(timeout=20_000)
    recorded(page, 2)
    page.locator("#mark-activity").get_by_role("button", name="Sitting").tap()
    recorded(page, 4)
    page.get_by_role("button", name="Stop").tap()
    expect(page.get_by_role("heading", name="Keep this recording?")).to_be_visible()
    expect(page.locator("#setup")).to_be_hidden()


def begin(page: Page) -> None:
    """Start a recording and wait until samples are taken."""
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Start recording").tap()
    expect(page.locator("#session")).to_be_visible(timeout=20_000)


def recorded(page: Page, seconds: int) -> None:
    """Wait for at least so many seconds, fewer than ten, of a recording."""
    expect(page.locator("#elapsed")).to_have_text(re.compile(rf"^0:(0[{seconds}-9]|[1-5]\d)$"))


def stored(page: Page) -> list[dict[str, Any]]:
    """What is in the page's database."""
    return page.evaluate(
        """() => new Promise((resolve) => {
          indexedDB.open("har").onsuccess = ({ target }) => {
            const table = target.result.transaction("recordings").objectStore("recordings");
            table.getAll().onsuccess = ({ target }) => resolve(target.result);
          };
        })"""
    )


def ready(open_page: Callable[..., Page], url: str, sign: int = 1, script: str = "") -> Page:
    page = open_page(url, script + phone(STANDING, sign))
    expect(page.locator("#source")).to_have_text("Listening")
    return page


def state(page: Page, word: str) -> None:
    expect(page.locator("#setup")).to_be_visible()
    expect(page.locator("#kept .state")).to_have_text(word)
