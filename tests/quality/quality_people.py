"""Small recordings with known physics, and ways to harm them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from har.datasets.schema import STANDARD_GRAVITY, Interval, Recording

RATE_HZ = 50.0
STEP_RATE_HZ = 1.8  # steps a second of a brisk walk
SENSOR_NOISE = 0.02  # m/s^2 and rad/s
STILL_S, WALK_S = 20, 20
SIDES = {"validation": (2,), "test": (3,)}  # subject 1 is left for training


Harm = Callable[[NDArray[np.float64]], None]


def person(subject: int) -> Recording:
    """Someone who sits and then walks, the phone upright: samples `[n, 6]` in m/s^2 and rad/s."""
    still, walk = (np.arange(int(seconds * RATE_HZ)) / RATE_HZ for seconds in (STILL_S, WALK_S))
    samples = np.random.default_rng(subject).normal(0.0, SENSOR_NOISE, (len(still) + len(walk), 6))
    samples[:, 1] += STANDARD_GRAVITY
    samples[len(still) :, 1] += 3.0 * np.sin(2 * np.pi * STEP_RATE_HZ * walk)
    samples[len(still) :, 3:] += np.sin(2 * np.pi * STEP_RATE_HZ / 2 * walk)[:, None]
    intervals = (Interval("sitting", 10, 900), Interval("walking", 1050, 1950))
    return Recording(f"person{subject}", subject, RATE_HZ, samples, intervals)


def harmed(recordings: Sequence[Recording], harm: Harm) -> list[Recording]:
    """The recordings with the samples of the second one changed in place by `harm`."""
    samples = recordings[1].samples.copy()
    harm(samples)
    return [recordings[0], replace(recordings[1], samples=samples), *recordings[2:]]


def relabelled(recordings: Sequence[Recording], *added: Interval) -> list[Recording]:
    """The recordings with intervals added to the second one."""
    intervals = (*recordings[1].intervals, *added)
    return [recordings[0], replace(recordings[1], intervals=intervals), *recordings[2:]]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
