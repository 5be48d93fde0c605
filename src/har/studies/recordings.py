"""Whole recordings in canonical units and rate, as studies listen to them and show them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from har.datasets import catalog, store
from har.datasets.schema import Interval
from har.params import Params
from har.paths import Paths
from har.stages.preprocess import canonical


@dataclass(frozen=True)
class Heard:
    """One recording: samples `[t, 6]` (m/s^2 with gravity, rad/s) at the canonical rate, intervals in these samples."""

    dataset: str
    name: str
    subject: int
    samples: NDArray[np.float32]
    intervals: tuple[Interval, ...]


def read(params: Params, paths: Paths) -> list[Heard]:
    """All recordings of the data sets of params.yaml, by data set and name.

    Raises: HarError where a file of `data/raw/` is missing or corrupt.
    """
    found = []
    for name in params.datasets:
        dataset = catalog.get(name)
        for recording in store.read(paths.raw(name)):
            samples, ratio = canonical(recording, dataset, params), params.preprocess.rate_hz / recording.rate_hz
            intervals = tuple(
                Interval(item.activity, round(item.start * ratio), min(round(item.end * ratio), len(samples)))
                for item in recording.intervals
            )
            kept = samples.astype(np.float32)
            found.append(Heard(name, recording.name, recording.subject, kept, intervals))
    return found
