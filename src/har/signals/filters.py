"""Filters along time: pure functions on arrays `[..., t, c]`, the same filter on every channel.

All of them are zero-phase: nothing is shifted in time. Every series is filtered on its own, so neither the other
channels nor the other windows of a batch change it.
"""

from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import butter, sosfiltfilt

from har.errors import HarError

ORDER: Final = 3  # of each Butterworth filter (HAPT features_info.txt); forwards and backwards makes it six
SETTLING_PERIODS: Final = (
    3.0  # periods of the cut-off frequency after which a third-order filter has forgotten its start
)
MATRIX_SAMPLES: Final = 512  # up to this length a filter is applied as a matrix (2 MB at most)

Ends = Literal["odd", "even"]  # how the series goes on beyond its ends: turned about the end point, or mirrored


def deglitch(x: ArrayLike, samples: int) -> NDArray[np.float64]:
    """Median filter over `samples` (odd) time steps: x `[..., t, c]` -> `[..., t, c]`.

    It removes glitches shorter than half of it, also at the ends, where the signal is mirrored.
    """
    signal = _signal(x)
    if samples < 1 or samples % 2 == 0:
        raise HarError(f"median_samples is {samples}: give an odd number of samples, 1 for no median filter.")
    half = samples // 2
    pad = [(0, 0)] * (signal.ndim - 2) + [(half, half), (0, 0)]
    padded = np.pad(signal, pad, mode="reflect")
    t = signal.shape[-2]
    shifted = [padded[..., i : i + t, :] for i in range(samples)]
    # Bubble sort over shifted copies, stopped at the middle: for a handful of samples far faster than sorting each.
    for end in range(samples - 1, half - 1, -1):
        for i in range(end):
            low, high = shifted[i], shifted[i + 1]
            shifted[i], shifted[i + 1] = np.minimum(low, high), np.maximum(low, high)
    return shifted[half].copy() if samples == 1 else shifted[half]


def remove_noise(x: ArrayLike, rate_hz: float, cutoff_hz: float) -> NDArray[np.float64]:
    """Third-order zero-phase low-pass Butterworth filter: x `[..., t, c]` at `rate_hz` -> `[..., t, c]`."""
    return _low_pass(_signal(x), rate_hz, cutoff_hz, "noise_cutoff_hz", "odd")


def separate_gravity(
    acc: ArrayLike, rate_hz: float, cutoff_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split acceleration `[..., t, 3]` (m/s^2) into what moves faster and slower than `cutoff_hz`: `(body, gravity)`.

    `body` is `acc - gravity`. A constant comes back as gravity bit by bit, with a body of exactly zero.
    """
    signal = _signal(acc)
    # Mirrored ends: 0.3 Hz is slower than a window of 2.56 s, and extrapolating through the end points, as is usual
    # elsewhere, would let a single footstep at the edge tilt gravity.
    gravity = _low_pass(signal, rate_hz, cutoff_hz, "gravity_cutoff_hz", "even")
    return signal - gravity, gravity


def _signal(x: ArrayLike) -> NDArray[np.float64]:
    signal = np.asarray(x, dtype=np.float64)
    if signal.ndim < 2 or signal.shape[-2] < 1:
        raise HarError(f"a signal of shape {signal.shape} cannot be filtered: give [..., t, c], at least one sample.")
    return signal


def _low_pass(x: NDArray[np.float64], rate_hz: float, cutoff_hz: float, name: str, ends: Ends) -> NDArray[np.float64]:
    if not 0 < cutoff_hz < rate_hz / 2:
        limit = f"{rate_hz / 2:g} Hz, half the rate"
        raise HarError(f"{name} is {cutoff_hz:g} Hz: give a frequency above 0 and below {limit}.")
    start = x[..., :1, :]  # filtering the difference from it keeps a constant exact
    moved = np.ascontiguousarray(x - start)
    t = x.shape[-2]
    if t > MATRIX_SAMPLES:
        return _filtfilt(moved, rate_hz, cutoff_hz, ends) + start
    smooth: NDArray[np.float64] = _matrix(t, rate_hz, cutoff_hz, ends) @ moved
    return smooth + start


def _filtfilt(x: NDArray[np.float64], rate_hz: float, cutoff_hz: float, ends: Ends) -> NDArray[np.float64]:
    sections = butter(ORDER, cutoff_hz, fs=rate_hz, output="sos")
    pad = min(x.shape[-2] - 1, round(SETTLING_PERIODS * rate_hz / cutoff_hz))
    return sosfiltfilt(sections, x, axis=-2, padtype=ends, padlen=pad)


@lru_cache(maxsize=32)
def _matrix(t: int, rate_hz: float, cutoff_hz: float, ends: Ends) -> NDArray[np.float64]:
    """The filter, being linear, as a matrix `[t, t]`: for thousands of short windows three times as fast."""
    matrix = _filtfilt(np.eye(t), rate_hz, cutoff_hz, ends)
    matrix.setflags(write=False)
    return matrix
