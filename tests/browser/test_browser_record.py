"""Making a recording: what is written, when it ends, and what it needs."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from recordings import STANDING, begin, ready, record, recorded, state, stored
from site_server import MARKS, Site

from har.datasets import canonical, recording_file
from har.datasets.canonical import NOTHING_STATED

pytestmark = MARKS
SHORTEST_S = 2.56


@pytest.fixture
def page_of_modules(open_page: Callable[..., Page], site: Site) -> Page:
    """Any document of the site, to import the page's modules from."""
    return open_page(site.url + "manifest.webmanifest")


def test_a_recording_is_stored_uploaded_and_readable(
    open_page: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    page = ready(
        open_page, site.url + "#token=secret", script="navigator.storage.persist = () => (window.lasting = 1);"
    )
    assert "secret" not in page.url
    record(page)
    page.get_by_role("button", name="Save").tap()
    state(page, "Uploaded")
    assert page.evaluate("window.lasting") == 1  # the browser was asked not to clear recordings away
    assert site.tokens == ["Bearer secret"]
    ((name, content),) = site.uploads.items()
    path = tmp_path / f"{name}.csv"
    path.write_bytes(content)
    found = recording_file.read(path)
    assert {key: found.header[key] for key in ("subject", "placement", "axes")} == {
        "subject": "ada l",
        "placement": "trouser pocket",
        "axes": "android",
    }
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+Z", found.header["started"])
    samples = canonical.samples(found, 50.0, NOTHING_STATED)
    assert len(samples) > SHORTEST_S * 50
    np.testing.assert_allclose(samples.mean(axis=0), STANDING.mean(axis=0), atol=0.02)
    labels = [line.rsplit(",", 1)[1] for line in content.decode().splitlines() if not line.startswith("#")][1:]
    assert list(dict.fromkeys(labels)) == ["standing", "sitting"]
    assert [(each["id"], each["csv"]) for each in stored(page)] == [(name, None)]  # the copy is gone, the note stays


def test_a_recording_is_trimmed_before_it_is_saved(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    record(page)
    seconds = float(page.locator("#trim-to").input_value())
    page.get_by_label("From").fill("1")
    expect(page.locator("#review-summary")).to_contain_text("Sitting")
    page.get_by_role("button", name="Save").tap()
    state(page, "Uploaded")
    ((_, content),) = site.uploads.items()
    rows = [line.split(",") for line in content.decode().splitlines() if not line.startswith("#")][1:]
    assert float(rows[0][0]) == 0.0
    assert float(rows[-1][0]) == pytest.approx(seconds - 1, abs=0.1)


def test_an_iphone_s_acceleration_is_turned_before_it_is_written(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url, sign=-1)  # told by deviceorientation alone: the platform says otherwise
    record(page)
    page.get_by_role("button", name="Save").tap()
    state(page, "Uploaded")
    ((_, content),) = site.uploads.items()
    rows = [line.split(",") for line in content.decode().splitlines() if not line.startswith("#")][1:]
    assert np.mean([float(row[1]) for row in rows]) == pytest.approx(9.7, abs=0.05)


def test_a_recording_ends_where_the_sensor_pauses(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    for pause, why in (("skip(0.6)", "The sensor paused"), ("window.muted = true", "The sensor stopped")):
        begin(page)
        recorded(page, 3)
        page.evaluate(pause)
        expect(page.locator("#review-note")).to_have_text(
            f"{why}, so the recording ends there. What came before is kept."
        )
        page.get_by_role("button", name="Discard").tap()


def test_a_recording_ends_before_the_server_would_refuse_it(open_page: Callable[..., Page], own_site: Site) -> None:
    about = own_site.folder / "model" / "model.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"max_upload_bytes": 20_000}))
    page = ready(open_page, own_site.url)
    begin(page)
    expect(page.locator("#review-note")).to_have_text(
        "The server takes no longer recordings, so the recording ends there. What came before is kept."
    )
    page.get_by_role("button", name="Save").tap()
    state(page, "Uploaded")
    ((_, content),) = own_site.uploads.items()
    assert 18_500 < len(content) <= 20_000


def test_a_recording_costs_as_much_at_its_end_as_at_its_beginning(page_of_modules: Page) -> None:
    """What is formatted for a draft is formatted once: the file grows by lines."""
    found = page_of_modules.evaluate(
        """async () => {
          const { Session, toCsv } = await import("./modules.js");
          const header = { subject: "Zo\u00eb", placement: "hand", device: "d", started: "2026-01-01T00:00:00Z" };
          const session = new Session(header, "walking", 1e9);
          const toFixed = Number.prototype.toFixed;
          let formatted = 0;
          Number.prototype.toFixed = function (digits) { formatted++; return toFixed.call(this, digits); };
          const rows = 10_000;
          const drafts = [];
          for (let i = 0; i < rows; i++) {
            if (i === 5000) session.activity = "sitting";
            session.add(100 + i / 60, Float64Array.of(i / 3, 0, 9.81, -0.1, 1e-9, 0));
            if (i % 300 === 0) drafts.push(session.csv);
          }
          return { formatted: formatted / rows, same: session.csv === toCsv(session.recording), drafts: drafts.length };
        }"""
    )
    assert found == {"formatted": 7, "same": True, "drafts": 34}


def test_nobody_records_without_a_name(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("   ")
    page.get_by_role("button", name="Start recording").tap()
    assert page.evaluate("document.getElementById('subject').validity.patternMismatch")
    expect(page.locator("#setup")).to_be_visible()
    begin(page)
    expect(page.get_by_role("button", name="Stop")).to_be_focused()


def test_a_countdown_that_is_interrupted_says_why(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Start recording").tap()
    expect(page.locator("#count")).to_be_visible()
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    expect(page.locator("#setup-problem")).to_have_text("The page was hidden: start again.")


def test_two_taps_that_wait_for_the_sensor_are_both_answered(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url)
    expect(page.locator("#source")).to_have_text("No sensor")
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Start recording").tap()
    page.evaluate("document.getElementById('again').click()")
    expect(page.locator("#setup-problem")).to_contain_text("This device reports no motion")
    expect(page.get_by_role("button", name="Start recording")).to_be_enabled()


def test_without_a_sensor_nothing_can_be_recorded(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url)
    expect(page.locator("#source")).to_have_text("No sensor")
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Start recording").tap()
    expect(page.locator("#setup-problem")).to_contain_text("This device reports no motion")
