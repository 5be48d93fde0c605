"""What is expected of windows and of the index that says where each comes from."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.datasets.schema import CHANNELS, LABELS, TRANSITIONS
from har.params import Params, Validate
from har.paths import Paths
from har.quality import expectations as expect
from har.quality.expectations import Expectation, Table
from har.quality.profile import mean_magnitude
from har.quality.published import WindowCounts, windows_of
from har.quality.report import Report
from har.quality.suite import check

SUITE: Final = "windows"
SPLITS: Final = ("train", "validation", "test")


def check_windows(
    windows: NDArray[Any],
    index: pd.DataFrame,
    params: Params,
    paths: Paths,
    lengths: Mapping[str, int] | None = None,
    labels: Mapping[str, Collection[str]] | None = None,
) -> Report:
    """Validate `windows` `[n, window, 6]` (float32, m/s^2 and rad/s) and their `index`, and write the reports.

    index: `[n]` rows of dataset, subject, recording, start (sample at the canonical rate), label, split.
    lengths: samples of each recording at the canonical rate; None leaves out whether windows end inside.
    labels: the activities that each dataset has; None leaves out whether all that last have windows.
    An expectation that is not met is a `HarError` that names the window, the column and the value.
    """
    return check(SUITE, tables(windows, index, params, lengths, labels), paths)


def tables(
    windows: NDArray[Any],
    index: pd.DataFrame,
    params: Params,
    lengths: Mapping[str, int] | None = None,
    labels: Mapping[str, Collection[str]] | None = None,
) -> list[Table]:
    """The tables of the suite, each with what is expected of it; arguments as in `check_windows`."""
    window, limits = params.preprocess.window, params.validate_
    result = [
        Table("array", _array_row(windows, index), ("array",), _of_array(window)),
        Table("subjects", _subject_rows(index), ("subject", "split"), _of_subjects()),
        Table("index", _index_rows(index, window, lengths), ("recording", "start"), _of_index(lengths)),
    ]
    if windows.ndim == 3 and windows.shape[2] == len(CHANNELS) and len(windows) == len(index):
        result += _value_tables(windows, index, limits)
    if labels:
        result.append(Table("activities", _activity_rows(index, labels), ("data_set", "activity"), _of_activities()))
    published = {name: counts for name in params.datasets if (counts := windows_of(name, params.preprocess))}
    if published:
        same = expect.equal("windows", "published", "each side of the split has as many windows as published")
        result.append(Table("counts", _count_rows(index, published), ("data_set", "side"), (same,)))
    return result


def _value_tables(windows: NDArray[Any], index: pd.DataFrame, limits: Validate) -> list[Table]:
    channels, keys = _channel_rows(windows, index), ("recording", "column", "first_bad_start")
    acceleration = channels["column"].str.startswith("acc")
    acc = f"acceleration is within +-{limits.max_acceleration:g} m/s^2 (validate.max_acceleration)"
    gyro = f"angular velocity is within +-{limits.max_angular_velocity:g} rad/s (validate.max_angular_velocity)"
    return [
        Table("recordings", _recording_rows(windows, index), ("recording",), _of_units(limits)),
        Table("acceleration", channels[acceleration], keys, _of_channels(limits.max_acceleration, acc)),
        Table("angular velocity", channels[~acceleration], keys, _of_channels(limits.max_angular_velocity, gyro)),
    ]


def _array_row(windows: NDArray[Any], index: pd.DataFrame) -> pd.DataFrame:
    shape = f"[n, {', '.join(map(str, windows.shape[1:]))}]"
    row = {"array": "windows", "shape": shape, "type": windows.dtype.name, "windows": len(windows), "rows": len(index)}
    return pd.DataFrame([row])


def _of_array(window: int) -> tuple[Expectation, ...]:
    shape = f"[n, {window}, {len(CHANNELS)}]"
    return (
        expect.one_of("shape", [shape], f"windows are {shape}, the last axis {', '.join(CHANNELS)}"),
        expect.one_of("type", ["float32"], "windows are float32"),
        expect.between("windows", 1, None, "there is at least one window"),
        expect.equal("windows", "rows", "every window has its row of the index"),
    )


def _subject_rows(index: pd.DataFrame) -> pd.DataFrame:
    return index.groupby(["subject", "split"], as_index=False, dropna=False).size().rename(columns={"size": "windows"})


def _of_subjects() -> tuple[Expectation, ...]:
    return (
        expect.unique("subject", "no subject is on two sides of the split"),
        expect.one_of("split", SPLITS, f"a split is one of {', '.join(SPLITS)}"),
        expect.all_of("split", SPLITS, "no side of the split is without subjects"),
    )


def _index_rows(index: pd.DataFrame, window: int, lengths: Mapping[str, int] | None) -> pd.DataFrame:
    rows = index[["recording", "start", "subject", "label", "split"]].reset_index(drop=True)
    if lengths is not None:
        known = rows["recording"].map(lengths).fillna(0).astype("int64")
        rows["past_the_end"] = (rows["start"] + window - known).clip(lower=0)
    return rows


def _of_index(lengths: Mapping[str, int] | None) -> tuple[Expectation, ...]:
    inside = "no window reaches past the end of its recording, in samples"
    return (
        *(
            expect.present(column, f"every window has a {column}")
            for column in ("recording", "subject", "label", "split")
        ),
        expect.one_of("label", LABELS, f"every label is one of {', '.join(LABELS)}"),
        expect.between("start", 0, None, "no window starts before its recording"),
        expect.unique_together(("recording", "start"), "no window is there twice"),
        *((expect.between("past_the_end", 0, 0, inside),) if lengths is not None else ()),
    )


def _activity_rows(index: pd.DataFrame, labels: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """One row an activity of a dataset, without the transitions, which may be too short for a window."""
    found = index.groupby(["dataset", "label"]).size().to_dict()
    rows = [
        (name, label, found.get((name, label), 0))
        for name in labels
        for label in labels[name]
        if label not in TRANSITIONS
    ]
    return pd.DataFrame(rows, columns=["data_set", "activity", "windows"])


def _of_activities() -> tuple[Expectation, ...]:
    return (expect.between("windows", 1, None, "each activity of a data set, transitions aside, has windows"),)


def _recording_rows(windows: NDArray[Any], index: pd.DataFrame) -> pd.DataFrame:
    """One row a recording: the mean |acceleration| over its windows, m/s^2."""
    rows = [
        {"recording": name, "windows": len(part), "mean_acceleration": mean_magnitude(part[..., :3].reshape(-1, 3))}
        for name, part, _ in _by_recording(windows, index)
    ]
    return pd.DataFrame(rows, columns=["recording", "windows", "mean_acceleration"])


def _of_units(limits: Validate) -> tuple[Expectation, ...]:
    low, high = limits.mean_acceleration
    words = f"the mean acceleration is {low:g} to {high:g} m/s^2, gravity included (validate.mean_acceleration)"
    return (expect.between("mean_acceleration", low, high, words),)


def _channel_rows(windows: NDArray[Any], index: pd.DataFrame) -> pd.DataFrame:
    """One row a recording and channel: extremes of the finite values, and where the first other one is."""
    rows = []
    for name, part, starts in _by_recording(windows, index):
        for at, channel in enumerate(CHANNELS):
            values = part[..., at]
            finite = np.isfinite(values)
            bad = ~finite.all(axis=1)
            rows.append(
                {
                    "recording": name,
                    "column": channel,
                    "not_finite": int(values.size - finite.sum()),
                    "first_bad_start": int(starts[bad][0]) if bad.any() else None,
                    "largest": float(np.max(np.abs(values), where=finite, initial=0.0)),
                }
            )
    columns = ["recording", "column", "not_finite", "first_bad_start", "largest"]
    return pd.DataFrame(rows, columns=columns).astype({"first_bad_start": "Int64"})


def _of_channels(limit: float, words: str) -> tuple[Expectation, ...]:
    return (
        expect.between("not_finite", 0, 0, "every value of a window is finite"),
        expect.between("largest", 0, limit, words),
    )


def _by_recording(windows: NDArray[Any], index: pd.DataFrame) -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    """Name, windows `[k, window, 6]` and starts `[k]` of each recording."""
    for name, where in sorted(index.groupby("recording").indices.items()):
        yield str(name), windows[where], index["start"].to_numpy()[where]


def _count_rows(index: pd.DataFrame, published: Mapping[str, WindowCounts]) -> pd.DataFrame:
    rows = []
    for name, counts in published.items():
        splits = index.loc[index["dataset"] == name, "split"]
        test = int((splits == "test").sum())
        rows.append((name, "train and validation", len(splits) - test, counts.learning))
        rows.append((name, "test", test, counts.test))
    return pd.DataFrame(rows, columns=["data_set", "side", "windows", "published"])
