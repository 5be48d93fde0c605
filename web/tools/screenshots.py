"""Take the pictures in docs/images of the page that `make web` built: `python web/tools/screenshots.py`.

`har live` serves it, and Chromium shows it as a phone and as a desktop. The phone's sensors are played by the sample.
Letters look as on Android where Roboto is installed (Debian: fonts-roboto-unhinted).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT: Final = Path(__file__).parents[2]
IMAGES: Final = ROOT / "docs" / "images"
PHONE: Final = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP: Final = {"viewport": {"width": 1280, "height": 980}}
COLOURS: Final = 255  # a third of the bytes of true colour
SENSORS: Final = """
  addEventListener("load", async () => {
    const lines = (await (await fetch("replay.csv")).text()).split("\\n").filter((line) => /^\\d/.test(line));
    const rows = lines.map((line) => line.split(",").slice(1, 7).map(Number));
    let i = 0;
    setInterval(() => {
      const [x, y, z, ...turning] = rows[i++ % rows.length];
      const [alpha, beta, gamma] = turning.map((rate) => (rate * 180) / Math.PI);
      const rotationRate = { alpha, beta, gamma };
      dispatchEvent(new DeviceMotionEvent("devicemotion", { accelerationIncludingGravity: { x, y, z }, rotationRate }));
    }, 20);
  });
"""


def main() -> None:
    """Serve the page, and take every picture."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    command = [sys.executable, "-m", "har", "live", "--http", "--port", "0", "--page", str(ROOT / "web" / "dist")]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, cwd=checkout(Path(folder)), stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as playwright,
    ):
        try:
            address = server.stdout.readline().split()[2] if server.stdout else ""
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for scheme in ("light", "dark"):
                live(browser, address, f"live-phone-{scheme}", color_scheme=scheme, **PHONE)
                live(browser, address, f"live-desktop-{scheme}", color_scheme=scheme, **DESKTOP)
            record(browser, address)
            browser.close()
        finally:
            server.terminate()


def checkout(folder: Path) -> Path:
    """What the server needs of a checkout, so that the uploads of these pictures go nowhere else."""
    shutil.copy(ROOT / "params.yaml", folder)
    (folder / "models").mkdir()
    shutil.copy(ROOT / "models" / "har-web.tflite", folder / "models")
    return folder


def live(browser: Browser, address: str, name: str, **device: object) -> None:
    """The live view, near the end of the sample."""
    page = browser.new_page(**device)  # type: ignore[arg-type]
    page.goto(address)
    expect(page.locator("#source")).to_have_text("No sensor", timeout=30_000)
    page.locator("#replay-fast").check()
    page.get_by_role("button", name="Play the sample").first.click()
    expect(page.locator("#replay-progress")).to_have_js_property("hidden", False)
    page.wait_for_timeout(3300)
    page.evaluate("scrollTo(0, 0)")
    take(page, name)
    page.close()


def record(browser: Browser, address: str) -> None:
    """Choosing, recording and reviewing, on a phone."""
    page = browser.new_page(**PHONE)  # type: ignore[arg-type]
    page.add_init_script(SENSORS)
    page.goto(address)
    expect(page.locator("#source")).to_have_text("Listening", timeout=30_000)
    page.get_by_role("tab", name="Record").click()
    page.get_by_label("Who").fill("Ada")
    page.get_by_label("Where is the phone").select_option("waist")
    page.evaluate("document.activeElement.blur()")
    take(page, "live-record")
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("#elapsed")).to_have_text("0:06", timeout=30_000)
    take(page, "live-recording")
    page.locator("#mark-activity").get_by_role("button", name="Upstairs").click()
    expect(page.locator("#elapsed")).to_have_text("0:12", timeout=30_000)
    page.get_by_role("button", name="Stop").click()
    page.get_by_label("From").fill("1.5")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    take(page, "live-review")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#kept .state")).to_have_text("Uploaded")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    take(page, "live-kept")
    page.close()


def take(page: Page, name: str) -> None:
    """The picture `name` of what is on the screen."""
    page.wait_for_timeout(500)  # bars and rings come to rest
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as image:
        image.convert("RGB").quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    main()
