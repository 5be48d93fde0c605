"""The words that every dataset is translated into: channels, activities, and what one recording is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHANNELS: Final = ("acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z")
STANDARD_GRAVITY: Final = 9.80665  # m/s^2 (HAPT README.txt; CGPM 1901)

BASIC: Final = ("walking", "walking_upstairs", "walking_downstairs", "sitting", "standing", "laying")
TRANSITIONS: Final = ("stand_to_sit", "sit_to_stand", "sit_to_lie", "lie_to_sit", "stand_to_lie", "lie_to_stand")
JOGGING: Final = "jogging"
STILL: Final = ("sitting", "standing", "laying")
LABELS: Final = (*BASIC, *TRANSITIONS, JOGGING)  # what an interval of a recording may be labelled
TRANSITION: Final = "transition"  # any of the six transitions, where a set does not tell them apart

_SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "basic": BASIC,
    "transitions": BASIC + TRANSITIONS,
    "one_transition": (*BASIC, TRANSITION),
    "shared": tuple(name for name in BASIC if name != "laying"),
    "joint": (*BASIC, JOGGING),
}


def activity_set(name: str) -> tuple[str, ...]:
    """Activities of the set `name`, in the order of the model's outputs.

    `basic` (6), `transitions` (12), `one_transition` (7: the transitions as one), `shared` (5: basic without laying,
    what HAPT and MotionSense both have), `joint` (7: basic and jogging, what they have together).
    """
    return _SETS[name]


def word(label: str, activities: Collection[str]) -> str:
    """What a label is called among `activities`: itself, or `TRANSITION` where these do not tell transitions apart."""
    return TRANSITION if TRANSITION in activities and label in TRANSITIONS else label


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
