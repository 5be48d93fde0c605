from pathlib import Path

import numpy as np
import pytest

from har.errors import HarError
from har.monitoring import arrivals

HEAD = "acc_x,acc_y,acc_z,gyro_x,gyro_y,gyro_z"


def csv(path: Path, rows: list[str], head: str = f"t,{HEAD}", header: str = "") -> Path:
    path.write_text(header + "\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def row(i: int, rate_hz: float = 50.0) -> str:
    return f"{i / rate_hz:.4f},9.8,0,0,0.1,0,{i % 7}"


def test_a_sound_recording_is_taken_as_it_is(tmp_path: Path) -> None:
    found = arrivals.read(csv(tmp_path / "a.csv", [row(i) for i in range(300)]), "a.csv", 50.0)
    assert (found.missing, found.gaps, found.samples) == (0.0, 0, 300)
    assert found.rate_hz == pytest.approx(50.0)
    (piece,) = found.pieces
    assert piece[:, 5].tolist() == [i % 7 for i in range(300)]


def test_what_is_stated_about_units_and_axes_is_believed(tmp_path: Path) -> None:
    header = "# acceleration: g\n# angular_velocity: deg/s\n# axes: ios\n# rate_hz: 50\n"
    path = csv(tmp_path / "a.csv", ["1,0,0,180,0,0"] * 100, HEAD, header)
    (piece,) = arrivals.read(path, "a.csv", 50.0).pieces
    assert piece[0, 0] == pytest.approx(-9.80665)
    assert piece[0, 3] == pytest.approx(np.pi)


def test_empty_cells_and_words_are_missing_samples(tmp_path: Path) -> None:
    rows = [row(i) for i in range(200)]
    rows[10], rows[20], rows[30] = "0.2,9.8,,0,0,0,0", "0.4,9.8,none,0,0,0,0", "0.6,inf,0,0,0,0,0"
    found = arrivals.read(csv(tmp_path / "a.csv", rows), "a.csv", 50.0)
    assert found.missing == pytest.approx(3 / 200)
    assert found.gaps == 0
    assert all(np.isfinite(piece).all() for piece in found.pieces)


def test_a_gap_parts_a_recording_and_counts_as_missing(tmp_path: Path) -> None:
    rows = [row(i) for i in range(400) if not 200 <= i < 300]
    found = arrivals.read(csv(tmp_path / "a.csv", rows), "a.csv", 50.0)
    assert [len(piece) for piece in found.pieces] == [200, 100]
    assert found.missing == pytest.approx(0.25)
    assert found.gaps == 1


def test_a_clock_that_jumps_and_returns_parts_a_recording(tmp_path: Path) -> None:
    rows = [row(i) for i in range(400)]
    rows[200] = f"1000,{rows[200].partition(',')[2]}"
    found = arrivals.read(csv(tmp_path / "a.csv", rows), "a.csv", 50.0)
    assert [len(piece) for piece in found.pieces] == [200, 199]
    assert (found.missing, found.gaps) == (0.0, 2)


def test_a_clock_that_is_set_back_parts_a_recording(tmp_path: Path) -> None:
    rows = [row(i) for i in [*range(200, 400), *range(200)]]
    found = arrivals.read(csv(tmp_path / "a.csv", rows), "a.csv", 50.0)
    assert [len(piece) for piece in found.pieces] == [200, 200]
    assert (found.missing, found.gaps) == (0.0, 1)


def test_of_equal_times_the_first_counts(tmp_path: Path) -> None:
    rows = [row(i) for i in range(200)]
    rows.insert(100, rows[99])
    found = arrivals.read(csv(tmp_path / "a.csv", rows), "a.csv", 50.0)
    assert [len(piece) for piece in found.pieces] == [200]
    assert found.missing == pytest.approx(1 / 201)


def test_another_rate_is_measured_and_brought_to_the_model_s(tmp_path: Path) -> None:
    found = arrivals.read(csv(tmp_path / "a.csv", [row(i, 25.0) for i in range(100)]), "a.csv", 50.0)
    assert found.rate_hz == pytest.approx(25.0)
    assert len(found.pieces[0]) == 199


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "cannot be read"),
        (f"{HEAD}\n1,2,3,4,5,6\n1,2,3,4,5,6\n", "no rate_hz in its header"),
        (f"# rate_hz: -50\n{HEAD}\n1,2,3,4,5,6\n1,2,3,4,5,6\n", "must be a positive number"),
        (f"# rate_hz: fast\n{HEAD}\n1,2,3,4,5,6\n", "no rate_hz in its header"),
        (f"# acceleration: ft/s^2\n# rate_hz: 50\n{HEAD}\n1,2,3,4,5,6\n", "states acceleration 'ft/s\\^2'"),
        (f"t,{HEAD}\n1,1,2,3,4,5,6\n1,1,2,3,4,5,6\n1,1,2,3,4,5,6\n", "no times that increase"),
        (f"t,{HEAD}\n0,1,2,3,4,5,6\n", "no times that increase"),
        ("t,acc_x,acc_y\n0,1,2\n", "lacks the column acc_z"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HarError, match=reason) as caught:
        arrivals.read(path, "a.csv", 50.0)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
