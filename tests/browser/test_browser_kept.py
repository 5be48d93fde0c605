"""From a recording that the page keeps to a file that the pipeline takes."""

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from recordings import STANDING, begin, ready, record, recorded, state, stored
from site_server import MARKS, ROOT, Site

from har import params
from har.datasets import recording_file, store
from har.export.runtime import Runner
from har.live import uploads
from har.paths import Paths
from har.stages import collect
from live.live_server import checkout, running

pytestmark = MARKS


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


def test_an_upload_has_as_much_time_as_the_server_gives_it(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url + "manifest.webmanifest")
    given = page.evaluate(
        """async () => {
          const { upload } = await import("./modules.js");
          const real = AbortSignal.timeout;
          const given = [];
          AbortSignal.timeout = (ms) => (given.push(ms), real.call(AbortSignal, ms));
          for (const length of [0, 6_000_000]) await upload("x".repeat(length), "");
          return given;
        }"""
    )
    live = params.load(ROOT / "params.yaml").live
    waiting = 2000 * live.timeout_s  # ms; for a place, and for the first bytes
    assert given == [waiting, waiting + 6_000_000 / uploads.SLOWEST * 1000]


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
    site.script = ["busy"]
    page.get_by_role("button", name="Upload").focus()
    page.keyboard.press("Enter")  # the server may have learnt to read it
    state(page, "Kept here")
    expect(page.get_by_role("heading", name="Recordings")).to_be_focused()  # the button was away for a while
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").tap()
    assert download.value.path().read_text().startswith("# acceleration: m/s^2\n")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").tap()
    expect(page.locator("#kept")).to_have_text("None yet.")


def test_a_page_closed_while_recording_keeps_what_it_had_until_somebody_sends_it(
    open_page: Callable[..., Page], site: Site
) -> None:
    page = ready(open_page, site.url)
    begin(page)
    recorded(page, 6)
    page.reload()
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept .note")).to_contain_text("closed while this was recorded")
    expect(page.locator("#kept .quiet")).to_contain_text(re.compile(r"0:(0[5-9]|[1-5]\d)"))
    expect(page.locator("#kept .state")).to_have_text("Unfinished")
    page.reload()
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept .state")).to_have_text("Unfinished")
    assert site.uploads == {}
    page.get_by_role("button", name="Upload").tap()
    expect(page.locator("#kept .state")).to_have_text("Uploaded")


def test_a_page_closed_in_the_review_keeps_all_and_holds_up_nothing(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    site.script = ["busy"]
    record(page)
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#kept .note")).to_contain_text("too many requests")
    record(page)
    deadline = time.monotonic() + 60
    while len(stored(page)) < 2:  # it is written while the review opens
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
    shown = page.locator("#review-summary").inner_text().split(" kept")[0]
    page.reload()
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept .state")).to_have_text(["Unfinished", "Uploaded"])
    expect(page.locator("#kept .quiet").first).to_contain_text(shown)
    assert len(site.uploads) == 1


def test_another_tab_leaves_a_recording_in_progress_alone(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    begin(page)
    recorded(page, 6)
    other = page.context.new_page()
    other.goto(site.url)
    other.get_by_role("tab", name="Record").tap()
    expect(other.locator("#kept")).to_have_text("None yet.")
    page.bring_to_front()
    page.get_by_role("button", name="Stop").tap()
    page.get_by_role("button", name="Discard").tap()
    expect(page.get_by_role("heading", name="Record an activity")).to_be_focused()
    page.reload()
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept")).to_have_text("None yet.")


def test_listening_does_not_wait_for_uploads(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    site.script = ["busy", "wait"]
    record(page)
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#kept .note")).to_contain_text("too many requests")
    page.reload()
    expect(page.locator("#source")).to_have_text("Listening")
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept .state")).to_have_text("Uploading")
    site.patience.set()
    expect(page.locator("#kept .state")).to_have_text("Uploaded")


def test_what_is_deleted_while_another_is_sent_is_not_sent(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    site.script = ["busy", "busy", "wait"]
    for count in (1, 2):
        record(page)
        page.get_by_role("button", name="Save").tap()
        expect(page.locator("#kept .note")).to_have_count(count)
    page.reload()
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept .state")).to_have_text(["Uploading", "Kept here"])
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").last.tap()
    expect(page.locator("#kept .state")).to_have_text(["Uploading"])
    site.patience.set()
    expect(page.locator("#kept .state")).to_have_text("Uploaded")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#kept .state")).to_have_text("Uploaded")
    assert len(site.tokens) == 3


def test_recordings_are_kept_after_the_browser_has_closed_its_storage(
    open_page: Callable[..., Page], site: Site
) -> None:
    page = ready(open_page, site.url)
    record(page)
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": site.url.rstrip("/"), "storageTypes": "indexeddb"})
    page.get_by_role("button", name="Save").tap()
    state(page, "Uploaded")


def test_the_token_may_come_later(open_page: Callable[..., Page], site: Site) -> None:
    page = ready(open_page, site.url)
    site.script = ["lock", "lock"]
    expect(page.locator("#unlock")).to_be_hidden()
    record(page)
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#kept .note")).to_contain_text("wants its token")
    page.evaluate("location.hash = '#token=stale'")
    expect(page.locator("#kept-status")).to_contain_text("wants its token")
    assert "stale" not in page.url
    page.get_by_label("The server's token").fill(f" {site.url}#token=secret ")
    page.get_by_role("button", name="Use this token").tap()
    state(page, "Uploaded")
    expect(page.locator("#unlock")).to_be_hidden()
    assert site.tokens == [None, "Bearer stale", "Bearer secret"]


def test_har_live_keeps_what_the_page_sends(
    open_page: Callable[..., Page], built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAR_LIVE_TOKEN", "secret")
    with running(checkout(tmp_path), "--http", "--page", str(built)) as live:
        model = Runner(tmp_path / "models" / "har-web.tflite")
        named = model.metadata.activities[model.probabilities(STANDING[None, :128]).argmax()]
        page = ready(open_page, live.address + "/")
        expect(page.locator("#odds .best")).to_contain_text({"laying": "Lying"}.get(named, named.capitalize()))
        record(page)
        page.get_by_role("button", name="Save").tap()
        expect(page.locator("#kept .note")).to_contain_text("wants its token")
        page.goto(live.address + "/#token=secret")
        state(page, "Uploaded")
    (kept,) = (tmp_path / "data" / "recordings").glob("*.csv")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == kept.stem
    assert recording_file.read(kept).header["subject"] == "ada l"
    said = collect.run(params.load(tmp_path / "params.yaml"), Paths(tmp_path))
    assert said.startswith("collect: 1 recordings of 1 people, 0 files rejected")
    (collected,) = store.read(tmp_path / "data" / "collected")
    assert [interval.activity for interval in collected.intervals] == ["standing", "sitting"]
