"""How much each dataset holds, as its authors state it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from har.params import Preprocess


@dataclass(frozen=True)
class Counts:
    """What all the recordings of a dataset hold."""

    recordings: int
    subjects: int
    samples: int
    intervals: int


@dataclass(frozen=True)
class WindowCounts:
    """Windows of the subjects for training and validation, and of the test subjects, at one way of cutting."""

    rate_hz: float
    window: int
    step: int
    learning: int
    test: int


RECORDINGS: Final[Mapping[str, Counts]] = {
    "hapt": Counts(recordings=61, subjects=30, samples=1_122_772, intervals=1_214),  # RawData, labels.txt
    # README.md: 24 subjects in 15 trials; 1,412,865 rows as the authors' notebook counts them; less one copied trial.
    "motionsense": Counts(recordings=359, subjects=24, samples=1_412_865 - 10_292, intervals=359),
}
_WINDOWS: Final[Mapping[str, WindowCounts]] = {
    # Rows of Train/y_train.txt and Test/y_test.txt, all twelve activities.
    "hapt": WindowCounts(rate_hz=50.0, window=128, step=64, learning=7_767, test=3_162),
}


def windows_of(dataset: str, knobs: Preprocess) -> WindowCounts | None:
    """The published numbers of windows, if `knobs` cut as the authors did; otherwise None."""
    counts = _WINDOWS.get(dataset)
    same = counts and (counts.rate_hz, counts.window, counts.step) == (knobs.rate_hz, knobs.window, knobs.step)
    return counts if same else None
