import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from har import params
from har.cli import app
from har.datasets.canonical import Stated
from har.datasets.hapt import from_package, to_canonical
from har.datasets.schema import STANDARD_GRAVITY
from har.errors import HarError
from har.export.metadata import Metadata
from har.export.runtime import Runner
from har.live.predict import interval_table, predict, run, window_table
from phone import canonical_samples, write_csv

IOS = [-1 / STANDARD_GRAVITY] * 3 + [180 / np.pi] * 3  # m/s^2 and rad/s in Android's axes -> g and deg/s in iOS'
ABOUT = Metadata(
    name="m", version="1", activities=("up", "down"), rate_hz=2, window=4, step=2, dataset="none", licence="none"
)


@pytest.fixture(scope="module")
def hapt() -> tuple[NDArray[np.float64], list[tuple[str, float, float]]]:
    """The first recording of HAPT, canonical `[n, 6]`, and its standing, walking and laying (s)."""
    recordings = from_package(params.load().download, Path())
    (recording,) = (each for each in recordings if each.name == "exp01_user01")
    labels = [(each.activity, each.start / 50, each.end / 50) for each in recording.intervals]
    wanted = [label for label in labels if label[0] in ("walking", "standing", "laying")]
    return to_canonical(recording.samples), wanted


def test_intervals_follow_what_the_person_did(tmp_path: Path, model: Path) -> None:
    found = predict(write_csv(tmp_path / "walk.csv", canonical_samples(50.0)), model)
    assert list(found) == ["start_s", "end_s", "activity", "confidence"]
    assert found["activity"].tolist() == ["standing", "walking", "laying"]
    np.testing.assert_allclose(found["start_s"], [0, 10, 20], atol=2)
    np.testing.assert_array_equal(found["start_s"][1:], found["end_s"][:-1])
    assert found["end_s"][-1] == 22 * 1.28 + 1.28  # 22 windows of 2.56 s, half overlapping; the remainder has no label
    assert (found["confidence"] > 0.8).all()


def test_windows_are_the_runner_s_on_the_raw_samples(tmp_path: Path, model: Path) -> None:
    samples = canonical_samples(50.0)
    found = predict(write_csv(tmp_path / "walk.csv", samples), model, windows=True)
    assert list(found) == ["start_s", "end_s", "activity", "confidence", "p_walking", "p_standing", "p_laying"]
    np.testing.assert_allclose(found["start_s"], np.arange(22) * 1.28)
    np.testing.assert_allclose(found["end_s"] - found["start_s"], 2.56)
    windows = np.stack([samples[start : start + 128] for start in range(0, 1500 - 127, 64)])
    expected = Runner(model).probabilities(windows)
    np.testing.assert_array_equal(np.column_stack([found[name] for name in list(found)[4:]]), expected)
    np.testing.assert_array_equal(found["confidence"], expected.max(axis=1))


def test_a_real_recording_is_labelled_as_its_authors_did(
    tmp_path: Path, model: Path, hapt: tuple[NDArray[np.float64], list[tuple[str, float, float]]]
) -> None:
    samples, labels = hapt
    found = predict(write_csv(tmp_path / "exp01.csv", samples), model, windows=True)
    right = [
        found["activity"][(found["start_s"] >= start) & (found["end_s"] <= end)] == activity
        for activity, start, end in labels
    ]
    assert sum(map(len, right)) > 90
    assert np.concatenate(right).mean() > 0.95


def test_units_axes_and_rate_do_not_change_what_a_real_recording_means(
    tmp_path: Path, model: Path, hapt: tuple[NDArray[np.float64], list[tuple[str, float, float]]]
) -> None:
    samples = hapt[0][:6000]
    expected = predict(write_csv(tmp_path / "canonical.csv", samples), model, windows=True)
    header = {"acceleration": "g", "angular_velocity": "deg/s", "axes": "ios"}
    stated = predict(write_csv(tmp_path / "ios.csv", samples * IOS, header=header), model, windows=True)
    bare = write_csv(tmp_path / "bare.csv", samples * IOS, rate_hz=None)
    options = predict(bare, model, windows=True, stated=Stated(50, "g", "deg/s", "ios"))
    t = np.arange(2 * len(samples) - 1) / 100
    double = np.column_stack([np.interp(t, np.arange(len(samples)) / 50, channel) for channel in samples.T])
    faster = predict(write_csv(tmp_path / "faster.csv", double, rate_hz=100.0), model, windows=True)
    for found, tolerance in ((stated, 1e-4), (options, 1e-4), (faster, 0.01)):
        np.testing.assert_array_equal(found["start_s"], expected["start_s"])
        assert np.abs(found["confidence"] - expected["confidence"]).mean() < tolerance
        sure = expected["confidence"] > 0.9
        assert sure.sum() > 80
        np.testing.assert_array_equal(found["activity"][sure], expected["activity"][sure])


