"""Recordings as they arrive, faults and all: what `har predict` refuses is here read, measured and named.

The format is described in docs/recording-format.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.datasets import canonical
from har.datasets.recording_file import CLOCKS
from har.datasets.schema import CHANNELS
from har.errors import HarError
from har.signals.resample import resample
from har.signals.windows import cut

SUFFIXES: Final = (".csv", ".parquet")
MAX_GAP_S: Final = 0.5  # s between two samples; across more than that no window is made
BROKEN: Final = (OSError, ValueError)  # what pandas and pyarrow raise for files that are none


@dataclass(frozen=True)
class Arrival:
    """One recording, as much of it as can be read.

    pieces: `[m, 6]` each, canonical (m/s^2 with gravity, rad/s) at the model's rate, without gaps; units as the header
    states them, believable or not. rate_hz: of the source, Hz. missing: share of its samples that are absent, empty or
    no finite number. gaps: how often more than half a second is missing, or the clock jumps back.
    """

    name: str
    pieces: tuple[NDArray[np.float64], ...]
    rate_hz: float
    samples: int
    missing: float
    gaps: int


def paths_in(folder: Path) -> list[Path]:
    """The recordings of a folder, those of its folders included, by name. Raises: HarError where there is none."""
    if not folder.is_dir():
        raise HarError(f"{folder} is no folder: name one with recordings (.csv, .parquet).")
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")
    )
    if not found:
        raise HarError(f"{folder} holds no recording (.csv, .parquet): collect some first.")
    return found


def read(path: Path, name: str, rate_hz: float) -> Arrival:
    """Read a recording and bring it to `rate_hz` (Hz).

    Raises: HarError for a file that is no recording: no table, a column missing, an unknown unit, no times and no rate.
    """
    header, table = _table(path)
    if missing := [column for column in CHANNELS if column not in table.columns]:
        raise HarError(f"{path} lacks the column {missing[0]}: see docs/recording-format.md.")
    samples = _numbers(table[list(CHANNELS)]) * _factors(path, header)
    times = _times(path, header, table)
    step = float(np.median(np.diff(times[np.isfinite(times)]))) if len(times) > 1 else 0.0
    if not (np.isfinite(step) and step > 0):
        raise HarError(f"{path} has no times that increase: t must be in s, timestamp in ms.")
    good = np.isfinite(samples).all(axis=1) & np.isfinite(times)
    good[good] &= np.diff(times[good], prepend=-np.inf) != 0
    kept, at = samples[good], times[good]
    due = max(round((at[-1] - at[0]) / step) + 1 if len(at) else 0, len(table))
    apart = np.diff(at)
    breaks = np.flatnonzero((apart > MAX_GAP_S) | (apart < 0)) + 1
    parts = zip(np.split(at, breaks), np.split(kept, breaks), strict=True)
    pieces = tuple(_at_rate(part, values, rate_hz) for part, values in parts if len(part) > 1)
    return Arrival(name, pieces, 1 / step, len(table), 1 - len(kept) / due, len(breaks))


def _table(path: Path) -> tuple[dict[str, str], pd.DataFrame]:
    try:
        return _csv(path) if path.suffix.lower() == ".csv" else _parquet(path)
    except BROKEN as error:
        raise HarError(f"{path} cannot be read ({' '.join(str(error).split())}): record again.") from error


def _csv(path: Path) -> tuple[dict[str, str], pd.DataFrame]:
    with path.open(encoding="utf-8-sig") as file:
        comments = list(takewhile(lambda line: line.startswith("#"), file))
    stated = (comment.lstrip("# ").partition(":") for comment in comments)
    header = {key.strip(): text.strip() for key, colon, text in stated if colon}
    # A row with too many cells is left out, and shows as a gap.
    table = pd.read_csv(path, skiprows=len(comments), encoding="utf-8-sig", on_bad_lines="skip", low_memory=False)
    return header, table.rename(columns=str.strip)


def _parquet(path: Path) -> tuple[dict[str, str], pd.DataFrame]:
    from pyarrow import parquet

    table = parquet.ParquetFile(path).read()
    stated = table.schema.metadata or {}
    header = {key.decode(errors="replace"): text.decode(errors="replace") for key, text in stated.items()}
    return header, table.to_pandas()


def _numbers(table: pd.DataFrame) -> NDArray[np.float64]:
    """Cells as numbers `[n, c]`, NaN for whatever is none."""
    numbers = table.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _factors(path: Path, header: Mapping[str, str]) -> NDArray[np.float64]:
    """What takes the stated units and axes to the canonical ones, `[6]`."""
    known: dict[str, dict[str, float]] = {
        "acceleration": canonical.ACCELERATION,
        "angular_velocity": canonical.ANGULAR_VELOCITY,
        "axes": canonical.AXES,
    }
    found = {}
    for key, words in known.items():
        word = header.get(key, next(iter(words)))
        if word not in words:
            raise HarError(f"{path}: its header states {key} {word!r}: it must be {' or '.join(words)}.")
        found[key] = words[word]
    return np.array([found["acceleration"] * found["axes"]] * 3 + [found["angular_velocity"]] * 3)


def _times(path: Path, header: Mapping[str, str], table: pd.DataFrame) -> NDArray[np.float64]:
    """Times `[n]` in s: the file's own, else evenly spaced at the stated rate."""
    clock = next((name for name in CLOCKS if name in table.columns), None)
    if clock is not None:
        return _numbers(table[[clock]])[:, 0] * CLOCKS[clock]
    try:
        rate = float(header.get("rate_hz", ""))
    except ValueError as error:
        raise HarError(f"{path} has no column t (s) or timestamp (ms) and no rate_hz in its header.") from error
    if not rate > 0:
        raise HarError(f"{path}: its header states rate_hz {rate:g}: it must be a positive number in Hz.")
    return np.asarray(np.arange(len(table)) / rate)


def _at_rate(times: NDArray[np.float64], values: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """`values [n, 6]` at `times [n]` (s), resampled unless they are on the grid of `rate_hz` already."""
    elapsed: Any = (times - times[0]) * rate_hz
    if np.abs(elapsed - np.arange(len(times))).max() <= canonical.ON_GRID:
        return values
    return resample(times, values, rate_hz, max_gap_s=MAX_GAP_S)


def windows_of(pieces: tuple[NDArray[np.float64], ...], window: int, step: int) -> NDArray[np.float32]:
    """Windows `[n, window, 6]` of all pieces, float32 as they are in training."""
    parts = [cut(piece.astype(np.float32), window, step) for piece in pieces]
    return np.concatenate([np.empty((0, window, len(CHANNELS)), np.float32), *parts])
