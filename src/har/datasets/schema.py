"""The words that every dataset is translated into: channels, activities, and what one recording is."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHANNELS: Final = ("acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z")
STANDARD_GRAVITY: Final = 9.80665  # m/s^2 (HAPT README.txt; CGPM 1901)

BASIC: Final = ("walking", "walking_upstairs", "walking_downstairs", "sitting", "standing", "laying")
TRANSITIONS: Final = ("stand_to_sit", "sit_to_stand", "sit_to_lie", "lie_to_sit", "stand_to_lie", "lie_to_stand")
STILL: Final = ("sitting", "standing", "laying")


def activity_set(name: str) -> tuple[str, ...]:
    """Activities of the set `name`: `basic` (6) or `transitions` (12), in the order of the model's outputs."""
    return {"basic": BASIC, "transitions": BASIC + TRANSITIONS}[name]


@dataclass(frozen=True)
class Interval:
    """A labelled stretch of a recording: samples `start` (counted from 0) up to, not including, `end`."""

    activity: str
    start: int
    end: int


@dataclass(frozen=True)
class Recording:
    """One continuous session of one subject with one device.

    samples: `[n, 6]` float64, columns as in `CHANNELS`, in the units of the dataset's source.
    """

    name: str
    subject: int
    rate_hz: float
    samples: NDArray[np.float64]
    intervals: tuple[Interval, ...]
