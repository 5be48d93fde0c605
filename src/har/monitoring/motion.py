"""What some windows say about the phone and its sensors, whatever is done meanwhile: figures that give away faults."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.monitoring import watched
from har.monitoring.batch import Batch
from har.signals.attitude import MOVING

AXES: Final = tuple(f"{sensor}_{axis}" for sensor in ("body_acc", "gyro") for axis in "xyz")
NO_MOTION: Final = -3.99  # lg std; features of a constant series stand at -4, any sensor's noise is above -3.5
TURNING: Final = 0.3  # rad/s, standard deviation over a window and all axes: sitting and standing stay below 0.2
FEW: Final = 10  # such windows below which nothing is said about how a phone sits or how fast its owner steps
RUN: Final = 5  # windows in succession, 7.7 s: getting up or lying down takes less, walking more


def turning(batch: Batch) -> float:
    """Median of lg (angular velocity / body acceleration), standard deviations in rad/s and m/s^2.

    The two rise and fall together: from sitting still to running downstairs a phone turns about as much as it is
    shaken. The wrong unit of one of them is the only thing that parts them by a factor of ten.
    """
    acceleration, rotation = _strengths(batch)
    return float(np.median(np.log10(rotation / acceleration)))


def gravity(batch: Batch) -> float:
    """Median length of gravity, m/s^2."""
    return float(np.median(batch.column("gravity_mag_mean")))


def up(batch: Batch) -> NDArray[np.float64] | None:
    """Mean direction `[3]` of gravity while walking, of length 1; None where nobody walks for long enough."""
    walks = walking(batch)
    if walks.sum() < FEW:
        return None
    vector = batch.column(*watched.DIRECTION)[walks].mean(axis=0)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


def pace(batch: Batch) -> tuple[float, float] | None:
    """Strongest frequency of vertical acceleration while walking (Hz), and how strong that is (m/s^2); medians.

    None where nobody walks for long enough.
    """
    walks = walking(batch)
    if walks.sum() < FEW:
        return None
    hz = batch.column("body_acc_up_spectrum_peak")[walks]
    return float(np.median(hz)), float(np.median(_strengths(batch)[0][walks]))


def motionless(batch: Batch) -> NDArray[np.float64]:
    """Share `[6]` of the windows with movement in which each of `AXES` holds one value; zeros where too little moves.

    Only windows with movement count: a phone on a table, its readings rounded, is constant without being stuck.
    """
    moves = _shaken(batch) | (_strengths(batch)[1] > TURNING * np.sqrt(3))
    if moves.sum() < FEW:
        return np.zeros(len(AXES))
    still = batch.column(*(f"{axis}_log_std" for axis in AXES))[moves] < NO_MOTION
    return np.asarray(still.mean(axis=0))


def walking(batch: Batch) -> NDArray[np.bool_]:
    """Which windows are of walking, climbing or running, `[n]`: shaken, and so are their neighbours."""
    shaken = _shaken(batch)
    parts = np.flatnonzero((shaken[1:] != shaken[:-1]) | (batch.sources[1:] != batch.sources[:-1])) + 1
    lengths = np.diff([0, *parts, len(shaken)])
    return np.asarray(shaken & np.repeat(lengths >= RUN, lengths))


def degrees(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Angle between two directions of length 1."""
    return float(np.degrees(np.arccos(np.clip(one @ other, -1.0, 1.0))))


def _shaken(batch: Batch) -> NDArray[np.bool_]:
    return np.asarray(_strengths(batch)[0] > MOVING * np.sqrt(3))


def _strengths(batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard deviation over all three axes, `[n]` each: body acceleration (m/s^2), angular velocity (rad/s)."""
    spreads = 10.0 ** batch.column(*(f"{axis}_log_std" for axis in AXES))
    parts = (np.sqrt((spreads[:, part] ** 2).sum(axis=1)) for part in (slice(0, 3), slice(3, 6)))
    acceleration, rotation = parts
    return acceleration, rotation
