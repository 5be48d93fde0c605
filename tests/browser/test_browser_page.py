"""What the page is made of: its weight, its caches, and whether everybody can use it."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from people import DESKTOP, phone
from playwright.sync_api import Page, expect
from site_server import MARKS, WEB, Site, bundle

pytestmark = MARKS
MOST_KILOBYTES = 150  # kB (1000 bytes) of what a first visit fetches, uncompressed, without the WebAssembly runtime
BESIDE = ("wasm-", "replay.csv")  # the runtime, and the sample, which the service worker fetches when all is done
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
WALKING = np.column_stack(
    [
        [9.7, -1.2, 0.8, 0.0, 0.0, 0.0]
        + np.array([2.5, 1.5, 1.5, 0.5, 0.4, 0.3]) * np.sin(2 * np.pi * (1.8 * t + np.arange(6) / 6))
        for t in np.arange(0, 10, 0.02)
    ]
).T


def test_the_page_weighs_little(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url)
    expect(page.locator("#source")).to_have_text("No sensor")
    names = {path.partition("?")[0].strip("/") or "index.html" for path in site.requests}
    fetched = [(site.folder / name).read_bytes() for name in names if not any(part in name for part in BESIDE)]
    plain, packed = (sum(map(len, each)) / 1000 for each in (fetched, map(gzip.compress, fetched)))
    print(f"{len(fetched)} files, {plain:.1f} kB, compressed {packed:.1f} kB: {sorted(names)}")
    assert "model/har.tflite" in names
    assert plain <= MOST_KILOBYTES


def test_the_page_opens_without_a_network_after_the_first_visit(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, phone(WALKING, 1))
    expect(page.locator("#odds .best")).to_be_visible(timeout=20_000)
    fetched = [path for path in site.requests if path.endswith(".wasm")]
    assert len(fetched) == 1  # once, although a service worker keeps it
    site.stop()
    page.reload()
    expect(page.locator("#odds .best")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Play the sample").last.tap()
    expect(page.locator("#source")).to_have_text("Replaying the sample")
    site.start()
    page.reload()
    expect(page.locator("#odds .best")).to_be_visible(timeout=20_000)
    assert [path for path in site.requests if path.endswith(".wasm")] == fetched
    assert len([path for path in site.requests if path.startswith("/model/har.tflite")]) == 1


def test_a_new_champion_is_found_on_the_next_visit(open_page: Callable[..., Page], own_site: Site) -> None:
    page = open_page(own_site.url)
    expect(page.locator("#fact-model")).to_have_text("v0.1.0, 72 kB")
    about = own_site.folder / "model" / "model.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"version": "0.2.0"}))
    page.reload()
    expect(page.locator("#fact-model")).to_have_text("v0.2.0, 72 kB")


def test_another_sample_makes_another_version_of_the_page(tmp_path: Path) -> None:
    versions = []
    for name, text in (("a", "t\n0\n"), ("b", "t\n1\n"), ("c", "t\n0\n")):
        (tmp_path / f"{name}.csv").write_text(text)
        bundle(tmp_path / name, tmp_path / f"{name}.csv")
        assert (tmp_path / name / "replay.csv").read_text() == text
        versions += re.findall(r"har-shell-([0-9a-f]+)", (tmp_path / name / "sw.js").read_text())
    assert versions[0] == versions[2] != versions[1]


def test_the_page_can_be_installed(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url)
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in errors if each["errorId"] != "in-incognito"] == []  # as every test's browser is
    icons: list[dict[str, Any]] = json.loads(manifest["data"])["icons"]
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in icons}
    for icon in icons:
        assert page.request.get(site.url + icon["src"]).ok


@pytest.mark.parametrize("device", [{}, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_to_mend(open_page: Callable[..., Page], site: Site, device: dict[str, Any]) -> None:
    page = open_page(site.url, phone(WALKING, 1) + AXE.read_text(), **device)
    expect(page.locator("#stretches .swatch").first).to_be_visible(timeout=30_000)
    assert findings(page) == []
    page.get_by_role("tab", name="Record").click()
    assert findings(page) == []
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("#elapsed")).to_have_text(re.compile("0:(0[1-9]|[1-5].)"))
    assert findings(page) == []
    expect(page.locator("#elapsed")).to_have_text(re.compile("0:(0[3-9]|[1-5].)"))
    page.get_by_role("button", name="Stop").click()
    assert findings(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#kept .state")).to_have_text("Uploaded")
    assert findings(page) == []


def findings(page: Page) -> list[tuple[str, str, list[str]]]:
    """What axe-core objects to, in light and dark: the scheme, the rule, and where."""
    all_found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("axe.run().then(({ violations }) => violations)")
        all_found += [(scheme, each["id"], [node["html"] for node in each["nodes"]]) for each in found]
    return all_found


def test_less_motion_is_a_wish_that_is_granted(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(site.url, phone(WALKING, 1), reduced_motion="reduce")
    expect(page.locator("#odds .best")).to_be_visible(timeout=20_000)
    durations = page.evaluate("[...document.all].map((each) => getComputedStyle(each).transitionDuration)")
    assert set(durations) == {"0s"}
