"""What a person sees while the page listens."""

import os
import re
from collections.abc import Callable

import numpy as np
import pytest
from people import DESKTOP, csv, phone, real
from playwright.sync_api import Page, expect
from site_server import MARKS, Site

from har.datasets.schema import Recording

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
    open_page: Callable[..., Page], site: Site, hapt: dict[str, Recording]
) -> None:
    samples, labels = real(hapt["exp03_user02"])
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
    expect(page.get_by_role("status").first).to_contain_text("No motion sensor here. This device reports no motion.")
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


def test_a_sensor_that_stops_leaves_no_activity_behind(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, phone(STILL_LYING, 1))
    activity(page, "Lying")
    page.evaluate("window.muted = true")
    activity(page, "One moment")
    expect(page.locator("#announcer")).to_have_text("One moment. Waiting for the sensor.")
    expect(page.locator("#source")).to_have_text("Waiting")
    expect(page.locator("#odds .best")).to_have_count(0)
    page.evaluate("window.muted = false")
    activity(page, "Lying")


def test_listening_needs_no_storage(open_page: Callable[..., Page], site: Site) -> None:
    closed = """
      indexedDB.open = () => { throw new DOMException("storage is closed", "SecurityError"); };
      Object.defineProperty(window, "localStorage", { get() { throw new DOMException("closed", "SecurityError"); } });
    """
    page = open_page(site.url + "#token=secret", closed + phone(STILL_LYING, 1))
    activity(page, "Lying")
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#kept-problem")).to_contain_text("cannot keep recordings: storage is closed")


def test_one_window_that_fails_does_not_end_the_listening(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url + "manifest.webmanifest")
    found = page.evaluate(
        """async () => {
          const { Listener } = await import("./modules.js");
          const smoother = { kind: "exponential", memory: 0 };
          const model = { rate_hz: 50, window: 128, hop: 32, smoother, activities: ["a"], unsure_below: 0.5 };
          const answered = [], failures = [];
          let windows = 0;
          const recognise = async () => {
            if (++windows === 2) throw new Error("out of memory");
            return Float32Array.of(1);
          };
          const audience = { answer: () => answered.push(windows), failed: (error) => failures.push(error.message) };
          const listener = new Listener(model, recognise, audience);
          for (let i = 0; i < 260; i++) listener.push(i / 50, Float64Array.of(0, 0, 9.81, 0, 0, 0));
          await listener.idle();
          return { answered, failures };
        }"""
    )
    assert found == {"answered": [1, 3, 4, 5], "failures": ["out of memory"]}


def test_who_goes_by_keyboard_is_not_lost_when_a_button_goes(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, IOS.replace("ANSWER", '"granted"') + phone(STILL_LYING, -1))
    page.get_by_role("button", name="Start listening").focus()
    page.keyboard.press("Enter")
    activity(page, "Lying")
    expect(page.locator("#activity")).to_be_focused()


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
    content = model.read_bytes()
    model.write_bytes(content + b"\0")
    page = open_page(own_site.url, phone(STILL_LYING, 1))
    activity(page, "The recogniser did not start")
    expect(page.locator("#detail")).to_contain_text("not the one that was announced")
    page.get_by_role("tab", name="Record").tap()
    expect(page.locator("#setup-problem")).to_contain_text("needs the recogniser")
    expect(page.get_by_role("button", name="Start recording")).to_be_disabled()
    replaced = model.stat()
    model.write_bytes(content)
    os.utime(model, ns=(replaced.st_atime_ns, replaced.st_mtime_ns))  # a server that tells files apart by their second
    page.reload()
    activity(page, "Lying")
    own_site.stop()  # what was fetched in the end is what the service worker keeps
    page.reload()
    activity(page, "Lying")
    own_site.start()


def test_a_wrong_model_from_a_former_cache_is_not_kept(open_page: Callable[..., Page], own_site: Site) -> None:
    page = open_page(own_site.url, phone(STILL_LYING, 1))
    activity(page, "Lying")
    page.evaluate(
        """async () => {
          await navigator.serviceWorker.ready;
          const { sha256 } = await (await fetch("model/model.json")).json();
          const cache = await caches.open("har-lasting");
          await cache.put(`model/har.tflite?sha256=${sha256}`, new Response("x"));
        }"""
    )
    page.reload()
    activity(page, "Lying")


def test_the_views_can_be_changed_by_keyboard(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, **DESKTOP)
    page.get_by_role("tab", name="Live").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Record")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Record")).to_be_visible()
    expect(page.locator("#live")).to_be_hidden()
