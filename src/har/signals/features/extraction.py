"""Windows in, features out."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from har.errors import HarError
from har.signals.features.catalogue import KINDS, names
from har.signals.features.derived import derive
from har.signals.features.material import Material

MIN_SAMPLES: Final = 32  # fewer leave bands of the spectrum empty and segments of a few samples
CHANNELS: Final = 6
CHUNK: Final = 64  # windows at a time: enough to make NumPy's calls cheap, few enough to stay in the cache


def extract(
    windows: ArrayLike, rate_hz: float, *, median_samples: int, noise_cutoff_hz: float, gravity_cutoff_hz: float
) -> NDArray[np.float32]:
    """Features `[n, f]` of windows `[n, t, 6]`, columns as in `names()`.

    windows: acceleration with gravity (m/s^2) and angular velocity (rad/s), canonical axes, at `rate_hz`.
    median_samples, noise_cutoff_hz and gravity_cutoff_hz: the filters in front (`har.signals.filters`).
    Every feature is finite, and those of one window do not depend on the other windows.
    Raises `HarError` for another shape and for samples that are not finite.
    """
    # Windows are stored as float32: features of the same window are then the same, whatever it arrives as.
    with np.errstate(over="ignore"):
        stored = np.asarray(windows, dtype=np.float32)
    _check(stored)
    result = np.empty((len(stored), len(names())), dtype=np.float32)
    limit = np.finfo(np.float32).max
    for first in range(0, len(stored), CHUNK):
        signals = derive(
            stored[first : first + CHUNK].astype(np.float64),
            rate_hz,
            median_samples=median_samples,
            noise_cutoff_hz=noise_cutoff_hz,
            gravity_cutoff_hz=gravity_cutoff_hz,
        )
        result[first : first + CHUNK] = np.clip(_columns(Material(signals), len(signals.series)), -limit, limit)
    return result


def _columns(material: Material, n: int) -> NDArray[np.float64]:
    return np.concatenate([kind.compute(material).reshape(n, -1) for kind in KINDS], axis=1)


def _check(windows: NDArray[np.float32]) -> None:
    if windows.ndim != 3 or windows.shape[1] < MIN_SAMPLES or windows.shape[2] != CHANNELS:
        raise HarError(
            f"windows of shape {windows.shape} have no features: give [n, t, {CHANNELS}] with t from {MIN_SAMPLES} on."
        )
    if not np.isfinite(windows).all():
        window, sample, channel = np.argwhere(~np.isfinite(windows))[0]
        raise HarError(
            f"window {window}, sample {sample}, channel {channel} is not a finite number: leave this window out."
        )
