"""The study of false alarms, on the tables that it writes and the faults that it makes."""

from pathlib import Path

import numpy as np
import pytest

from har.errors import HarError
from har.paths import Paths
from har.studies import monitoring_page
from har.studies.injected import FAULTS, Told

SOUND = {"title": "as recorded", "expected": None, "draws": 30, "alarms": 1, "named": 0, "drifted": 0.0}
FAULTY = {"title": "in g", "expected": "acceleration_unit", "draws": 30, "alarms": 30, "named": 29, "drifted": 12.5}
ROWS = [
    SOUND | {"findings": {"rotation": 1}, "usual": [80, 0, 90]},
    FAULTY | {"findings": {"acceleration_unit": 29, "feature_drift": 30}, "usual": []},
]


def test_the_page_keeps_its_words_and_gets_the_measured_figures(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "monitoring.md"
    page.parent.mkdir()
    page.write_text("before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        monitoring_page.write(ROWS, Paths(tmp_path))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "1 of 30 people (95 % interval up to 17%" in text
    assert "finds drift in 2 of them, in 80 features" in text
    assert "| in g | 30 | 30 | 29 | 12.5 | acceleration_unit 29, feature_drift 30 |" in text


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "monitoring.md"
    page.parent.mkdir()
    page.write_text("words\n", encoding="utf-8")
    with pytest.raises(HarError, match="lacks the marks"):
        monitoring_page.write(ROWS, Paths(tmp_path))
    assert page.read_text(encoding="utf-8") == "words\n"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)
def test_a_fault_leaves_the_sound_recording_as_it_was(fault: object) -> None:
    samples = np.random.default_rng(0).normal(size=(400, 6))
    told = Told(samples.copy(), np.arange(400) / 50, 50.0)
    fault.inject(told)  # type: ignore[attr-defined]
    assert np.array_equal(told.samples, samples)
