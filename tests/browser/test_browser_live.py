"""What a person sees while the page listens."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from people import DESKTOP, csv, phone, real
from playwright.sync_api import Page, expect
from site_server import MARKS, Site

pytestmark = MARKS
IOS = """
  Object.defineProperty(navigator, "platform", { get: () => "iPhone" });
  navigator.permissions.query = () => Promise.reject(new TypeError("no such permission"));
  window.asked = 0;
  for (const event of [DeviceMotionEvent, DeviceOrientationEvent]) {
    event.requestPermission = async () => {
      if (!navigator.userActivation.isActive) throw new DOMException("a tap is needed", "NotAllowedError");
      window.asked++;
      return ANSWER;
    };
  }
"""
STILL_LYING = np.tile([0.05, 6.2, 7.6, 0.001, 0.002, -0.001], (500, 1)) + np.random.default_rng(0).normal(
    0, [0.02, 0.02, 0.02, 0.005, 0.005, 0.005], (500, 6)
)


def activity(page: Page, name: str | re.Pattern[str]) -> None:
    expect(page.locator("#activity")).to_have_text(name)


def replay(page: Page, name: str, text: str) -> None:
    page.set_input_files("#replay-file", {"name": name, "mimeType": "text/csv", "buffer": text.encode()})


def test_a_real_recording_is_replayed_to_the_right_activities(
    open_page: Callable[..., Page], site: Site, hapt_zip: Path
) -> None:
    samples, labels = real(hapt_zip, "exp03_user02")
    start = labels.index("walking")
    part = slice(start, start + 15 * 50)
    page = open_page(site.url, **DESKTOP)
    page.check("#replay-fast")
    activity(page, re.compile("Ready|No motion sensor here"))
    times = np.arange(part.stop - part.start) / 50
    replay(page, "walk.csv", csv(samples[part], times, labels[part]))
    activity(page, "Walking")
    expect(page.locator("#announcer")).to_have_text("Walking")
    expect(page.locator("#odds .best")).to_contain_text(re.compile(r"Walking9\d %"))
    expect(page.locator("#stretches li").first).to_contain_text("Walking")
    expect(page.locator("#fact-inference")).to_have_text(re.compile(r"^\d+(\.\d)? ms$"))
    expect(page.locator("#fact-rate")).to_have_text("50 Hz")
    expect(page.locator("#source")).to_have_text("Replayed")


def test_the_recording_that_ships_is_heard_as_it_is_labelled(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, **DESKTOP)
    page.check("#replay-fast")
    activity(page, "No motion sensor here")
    page.get_by_role("button", name="Play the sample").first.click()
    expect(page.locator("#replay-about")).to_contain_text("synthetic")
    for name in ("Standing", "Walking", "Sitting", "Lying"):
        activity(page, name)
    expect(page.locator("#stretches li")).to_have_count(4)
    expect(page.locator("#source")).to_have_text("Replayed")


def test_a_file_that_is_no_recording_is_said_so(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url)
    replay(page, "letter.csv", "dear,reader\n1,2\n")
    expect(page.locator("#replay-about")).to_contain_text("no column acc_x")


def test_a_device_without_sensors_is_told_so(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, **DESKTOP)
    activity(page, "No motion sensor here")
    expect(page.locator("#detail")).to_contain_text("Open this page on a phone")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


@pytest.mark.parametrize(
    ("sign", "script"), [(1, ""), (-1, IOS.replace("ANSWER", '"granted"'))], ids=["android", "ios"]
)
def test_a_phone_that_lies_is_heard_lying_in_both_sign_conventions(
    open_page: Callable[..., Page], site: Site, sign: int, script: str
) -> None:
    page = open_page(site.url, script + phone(STILL_LYING, sign))
    if sign < 0:
        activity(page, "Ready")
        assert page.evaluate("window.asked") == 0  # not before the tap
        page.get_by_role("button", name="Start listening").tap()
    activity(page, "Lying")
    assert page.evaluate("window.asked ?? 2") == 2
    expect(page.locator("#source")).to_have_text("Listening")


def test_chromium_s_own_sensors_are_heard(open_page: Callable[..., Page], site: Site) -> None:
    """Through the browser's sensor stack, which rounds: rotation is about x, y and z, in deg/s."""
    page = open_page(site.url)
    sensors = page.context.new_cdp_session(page)
    readings = {"accelerometer": (0.1, 6.2, 7.6), "gyroscope": (0.1, 0.2, 0.3), "linear-acceleration": (0, 0, 0)}
    for name in readings:
        sensors.send("Emulation.setSensorOverrideEnabled", {"enabled": True, "type": name})
    page.reload()
    page.evaluate("addEventListener('devicemotion', (event) => (window.heard = event))")
    for name, values in readings.items():
        reading = {"xyz": dict(zip("xyz", values, strict=True))}
        sensors.send("Emulation.setSensorOverrideReadings", {"type": name, "reading": reading})
    expect(page.locator("#odds .best")).to_be_visible(timeout=20_000)
    expect(page.locator("#source")).to_have_text("Listening")
    row = page.evaluate(
        "import('./modules.js').then(({ canonical }) => [...canonical(window.heard, 1)])",
    )
    np.testing.assert_allclose(row, [0.1, 6.2, 7.6, 0.1, 0.2, 0.3], atol=0.05)


def test_permission_refused_is_explained_and_can_be_asked_again(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, IOS.replace("ANSWER", "window.verdict ?? 'denied'") + phone(STILL_LYING, -1))
    page.get_by_role("button", name="Start listening").tap()
    activity(page, "No access to motion")
    page.evaluate("window.verdict = 'granted'")
    page.get_by_role("button", name="Try again").tap()
    activity(page, "Lying")


def test_a_stall_begins_anew_rather_than_inventing_samples(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, phone(STILL_LYING, 1))
    activity(page, "Lying")
    page.evaluate("skip(0.6)")
    activity(page, "Listening")
    expect(page.locator("#detail")).to_contain_text("First answer in")
    activity(page, "Lying")


def test_a_page_that_was_hidden_begins_anew(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, phone(STILL_LYING, 1))
    activity(page, "Lying")
    hide = "Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {} }});"
    page.evaluate(hide.format("true") + "document.dispatchEvent(new Event('visibilitychange'))")
    activity(page, "Listening")
    page.evaluate(hide.format("false") + "document.dispatchEvent(new Event('visibilitychange'))")
    activity(page, "Lying")


def test_a_model_that_is_not_the_announced_one_is_not_run(open_page: Callable[..., Page], own_site: Site) -> None:
    model = own_site.folder / "model" / "har.tflite"
    model.write_bytes(model.read_bytes() + b"\0")
    page = open_page(own_site.url)
    activity(page, "The recogniser did not start")
    expect(page.locator("#detail")).to_contain_text("not the one that was announced")


def test_the_views_can_be_changed_by_keyboard(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, **DESKTOP)
    page.get_by_role("tab", name="Live").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Record")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Record")).to_be_visible()
    expect(page.locator("#live")).to_be_hidden()
