"""Recordings on disk: one Parquet file a recording, one table of labelled intervals, and a manifest of hashes."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from har.datasets.dataset import content_sha256, read_only
from har.datasets.schema import CHANNELS, Interval, Recording
from har.errors import HarError
from har.files import check_manifest, write_manifest

__all__ = ["can_name", "content_sha256", "read", "write"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_INTERVALS: Final = pa.schema(
    [
        ("recording", pa.string()),
        ("subject", pa.int32()),
        ("activity", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
    ]
)


def can_name(name: str) -> bool:
    """Whether a recording may have this name, which also names its file."""
    return bool(_NAME.fullmatch(name))


def write(recordings: Sequence[Recording], folder: Path) -> None:
    """Write recordings into `folder`, with the same bytes each time.

    `recordings/<name>.parquet`: a column a channel, float64 values kept exactly, in the source's units; subject
    and rate in the file's metadata. `intervals.parquet`: recording, subject, activity, start, end (samples,
    counted from 0, end not included), recordings by name, a recording's intervals in their own order.
    """
    ordered = sorted(recordings, key=lambda recording: recording.name)
    names = [recording.name for recording in ordered]
    if bad := [name for name in names if not can_name(name)]:
        raise HarError(f"recording {bad[0]!r} cannot name a file: use letters, digits, dots, hyphens and underscores.")
    if len(set(names)) != len(names):
        raise HarError("two recordings share a name: give each recording of a dataset its own.")
    (folder / "recordings").mkdir(parents=True, exist_ok=True)
    for recording in ordered:
        _write_table(_samples_table(recording), folder / "recordings" / f"{recording.name}.parquet")
    _write_table(_intervals_table(ordered), folder / "intervals.parquet")
    write_manifest(folder)


def read(folder: Path) -> list[Recording]:
    """Read what `write` wrote, recordings by name; a file that was changed or lost is a `HarError` that names it.

    The samples `[n, 6]` are write-protected.
    """
    manifest = check_manifest(folder)
    if "intervals.parquet" not in manifest:
        raise HarError(f"{folder / 'manifest.json'} lists no intervals.parquet: delete {folder} and run `dvc repro`.")
    intervals: dict[str, list[Interval]] = defaultdict(list)
    for row in _read_table(folder / "intervals.parquet").to_pylist():
        intervals[row["recording"]].append(Interval(row["activity"], row["start"], row["end"]))
    files = [folder / name for name in sorted(manifest) if name.startswith("recordings/")]
    if unknown := sorted(set(intervals) - {file.stem for file in files}):
        raise HarError(
            f"{folder / 'intervals.parquet'} labels {unknown[0]}, which is not in recordings/: "
            f"delete {folder} and run `dvc repro`."
        )
    return sorted(
        (_read_recording(file, tuple(intervals[file.stem])) for file in files), key=lambda recording: recording.name
    )


def _samples_table(recording: Recording) -> pa.Table:
    columns = [pa.array(np.ascontiguousarray(column)) for column in recording.samples.T]
    metadata = {"subject": str(recording.subject), "rate_hz": repr(float(recording.rate_hz))}
    return pa.Table.from_arrays(columns, names=list(CHANNELS), metadata=metadata)


def _intervals_table(recordings: Sequence[Recording]) -> pa.Table:
    rows = [
        {
            "recording": recording.name,
            "subject": recording.subject,
            "activity": interval.activity,
            "start": interval.start,
            "end": interval.end,
        }
        for recording in recordings
        for interval in recording.intervals
    ]
    return pa.Table.from_pylist(rows, schema=_INTERVALS)


def _write_table(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")


def _read_table(path: Path) -> pa.Table:
    try:
        # One thread: the files are small, and several would only contend for the cores of a worker.
        return pq.read_table(path, use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise HarError(f"{path} is not a readable Parquet file: delete it and run `dvc repro`.") from error


def _read_recording(path: Path, intervals: tuple[Interval, ...]) -> Recording:
    table = _read_table(path)
    metadata = table.schema.metadata or {}
    if tuple(table.column_names) != CHANNELS or not {b"subject", b"rate_hz"} <= metadata.keys():
        raise HarError(
            f"{path} is not a recording (columns {', '.join(CHANNELS)}; subject and rate_hz in its metadata): "
            "delete it and run `dvc repro`."
        )
    samples = np.column_stack([table.column(channel).to_numpy() for channel in CHANNELS])
    return Recording(path.stem, int(metadata[b"subject"]), float(metadata[b"rate_hz"]), read_only(samples), intervals)
