"""Windows of HAPT against the authors' own lists of labels and subjects."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from har import params
from har.datasets import hapt
from har.datasets.schema import STANDARD_GRAVITY, Interval, Recording
from har.datasets.split import split_of
from har.params import Download, Params
from har.stages.preprocess import windows_of

ROOT = Path(__file__).parents[2]
SHARED_HAPT = ROOT.parent / "shared" / "data" / "hapt.zip"
NUMBER = {name: str(number) for number, name in hapt.ACTIVITIES.items()}
COLUMNS = {"y": "label", "subject_id": "subject"}
# SHA-256 of the values of each file of the authors, one a line without a last line end, and how many there are.
PUBLISHED = {
    "Train/y_train.txt": (7767, "1747a4cab0d71f50094603e11017c9c4033c361448ad64d8ffac410039d2c282"),
    "Train/subject_id_train.txt": (7767, "f44482d13a61460dd4905733dedd8c33fd99dbae484e4387481b01af2656cd2b"),
    "Test/y_test.txt": (3162, "888ba6fb06f48faea585241bdd23a87a128212e76fb45585dc9077431f69961e"),
    "Test/subject_id_test.txt": (3162, "5ad9a8abcef72a6c78bb5cc3197be36d4d69fa0270d9238fbb1440f4cf10c437"),
}


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """All of HAPT by the package route."""
    return hapt.from_package(Download(routes=("package",), timeout_s=1, retries=0, max_megabytes=1), Path())


@pytest.fixture(scope="module")
def cut(recordings: list[Recording]) -> tuple[np.ndarray, pd.DataFrame]:
    """Windows `[n, 128, 6]` of all recordings with the committed params, and their index with its split."""
    knobs = params.load(ROOT / "params.yaml")
    parts = [windows_of(recording, hapt.DATASET, knobs) for recording in recordings]
    index = pd.concat([rows for _, rows in parts], ignore_index=True)
    index["split"] = split_of(
        index["subject"].tolist(), test=hapt.DATASET.test_subjects, validation=knobs.preprocess.validation("hapt")
    )
    return np.concatenate([windows for windows, _ in parts]), index


def sequence(index: pd.DataFrame, file: str) -> list[str]:
    """The values that the authors' file should hold, of our windows in their order."""
    side, name = file.split("/")
    rows = index[(index["split"] == "test") == (side == "Test")]
    values = rows[COLUMNS[name.rpartition("_")[0]]]
    return [NUMBER.get(value, str(value)) for value in values]


@pytest.mark.parametrize("file", PUBLISHED)
def test_labels_and_subjects_come_in_the_authors_order(cut: tuple[np.ndarray, pd.DataFrame], file: str) -> None:
    found = sequence(cut[1], file)
    assert (len(found), hashlib.sha256("\n".join(found).encode()).hexdigest()) == PUBLISHED[file]


@pytest.mark.skipif(not SHARED_HAPT.is_file(), reason=f"{SHARED_HAPT} is absent: the authors' archive is needed")
@pytest.mark.parametrize("file", PUBLISHED)
def test_labels_and_subjects_equal_the_authors_files(cut: tuple[np.ndarray, pd.DataFrame], file: str) -> None:
    with zipfile.ZipFile(SHARED_HAPT) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(file)]
        assert sequence(cut[1], file) == archive.read(name).decode().split()


def test_all_twelve_activities_are_cut(cut: tuple[np.ndarray, pd.DataFrame]) -> None:
    assert set(cut[1]["label"]) == set(hapt.ACTIVITIES.values())


def test_a_window_is_the_raw_samples_at_its_start_in_canonical_units(
    cut: tuple[np.ndarray, pd.DataFrame], recordings: list[Recording]
) -> None:
    windows, index = cut
    by_name = {recording.name: recording for recording in recordings}
    assert windows.shape == (len(index), 128, 6)
    assert windows.dtype == np.float32
    for row in (0, 1234, len(index) - 1):
        where = index.iloc[row]
        raw = by_name[where["recording"]].samples[where["start"] : where["start"] + 128]
        expected = raw * ([STANDARD_GRAVITY] * 3 + [1.0] * 3)
        np.testing.assert_array_equal(windows[row], expected.astype(np.float32))


def test_no_window_reaches_over_the_end_of_its_interval(
    cut: tuple[np.ndarray, pd.DataFrame], recordings: list[Recording]
) -> None:
    stretches = {
        (recording.name, interval.activity, sample)
        for recording in recordings
        for interval in recording.intervals
        for sample in range(interval.start, interval.end - 127, 64)
    }
    assert set(cut[1][["recording", "label", "start"]].itertuples(index=False, name=None)) == stretches


def knobs(**preprocess: float) -> Params:
    raw = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    raw["preprocess"] |= preprocess
    return Params.model_validate(raw)


def recording(samples: int, rate_hz: float, *intervals: Interval) -> Recording:
    """Acceleration on the first axis rises by 1 g a second, so that a sample tells its time."""
    values = np.zeros((samples, 6))
    values[:, 0] = np.arange(samples) / rate_hz
    return Recording("exp01_user01", 1, rate_hz, values, intervals)


def test_an_interval_shorter_than_a_window_gives_none() -> None:
    short = recording(1000, 50.0, Interval("sitting", 100, 227), Interval("standing", 227, 355))
    windows, index = windows_of(short, hapt.DATASET, knobs())
    assert index[["start", "label"]].to_numpy().tolist() == [[227, "standing"]]
    assert windows.shape == (1, 128, 6)


def test_a_recording_without_intervals_gives_no_window() -> None:
    windows, index = windows_of(recording(1000, 50.0), hapt.DATASET, knobs())
    assert windows.shape == (0, 128, 6)
    assert len(index) == 0


@pytest.mark.parametrize("rate_hz", [25.0, 100.0])
def test_another_rate_is_brought_to_50_hz_with_its_labels(rate_hz: float) -> None:
    seconds = 12
    labelled = Interval("walking", round(2 * rate_hz), round(8 * rate_hz))
    windows, index = windows_of(recording(round(seconds * rate_hz), rate_hz, labelled), hapt.DATASET, knobs())
    assert index["start"].tolist() == [100, 164, 228]
    for window, start in zip(windows, index["start"], strict=True):
        expected = STANDARD_GRAVITY * (start + np.arange(128)) / 50.0
        np.testing.assert_allclose(window[:, 0], expected, atol=0.25 * STANDARD_GRAVITY)


def test_intervals_that_touch_do_not_share_a_window_at_another_rate() -> None:
    source = recording(800, 100.0, Interval("sitting", 0, 401), Interval("standing", 401, 800))
    _, index = windows_of(source, hapt.DATASET, knobs(step=1))
    sitting, standing = (index[index["label"] == label]["start"] for label in ("sitting", "standing"))
    assert sitting.max() + 128 <= standing.min()
    assert standing.max() + 128 <= 400
