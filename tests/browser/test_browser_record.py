"""From a recording on the phone to a file that the pipeline takes."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from people import phone
from playwright.sync_api import Page, expect
from site_server import MARKS, Site

from har.datasets import canonical, recording_file
from har.datasets.canonical import NOTHING_STATED
from live.live_server import checkout, running

pytestmark = MARKS
STANDING = np.tile([9.7, -1.2, 0.8, 0.0, 0.0, 0.0], (500, 1)) + np.random.default_rng(0).normal(
    0, [0.02, 0.02, 0.02, 0.005, 0.005, 0.005], (500, 6)
)
SHORTEST_S = 2.56


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


def recorded(page: Page, seconds: int) -> None:
    """Wait for at least so many seconds, fewer than ten, of a recording."""
    expect(page.locator("#elapsed")).to_have_text(re.compile(rf"^0:(0[{seconds}-9]|[1-5]\d)$"))


def ready(open_page: Callable[..., Page], url: str, sign: int = 1, script: str = "") -> Page:
    page = open_page(url, script + phone(STANDING, sign))
    expect(page.locator("#source")).to_have_text("Listening")
    return page


def state(page: Page, word: str) -> None:
    expect(page.locator("#setup")).to_be_visible()
    expect(page.locator("#kept .state")).to_have_text(word)


def test_a_recording_is_stored_uploaded_and_readable(
    open_page: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    page = ready(open_page, site.url + "#token=secret")
    assert "secret" not in page.url
    record(page)
    page.get_by_role("button", name="Save").tap()
    state(page, "Uploaded")
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
    kept = page.evaluate(
        """() => new Promise((resolve) => {
          indexedDB.open("har").onsuccess = ({ target }) => {
            const table = target.result.transaction("recordings").objectStore("recordings");
            table.getAll().onsuccess = ({ target }) => resolve(target.result);
          };
        })"""
    )
    assert [(each["id"], each["csv"]) for each in kept] == [(name, None)]  # the phone's copy is gone, the note stays


def test_a_server_that_dies_in_the_middle_of_an_upload_loses_nothing(
    open_page: Callable[..., Page], site: Site
) -> None:
    page = ready(open_page, site.url)
    site.script = ["die"] * 9  # browsers try again by themselves
    record(page)
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#kept .note")).to_contain_text("cannot be reached")
    state(page, "Kept here")
    assert site.uploads == {}
    site.script = []
    page.get_by_role("button", name="Upload").tap()
    state(page, "Uploaded")
    ((name, content),) = site.uploads.items()
    assert hashlib.sha256(content).hexdigest() == name


def test_a_kept_recording_is_uploaded_when_the_page_opens_again(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    record(page)
    site.stop()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#kept .note")).to_contain_text("cannot be reached")
    page.reload()  # without a network
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept .note")).to_contain_text("cannot be reached")
    site.start()
    page.reload()
    page.get_by_role("tab", name="Record").tap()
    state(page, "Uploaded")
    assert len(site.uploads) == 1


def test_a_copy_goes_only_when_the_server_has_the_same_content(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    site.script = ["confuse", "row 3 is not finite: record again."]
    record(page)
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#kept .note")).to_contain_text("another file")
    state(page, "Kept here")
    page.get_by_role("button", name="Upload").tap()
    expect(page.locator("#kept .note")).to_have_text("row 3 is not finite: record again.")
    state(page, "Refused")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").tap()
    assert download.value.path().read_text().startswith("# acceleration: m/s^2\n")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").tap()
    expect(page.locator("#kept")).to_have_text("None yet.")


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
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Start recording").tap()
    expect(page.locator("#session")).to_be_visible(timeout=20_000)
    recorded(page, 3)
    page.evaluate("skip(0.6)")
    expect(page.locator("#review-note")).to_contain_text("The sensor paused")


def test_a_page_closed_while_recording_keeps_what_it_had(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Start recording").tap()
    recorded(page, 6)
    page.reload()
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept .note")).to_contain_text("closed while this was recorded")
    expect(page.locator("#kept .quiet")).to_contain_text(re.compile(r"0:(0[5-9]|[1-5]\d)"))


def test_without_a_sensor_nothing_can_be_recorded(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url)
    expect(page.locator("#source")).to_have_text("No sensor")
    page.get_by_role("tab", name="Record").tap()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Start recording").tap()
    expect(page.locator("#setup-problem")).to_contain_text("This device reports no motion")


def test_har_live_keeps_what_the_page_sends(
    open_page: Callable[..., Page], built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAR_LIVE_TOKEN", "secret")
    with running(checkout(tmp_path), "--http", "--page", str(built)) as live:
        page = ready(open_page, live.address + "/")
        expect(page.locator("#odds .best")).to_contain_text("Standing")
        record(page)
        page.get_by_role("button", name="Save").tap()
        expect(page.locator("#kept .note")).to_contain_text("wants its token")
        page.goto(live.address + "/#token=secret")
        page.reload()
        page.get_by_role("tab", name="Record").tap()
        state(page, "Uploaded")
    (kept,) = (tmp_path / "data" / "recordings").glob("*.csv")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == kept.stem
    assert recording_file.read(kept).header["subject"] == "ada l"
