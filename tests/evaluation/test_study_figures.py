from pathlib import Path

import numpy as np

from har.datasets.schema import Interval
from har.evaluation import abstain, study_figures

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(500, 6))
INTERVALS = (Interval("sitting", 50, 200), Interval("sit_to_stand", 200, 300), Interval("standing", 300, 450))


def png(path: Path) -> bytes:
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    return content


def test_bands_are_drawn_the_same_each_time_and_tell_answers_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        study_figures.streaming(SAMPLES, {"Labels": INTERVALS}, 50.0, tmp_path / name, "A recording")
    study_figures.streaming(SAMPLES, {"Labels": INTERVALS[:1]}, 50.0, tmp_path / "other", "A recording")
    assert png(tmp_path / "one") == png(tmp_path / "two") != png(tmp_path / "other")


def test_the_curve_of_abstaining_is_drawn_even_if_nothing_is_answered(tmp_path: Path) -> None:
    confidence = RANDOM.uniform(0.4, 0.9, 200)
    rows = abstain.curve(confidence, RANDOM.uniform(size=200) < confidence)
    for limit in (0.6, 1.0):
        study_figures.abstain({"test": rows}, limit, 0.99, tmp_path / f"{limit}", "Abstaining")
    assert png(tmp_path / "0.6") != png(tmp_path / "1.0")


def test_a_page_of_windows_has_room_for_any_number(tmp_path: Path) -> None:
    for count in (1, 4):
        pages = [(f"window {i}", SAMPLES, INTERVALS, (100, 228)) for i in range(count)]
        study_figures.windows(pages, 50.0, tmp_path / f"{count}", "Windows")
    assert len(png(tmp_path / "1")) < len(png(tmp_path / "4"))
