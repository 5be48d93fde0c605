"""What the kinds of features share of a batch of windows, each part computed when it is first asked for."""

from functools import cached_property
from typing import Final

import numpy as np

from har.signals.features.derived import MOVING, SERIES, VECTORS, Signals
from har.signals.features.spectra import Spectrum
from har.signals.features.statistics import QUIET, Array, Series

SPECTRAL: Final = tuple(name for name in MOVING if name not in ("gyro_jerk_x", "gyro_jerk_y", "gyro_jerk_z"))  # HAPT
ANGLED: Final = ("body_acc", "gyro", "body_jerk", "gyro_jerk", "axis_x", "axis_y", "axis_z")
PAIRS: Final = ("xy", "xz", "yz")

_AXES = len(VECTORS) * 3  # series come first that are an axis of a vector
_MOVING = [SERIES.index(name) for name in MOVING]
_SPECTRAL = [SERIES.index(name) for name in SPECTRAL]


class Material:
    """A batch of n windows: their series, those that move, and their spectra."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self.series = Series(signals.series)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Spectra of the series in `SPECTRAL`."""
        return Spectrum(np.ascontiguousarray(self.series.centred[:, _SPECTRAL]), self.signals.rate_hz)

    def moving(self, of_series: Array) -> Array:
        """What was computed of all series `[n, s, ...]`, for those in `MOVING` alone."""
        chosen: Array = of_series[:, _MOVING]
        return chosen

    def magnitude_area(self) -> Array:
        """Mean of |x| + |y| + |z| `[n, 5]`."""
        area: Array = np.abs(self.signals.vectors).sum(axis=2).mean(axis=-1)
        return area

    def correlations(self) -> Array:
        """Pearson correlation of two axes `[n, 5, 3]`, in the order of `PAIRS`; of a constant 0."""
        n, _, t = self.signals.series.shape
        centred = self.series.centred[:, :_AXES].reshape(n, -1, 3, t)
        std = self.series.std[:, :_AXES].reshape(n, -1, 3)
        one, other = (0, 0, 1), (1, 2, 2)
        products = np.vecdot(centred[:, :, one], centred[:, :, other]) / t
        correlation: Array = products / (std[..., one] * std[..., other] + QUIET**2)
        return correlation

    def angles(self) -> Array:
        """Angle between mean gravity and other mean vectors and the device's axes `[n, 7]`, rad, as in `ANGLED`."""
        means = self.series.mean[:, :_AXES].reshape(-1, len(VECTORS), 3)
        gravity = means[:, 1:2]
        axes = np.broadcast_to(np.eye(3), (len(means), 3, 3))
        others = np.concatenate([means[:, (0, 2, 3, 4)], axes], axis=1)
        lengths = np.sqrt((others * others).sum(axis=-1) * (gravity * gravity).sum(axis=-1))
        cosine = (others * gravity).sum(axis=-1) / (lengths + QUIET**2)
        angle: Array = np.arccos(np.clip(cosine, -1.0, 1.0))
        return angle
