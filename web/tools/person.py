"""Let a recording be recorded again through the page, as by a person with a phone: `python web/tools/person.py FILE`.

Chromium shows the page of a running `har live` as a phone; the file's samples are what its sensors say, as fast as they
were, its header says who and where, and its labels say which activity is tapped when. Ends once the server has it.
"""

import argparse
import json
import shutil
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, expect, sync_playwright

from har.datasets import canonical, recording_file
from har.datasets.canonical import NOTHING_STATED
from har.errors import HarError

RATE_HZ: Final = 50.0
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PATIENCE_MS: Final = 30_000
BUTTONS: Final = {  # as web/src/activities.ts says them; what the page has no button for is something else
    "walking": "Walking",
    "walking_upstairs": "Upstairs",
    "walking_downstairs": "Downstairs",
    "sitting": "Sitting",
    "standing": "Standing",
    "laying": "Lying",
}
SENSORS: Final = """
(() => {
  const rows = ROWS;
  let begun;
  window.begin = () => { begun = performance.now(); };
  let next = performance.now();
  setInterval(() => {
    for (; next < performance.now(); next += 20) {
      const i = begun === undefined ? 0 : Math.min(Math.floor((next - begun) / 20), rows.length - 1);
      const [x, y, z, alpha, beta, gamma] = rows[Math.max(i, 0)];
      const detail = { accelerationIncludingGravity: { x, y, z }, rotationRate: { alpha, beta, gamma }, interval: 20 };
      const event = new DeviceMotionEvent("devicemotion", detail);
      Object.defineProperty(event, "timeStamp", { value: next });
      dispatchEvent(event);
    }
  }, 20);
})();
"""


def main() -> None:
    """Record, and print the recording's id."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, help="a recording, every row labelled (docs/recording-format.md)")
    parser.add_argument("--address", default="https://localhost:8443/", help="as `har live` prints it")
    options = parser.parse_args()
    try:
        recording = recording_file.read(options.file)
        samples = canonical.samples(recording, RATE_HZ, NOTHING_STATED)
    except HarError as error:
        parser.error(str(error))
    if recording.activities is None or recording.times is None or "" in recording.activities:
        parser.error(f"{options.file} has rows without a time or an activity: label all of it.")
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_context(**PHONE, ignore_https_errors=True).new_page()  # type: ignore[arg-type]
        page.add_init_script(SENSORS.replace("ROWS", json.dumps(sensed(samples).tolist())))
        page.goto(options.address)
        print(record(page, recording.header, changes(recording.activities, recording.times)))
        browser.close()


def sensed(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Canonical samples `[n, 6]` as Android's browsers report them: m/s^2 with gravity, deg/s."""
    found: NDArray[np.float64] = (samples * ([1.0] * 3 + [180 / np.pi] * 3)).round(4)
    return found


def changes(activities: NDArray[np.str_], times: NDArray[np.float64]) -> list[tuple[str, float]]:
    """Each activity in turn, and until when (s) it lasts."""
    runs = [(name, list(rows)) for name, rows in groupby(range(len(times)), key=lambda row: str(activities[row]))]
    return [(name, float(times[rows[-1]])) for name, rows in runs]


def record(page: Page, header: dict[str, str], plan: list[tuple[str, float]]) -> str:
    """Record, save and wait for the server; returns what the page says of the recording."""
    expect(page.locator("#source")).to_have_text("Listening", timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Record").click()
    page.get_by_label("Who").fill(header.get("subject", "somebody"))
    if "placement" in header:
        page.get_by_label("Where is the phone").select_option(header["placement"])
    tap(page, "first-activity", plan[0][0])
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("#session")).to_be_visible(timeout=PATIENCE_MS)
    page.evaluate("begin()")
    done = 0.0
    for i, (activity, until) in enumerate(plan):
        if i:
            tap(page, "mark-activity", activity)
        page.wait_for_timeout(1000 * (until - done))
        done = until
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#kept .state").first).to_have_text("Uploaded", timeout=PATIENCE_MS)
    return page.locator("#kept li").first.inner_text().replace("\n", " ")


def tap(page: Page, group: str, activity: str) -> None:
    """Tap an activity in one of the page's two rows of them."""
    name = BUTTONS.get(activity, "Something else")
    page.locator(f"#{group}").get_by_role("button", name=name, exact=True).click()


if __name__ == "__main__":
    main()
