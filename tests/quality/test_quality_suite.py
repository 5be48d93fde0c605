"""Reports: the same bytes each time, whole or not at all, and safe to open."""

import html.parser
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from quality_people import contents

from har.errors import HarError
from har.paths import Paths
from har.quality import expectations as expect
from har.quality.expectations import Table
from har.quality.suite import check


def faulty(root: Path) -> str:
    """Run a suite that fails in three ways below `root`: the line that says so, without `root`."""
    activities = ["walking", "jogging", "flying", "sitting"]
    rows = pd.DataFrame({"recording": list("abcd"), "activity": activities, "max": [1, 2, 9, 9]})
    known = expect.one_of("activity", {"walking", "sitting", "laying"}, "every label is known")
    needed = expect.all_of("activity", ["laying"], "somebody lies down")
    low = expect.between("max", 0, 5, "no value is large")
    with pytest.raises(HarError) as caught:
        check("faulty", [Table("rows", rows, ("recording",), (known, needed, low))], Paths(root))
    return str(caught.value).replace(str(root), "")


def table(values: list[float], names: list[str] | None = None) -> Table:
    rows = pd.DataFrame({"recording": names or [f"r{number}" for number in range(len(values))], "max": values})
    low = expect.between("max", 0, 5, "no value is large")
    return Table("values", rows, ("recording",), (low, expect.least_rows(1, "there are rows")))


def test_reports_of_a_met_suite(paths: Paths) -> None:
    report = check("demo", [table([1.0, 4.5])], paths)
    assert report.passed
    summary = json.loads((paths.quality("demo") / "summary.json").read_text())
    assert summary["passed"]
    assert summary["expectations"] == 2
    assert summary["outcomes"][0]["observed"] == "1 to 4.5"
    assert "| values | no value is large | 1 to 4.5 | yes |" in (paths.quality("demo") / "summary.md").read_text()
    assert "2 of 2 expectations met" in (paths.data_docs("demo") / "index.html").read_text()


def test_the_same_tables_give_the_same_bytes(paths: Paths) -> None:
    check("demo", [table([1.0, 4.5])], paths)
    first = contents(paths.reports)
    check("demo", [table([1.0, 4.5])], paths)
    assert contents(paths.reports) == first


def test_a_failing_suite_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    line = faulty(here)
    code = f"from pathlib import Path; from test_quality_suite import faulty; print(faulty(Path({str(there)!r})))"
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(Path(__file__).parent)}
    other = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == line
    assert contents(there) == contents(here)
    assert "recording b: activity is jogging; recording c: activity is flying; 2 more expectations fail" in line


def test_a_failing_suite_leaves_earlier_reports_as_they_were(paths: Paths) -> None:
    check("demo", [table([1.0])], paths)
    earlier = contents(paths.reports)
    with pytest.raises(HarError, match=r"demo: no value is large, but recording r1: max is 7\.5") as caught:
        check("demo", [table([1.0, 7.5])], paths)
    page = paths.data_docs("failed") / "demo" / "index.html"
    assert str(page) in str(caught.value)
    assert "7.5" in page.read_text()
    now = contents(paths.reports)
    assert {name: now[name] for name in earlier} == earlier
    assert set(now) - set(earlier) == {"data_docs/failed/demo/index.html"}


def test_the_failing_page_goes_once_the_suite_is_met(paths: Paths) -> None:
    with pytest.raises(HarError):
        check("demo", [table([7.5])], paths)
    check("demo", [table([1.5])], paths)
    assert not (paths.data_docs("failed") / "demo").exists()


class Loads(html.parser.HTMLParser):
    """Notes what a page would load or run, and its policy."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named.get("content") or ""
        links = [value for key, value in attrs if key in ("src", "href") and value and not value.startswith("#")]
        self.found += links + [tag] * (tag in ("script", "link", "img", "iframe", "b"))
        self.found += [key for key, _ in attrs if key.startswith("on")]


def test_pages_load_nothing_and_run_nothing_that_the_data_says(paths: Paths) -> None:
    hostile = ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "<b>$bold ${bold}</b>"]
    for name in hostile:
        rows = pd.DataFrame({"recording": [name, "calm"], "activity": [name, "walking"]})
        known = expect.one_of("activity", ["walking"], "every label is known")
        with pytest.raises(HarError):
            check("demo", [Table("labels", rows, ("recording",), (known,))], paths)
        text = (paths.data_docs("failed") / "demo" / "index.html").read_text()
        page = Loads()
        page.feed(text)
        assert page.found == []
        assert page.policy.startswith("default-src 'none'")


def test_a_name_with_line_breaks_stays_on_one_line(paths: Paths) -> None:
    with pytest.raises(HarError) as caught:
        check("demo", [table([7.5], ["two\nlines"])], paths)
    assert "\n" not in str(caught.value)
    assert "recording two lines: max is 7.5" in str(caught.value)


def test_empty_values_are_named_as_such(paths: Paths) -> None:
    rows = pd.DataFrame({"recording": ["a", "b"], "subject": [1, None]})
    needed = expect.present("subject", "every recording has a subject")
    with pytest.raises(HarError, match="recording b: subject is empty"):
        check("demo", [Table("recordings", rows, ("recording",), (needed,))], paths)


def test_an_expectation_on_a_column_that_is_not_there_is_a_fault_of_the_code(paths: Paths) -> None:
    absent = expect.between("height", 0, 1, "heights are small")
    rows = pd.DataFrame({"recording": ["a"], "max": [1.0]})
    with pytest.raises(RuntimeError, match=r"ColumnValuesToBeBetween on table values.*height"):
        check("demo", [Table("values", rows, ("recording",), (absent,))], paths)
