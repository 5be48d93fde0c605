"""Faults put into sound recordings, written as files: what `har monitor` is meant to find."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.datasets.schema import CHANNELS, STANDARD_GRAVITY

Samples = NDArray[np.float64]
QUARTER: Final = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # turn about z
UPSIDE_DOWN: Final = np.diag([-1.0, -1.0, 1.0])
LOST: Final = 0.05  # share of the samples
STUCK_ACCELERATION, STUCK_ROTATION = 0, 4  # columns: acc_x, which carries gravity at the waist, and gyro_y


@dataclass(frozen=True)
class Told:
    """What a file says: samples `[n, 6]`, and times `[n]` in s or, without them, a rate in its header."""

    samples: Samples
    times: NDArray[np.float64] | None
    rate_hz: float


@dataclass(frozen=True)
class Fault:
    """One fault: what people call it, the finding that names it, and what it does to a recording."""

    title: str
    finding: str
    inject: Callable[[Told], Told]


def _scaled(part: slice, factor: float) -> Callable[[Told], Told]:
    def inject(told: Told) -> Told:
        samples = told.samples.copy()
        samples[:, part] *= factor
        return Told(samples, told.times, told.rate_hz)

    return inject


def _turned(rotation: Samples) -> Callable[[Told], Told]:
    def inject(told: Told) -> Told:
        parts = [told.samples[:, part] @ rotation.T for part in (slice(0, 3), slice(3, 6))]
        return Told(np.hstack(parts), told.times, told.rate_hz)

    return inject


def _stuck(column: int) -> Callable[[Told], Told]:
    def inject(told: Told) -> Told:
        samples = told.samples.copy()
        samples[:, column] = samples[0, column]
        return Told(samples, told.times, told.rate_hz)

    return inject


def _halved(told: Told) -> Told:
    return Told(told.samples[::2], None if told.times is None else told.times[::2], told.rate_hz)


def _misstated(told: Told) -> Told:
    return Told(told.samples[::2], None, told.rate_hz)


def _lossy(told: Told) -> Told:
    samples = told.samples.copy()
    first = len(samples) // 3
    samples[first : first + round(LOST * len(samples))] = np.nan
    return Told(samples, told.times, told.rate_hz)


FAULTS: Final = (
    Fault("gyroscope in deg/s", "gyroscope_unit", _scaled(slice(3, 6), 180 / np.pi)),
    Fault("acceleration in g", "acceleration_unit", _scaled(slice(0, 3), 1 / STANDARD_GRAVITY)),
    Fault("phone turned by a quarter", "rotation", _turned(QUARTER)),
    Fault("phone upside down", "rotation", _turned(UPSIDE_DOWN)),
    Fault("half the rate, true times", "sampling_rate", _halved),
    Fault("half the rate, stated as the whole", "tempo", _misstated),
    Fault("one axis of the gyroscope stuck", "stuck_axis", _stuck(STUCK_ROTATION)),
    Fault("one axis of the accelerometer stuck", "stuck_axis", _stuck(STUCK_ACCELERATION)),
    Fault("5 % of the samples lost at once", "missing_data", _lossy),
)


def write(told: Told, path: Path) -> None:
    """Write a recording as docs/recording-format.md has it, Parquet in canonical units."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {name: told.samples[:, i] for i, name in enumerate(CHANNELS)}
    table = pa.table(columns if told.times is None else {"t": told.times, **columns})
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table.replace_schema_metadata({"rate_hz": repr(told.rate_hz)}), path)
