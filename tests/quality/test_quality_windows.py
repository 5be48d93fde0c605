from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from har.datasets import catalog
from har.datasets.schema import BASIC, JOGGING, STANDARD_GRAVITY, TRANSITIONS, Recording
from har.datasets.split import split_of
from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.quality.windows import check_windows
from har.signals.windows import cut, starts

Windows = NDArray[Any]
PER_SUBJECT = 6


@pytest.fixture
def own(params: Params) -> Params:
    """Parameters of a dataset of which no counts were published."""
    return params.model_copy(update={"datasets": ("own",)})


@pytest.fixture
def windows() -> Windows:
    """Eighteen windows `[18, 128, 6]` of three subjects at rest."""
    values = np.random.default_rng(0).normal(0.0, 0.02, (3 * PER_SUBJECT, 128, 6)).astype(np.float32)
    values[..., 2] += np.float32(STANDARD_GRAVITY)
    return values


@pytest.fixture
def index() -> pd.DataFrame:
    rows = [
        ("own", subject, f"person{subject}", 64 * number, activity, split)
        for subject, split in ((1, "train"), (2, "validation"), (3, "test"))
        for number, activity in enumerate(BASIC)
    ]
    return pd.DataFrame(rows, columns=["dataset", "subject", "recording", "start", "label", "split"])


def test_sound_windows_pass(windows: Windows, index: pd.DataFrame, own: Params, paths: Paths) -> None:
    lengths = {f"person{subject}": 64 * (PER_SUBJECT - 1) + 128 for subject in (1, 2, 3)}
    assert check_windows(windows, index, own, paths, lengths, {"own": BASIC}).passed
    assert (paths.quality("windows") / "summary.json").is_file()
    assert (paths.data_docs("windows") / "index.html").is_file()


def change(column: str, value: object) -> Callable[[Windows, pd.DataFrame], None]:
    def harm(_: Windows, index: pd.DataFrame) -> None:
        index.loc[8, column] = value

    return harm


def missing(windows: Windows, _: pd.DataFrame) -> None:
    windows[8, 5, 3] = np.nan


def in_g(windows: Windows, index: pd.DataFrame) -> None:
    windows[(index["subject"] == 2).to_numpy(), :, :3] /= STANDARD_GRAVITY


def in_degrees(windows: Windows, _: pd.DataFrame) -> None:
    windows[8, 7, 4] = 60.0


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (missing, ("finite", "recording person2, column gyro_x, first_bad_start 128: not_finite is 1")),
        (in_g, ("m/s^2", "recording person2: mean_acceleration is 1")),
        (in_degrees, ("+-35 rad/s", "recording person2, column gyro_y: largest is 60")),
        (change("label", "dancing"), ("every label is one of", "recording person2, start 128: label is dancing")),
        (change("label", None), ("every window has a label", "recording person2, start 128: label is empty")),
        (change("split", "test"), ("two sides", "subject 2, split test", "subject 2, split validation")),
        (change("split", "holdout"), ("holdout",)),
        (change("start", 64), ("there twice", "recording person2, start 64")),
        (change("start", -64), ("before its recording", "recording person2, start -64")),
    ],
)
def test_harm_is_named(
    windows: Windows,
    index: pd.DataFrame,
    own: Params,
    paths: Paths,
    harm: Callable[[Windows, pd.DataFrame], None],
    words: tuple[str, ...],
) -> None:
    harm(windows, index)
    with pytest.raises(HarError) as caught:
        check_windows(windows, index, own, paths)
    for word in words:
        assert word in str(caught.value)


def test_a_window_past_the_end_is_named(windows: Windows, index: pd.DataFrame, own: Params, paths: Paths) -> None:
    lengths = {"person1": 448, "person2": 440, "person3": 448}
    with pytest.raises(HarError, match="recording person2, start 320: past_the_end is 8"):
        check_windows(windows, index, own, paths, lengths)


def test_a_window_of_an_unknown_recording_is_named(
    windows: Windows, index: pd.DataFrame, own: Params, paths: Paths
) -> None:
    with pytest.raises(HarError, match="recording person3, start 0: past_the_end is 128"):
        check_windows(windows, index, own, paths, {"person1": 448, "person2": 448})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda windows: windows[:, :100], r"shape is \[n, 100, 6\]"),
        (lambda windows: windows[..., :5], r"shape is \[n, 128, 5\]"),
        (lambda windows: windows.astype(np.float64), "type is float64"),
        (lambda windows: windows[:-1], "row of the index"),
        (lambda windows: windows[:0], "windows is 0"),
    ],
)
def test_a_wrong_array_is_told(
    windows: Windows,
    index: pd.DataFrame,
    own: Params,
    paths: Paths,
    wrong: Callable[[Windows], Windows],
    words: str,
) -> None:
    with pytest.raises(HarError, match=words):
        check_windows(wrong(windows), index, own, paths)


def hapt_windows(recordings: list[Recording], params: Params) -> tuple[Windows, pd.DataFrame]:
    """The windows `[10929, 128, 6]` of HAPT and their index."""
    size, step = params.preprocess.window, params.preprocess.step
    parts, rows = [], []
    for recording in recordings:
        for item in recording.intervals:
            parts.append(cut(recording.samples[item.start : item.end], size, step).astype(np.float32))
            rows += [
                ("hapt", recording.subject, recording.name, item.start + int(start), item.activity)
                for start in starts(item.end - item.start, size, step)
            ]
    index = pd.DataFrame(rows, columns=["dataset", "subject", "recording", "start", "label"])
    index["split"] = split_of(
        index["subject"].tolist(),
        test=catalog.get("hapt").test_subjects,
        validation=params.preprocess.validation("hapt"),
    )
    return np.concatenate(parts), index


def test_the_published_windows_pass_and_one_less_does_not(
    canonical: list[Recording], params: Params, paths: Paths
) -> None:
    windows, index = hapt_windows(canonical, params)
    lengths = {recording.name: len(recording.samples) for recording in canonical}
    assert check_windows(windows, index, params, paths, lengths).passed
    kept = index.index[1:]
    with pytest.raises(HarError, match="as many windows as published, but data_set hapt, side train and validation"):
        check_windows(windows[kept], index.loc[kept].reset_index(drop=True), params, paths)


def test_other_windows_than_the_published_have_no_published_count(
    windows: Windows, index: pd.DataFrame, params: Params, paths: Paths
) -> None:
    shorter = params.model_copy(update={"preprocess": params.preprocess.model_copy(update={"window": 100})})
    assert check_windows(windows[:, :100], index, shorter, paths).passed


def test_an_activity_without_windows_is_named_and_a_transition_may_have_none(
    windows: Windows, index: pd.DataFrame, own: Params, paths: Paths
) -> None:
    labels = {"own": (*BASIC, *TRANSITIONS)}
    assert check_windows(windows, index, own, paths, labels=labels).passed
    with pytest.raises(HarError, match="data_set own, activity jogging: windows is 0"):
        check_windows(windows, index, own, paths, labels={"own": (*BASIC, JOGGING)})
