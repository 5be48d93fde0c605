"""Draw the page's icons as PNG from web/public/icon.svg with Chromium: `python web/tools/icons.py`."""

import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PUBLIC = Path(__file__).parents[1] / "public"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
GROUND = "#23507f"  # of icon.svg; a maskable icon and iOS' fill the whole square with it
SAFE = 0.8  # share of a maskable icon that no mask cuts off (W3C App Manifest)
COLOURS = 24  # of blue and white and what lies between: a tenth of the bytes of true colour
ICONS = {  # file: size in pixels, whole square, share that the drawing fills
    "icon-192.png": (192, False, 1.0),
    "icon-512.png": (512, False, 1.0),
    "icon-180.png": (180, True, 1.0),
    "icon-maskable.png": (512, True, SAFE),
}


def main() -> None:
    """Draw each icon."""
    drawing = (PUBLIC / "icon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (size, whole, share) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            ground = GROUND if whole else "transparent"
            page.set_content(
                f"<style>body{{margin:0;height:100vh;display:grid;place-items:center;background:{ground}}}"
                f"svg{{width:{share:.0%};height:{share:.0%}}}</style>{drawing}"
            )
            page.screenshot(path=PUBLIC / name, omit_background=True)
            with Image.open(PUBLIC / name) as image:
                image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE).save(PUBLIC / name, optimize=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