def test_overlapping_windows_are_averaged_and_equal_neighbours_merged() -> None:
    probabilities = np.array([[1, 0], [0.8, 0.2], [0.1, 0.9], [0, 1]], dtype=np.float32)
    # stretches of one second (two samples): 1, (1 + 0.8) / 2, (0.8 + 0.1) / 2, (0.1 + 0) / 2, 0 for "up"
    found = interval_table(probabilities, ABOUT)
    assert found["activity"].tolist() == ["up", "down"]
    assert found["start_s"].tolist() == [0, 2]
    assert found["end_s"].tolist() == [2, 5]
    np.testing.assert_allclose(found["confidence"], [(1 + 0.9) / 2, (0.55 + 0.95 + 1) / 3], rtol=1e-6)


def test_one_window_is_one_interval() -> None:
    probabilities = np.array([[0.25, 0.75]], dtype=np.float32)
    intervals, windows = interval_table(probabilities, ABOUT), window_table(probabilities, ABOUT)
    for found in (intervals, windows):
        assert (found["start_s"].tolist(), found["end_s"].tolist()) == ([0], [2])
        assert (found["activity"].tolist(), found["confidence"].tolist()) == (["down"], [0.75])


def test_a_recording_shorter_than_a_window_is_refused(tmp_path: Path, model: Path) -> None:
    exact = write_csv(tmp_path / "exact.csv", canonical_samples(50.0)[:128])
    assert predict(exact, model)["end_s"].tolist() == [2.56]
    short = write_csv(tmp_path / "short.csv", canonical_samples(50.0)[:127])
    with pytest.raises(HarError, match=r"short\.csv lasts 2\.54 s and one window needs 2\.56 s"):
        predict(short, model)


def test_csv_where_nobody_looks(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_csv(tmp_path / "walk.csv", canonical_samples(50.0))
    run(file, model)
    printed = capsys.readouterr().out
    run(file, model, output=tmp_path / "out" / "labels.csv")
    assert capsys.readouterr().out == ""
    assert (tmp_path / "out" / "labels.csv").read_text() == printed
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["activity"] for row in rows] == ["standing", "walking", "laying"]
    assert rows[0]["start_s"] == "0.0"


def test_a_table_for_a_terminal(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    run(write_csv(tmp_path / "walk.csv", canonical_samples(50.0)), model)
    printed = capsys.readouterr().out
    assert "walk.csv" in printed
    assert "confidence" in printed
    assert "standing" in printed
    assert "0.00 s" in printed
    assert "100%" in printed


def test_inputs_are_never_overwritten(tmp_path: Path, model: Path) -> None:
    file = write_csv(tmp_path / "walk.csv", canonical_samples(50.0))
    before = file.read_bytes()
    with pytest.raises(HarError, match=r"walk\.csv is an input"):
        run(file, model, output=tmp_path / "." / "walk.csv")
    with pytest.raises(HarError, match=r"is an input"):
        run(file, model, output=model)
    assert file.read_bytes() == before


def test_a_failed_run_leaves_an_earlier_output(tmp_path: Path, model: Path) -> None:
    output = tmp_path / "labels.csv"
    output.write_text("earlier")
    with pytest.raises(HarError, match=r"short\.csv"):
        run(write_csv(tmp_path / "short.csv", canonical_samples(50.0)[:9]), model, output=output)
    assert output.read_text() == "earlier"


def test_the_champion_labels_where_there_is_one(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = str(write_csv(tmp_path / "walk.csv", canonical_samples(50.0)))
    broken, whole = Path("models/har.tflite"), Path("models/champion.tflite")
    broken.parent.mkdir()
    broken.write_bytes(b"no model")
    shutil.copy(model, whole)
    app(["predict", file], standalone_mode=False)
    assert "walking" in capsys.readouterr().out
    with pytest.raises(HarError, match=r"har\.tflite"):
        app(["predict", file, "--model", str(broken)], standalone_mode=False)
    whole.rename(broken)
    app(["predict", file], standalone_mode=False)
    assert "walking" in capsys.readouterr().out


def test_labelling_needs_none_of_the_heavy_libraries(tmp_path: Path, model: Path) -> None:
    file = write_csv(tmp_path / "walk.csv", canonical_samples(50.0))
    program = (
        "import sys; from pathlib import Path; from har.live.predict import run; "
        "run(Path(sys.argv[1]), Path(sys.argv[2])); "
        "print({'tensorflow', 'keras', 'mlflow', 'great_expectations', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, file, model], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
