"""Recordings as tables to validate: one row a recording, a subject, an interval, a column."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.datasets.schema import CHANNELS, STILL, Recording
from har.quality.profile import column_profile, mean_magnitude, median_magnitude

ACC: Final = slice(0, 3)
GYRO: Final = slice(3, 6)
_RECORDING_COLUMNS: Final = (
    "recording",
    "subject",
    "rate_hz",
    "samples",
    "shape",
    "type",
    "intervals",
    "content",
    "mean_acceleration",
    "still_acceleration",
    "still_rotation",
)


def _shaped(recording: Recording) -> bool:
    return recording.samples.ndim == 2 and recording.samples.shape[1] == len(CHANNELS) and len(recording.samples) > 0


def of_columns(recordings: Sequence[Recording], sensor: slice) -> pd.DataFrame:
    """One row a recording and column of `sensor` (`ACC` or `GYRO`), with the facts of `column_profile`."""
    rows = [row for recording in recordings if _shaped(recording) for row in _column_rows(recording, sensor)]
    columns = ["recording", "column", *column_profile(np.zeros(1), 1.0)]
    return pd.DataFrame(rows, columns=columns).astype({"first_bad_sample": "Int64"})


def _column_rows(recording: Recording, sensor: slice) -> Iterator[dict[str, Any]]:
    for at in range(sensor.start, sensor.stop):
        name = {"recording": recording.name, "column": CHANNELS[at]}
        yield name | column_profile(recording.samples[:, at], recording.rate_hz)


def of_recordings(recordings: Sequence[Recording]) -> pd.DataFrame:
    """One row a recording: what it is, and the accelerations (m/s^2) and rotation (rad/s) that give away units."""
    return pd.DataFrame([_recording_row(recording) for recording in recordings], columns=list(_RECORDING_COLUMNS))


def _recording_row(recording: Recording) -> dict[str, Any]:
    samples = recording.samples
    facts: dict[str, Any] = {
        "recording": recording.name,
        "subject": recording.subject,
        "rate_hz": recording.rate_hz,
        "samples": len(samples),
        "shape": f"[n, {', '.join(map(str, samples.shape[1:]))}]",
        "type": samples.dtype.name,
        "intervals": len(recording.intervals),
        "content": hashlib.sha256(np.ascontiguousarray(samples).data).hexdigest()[:16],
    }
    if _shaped(recording):
        still = samples[_still(recording)]
        facts["mean_acceleration"] = mean_magnitude(samples[:, ACC])
        facts["still_acceleration"] = median_magnitude(still[:, ACC])
        facts["still_rotation"] = median_magnitude(still[:, GYRO])
    return facts


def _still(recording: Recording) -> NDArray[np.bool_]:
    """Which samples are labelled sitting, standing or laying, `[n]`."""
    mask = np.zeros(len(recording.samples), dtype=bool)
    for interval in recording.intervals:
        if interval.activity in STILL:
            mask[max(interval.start, 0) : max(interval.end, 0)] = True
    return mask


def of_sources(sources: Mapping[str, Sequence[Recording]]) -> pd.DataFrame:
    """One row a subject and one a recording's name (`kind`): in how many `data_sets` it is."""
    found = {(kind, name, source) for source in sources for kind, name in _names(sources[source])}
    table = pd.DataFrame(sorted(found), columns=["kind", "name", "data_sets"])
    return table.groupby(["kind", "name"], as_index=False).count()


def _names(recordings: Sequence[Recording]) -> Iterator[tuple[str, str]]:
    for recording in recordings:
        yield "recording", recording.name
        yield "subject", str(recording.subject)


def of_subjects(recordings: Sequence[Recording], sides: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """One row a subject and side; a subject that is named for no side is on the training side."""
    recorded = pd.Series([recording.subject for recording in recordings], dtype="int64").value_counts()
    named = [(subject, side) for side in sorted(sides) for subject in sorted(sides[side])]
    others = sorted(set(recorded.index) - {subject for subject, _ in named})
    rows = [
        {"subject": int(subject), "side": side, "recordings": int(recorded.get(subject, 0))}
        for subject, side in [*named, *((subject, "train") for subject in others)]
    ]
    return pd.DataFrame(rows, columns=["subject", "side", "recordings"])


def of_intervals(recordings: Sequence[Recording]) -> pd.DataFrame:
    """One row an interval: `length`, and how many of its samples are past the recording's end or labelled already."""
    rows = []
    for recording in recordings:
        labelled_up_to = 0
        for item in sorted(recording.intervals, key=lambda item: (item.start, item.end)):
            rows.append(
                {
                    "recording": recording.name,
                    "activity": item.activity,
                    "start": item.start,
                    "end": item.end,
                    "length": item.end - item.start,
                    "past_the_end": max(item.end - len(recording.samples), 0),
                    "overlap": max(min(labelled_up_to, item.end) - max(item.start, 0), 0),
                }
            )
            labelled_up_to = max(labelled_up_to, item.end)
    columns = ["recording", "activity", "start", "end", "length", "past_the_end", "overlap"]
    return pd.DataFrame(rows, columns=columns)
