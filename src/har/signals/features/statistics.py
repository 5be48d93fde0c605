"""Statistics of many series at once: functions from `[..., t]` to `[...]` or `[..., k]`, each series on its own."""

from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

QUIET: Final = 1e-8  # SI units: ratios of series that vary less than this, far below any sensor, fade to 0
AR_ORDER: Final = 4  # HAPT features_info.txt
SEGMENTS: Final = 4  # of 0.64 s each: a quarter of the window may be still where the whole is not
FLOOR: Final = 1e-4  # SI units: the log scale starts here, well below the noise of a phone's sensors


class Series:
    """Series `values [n, s, t]` and what several features share, computed once."""

    def __init__(self, values: Array) -> None:
        self.values = values

    @cached_property
    def mean(self) -> Array:
        """Mean `[n, s]`."""
        mean: Array = self.values.mean(axis=-1)
        return mean

    @cached_property
    def centred(self) -> Array:
        """Values less their mean `[n, s, t]`; exactly zero for a constant."""
        moved = self.values - self.values[..., :1]
        moved -= moved.mean(axis=-1, keepdims=True)
        return moved

    @cached_property
    def squares(self) -> Array:
        """Squares of the centred values `[n, s, t]`."""
        return self.centred * self.centred

    @cached_property
    def variance(self) -> Array:
        """Variance `[n, s]`."""
        variance: Array = self.squares.mean(axis=-1)
        return variance

    @cached_property
    def std(self) -> Array:
        """Standard deviation `[n, s]`."""
        return np.sqrt(self.variance)

    @cached_property
    def energy(self) -> Array:
        """Mean of the squares `[n, s]`."""
        energy: Array = np.vecdot(self.values, self.values) / self.values.shape[-1]
        return energy

    @cached_property
    def ordered(self) -> Array:
        """Values in ascending order `[n, s, t]`."""
        return np.sort(self.values, axis=-1)

    @cached_property
    def deviation(self) -> Array:
        """Median absolute deviation from the median `[n, s]`."""
        return median(np.sort(np.abs(self.values - median(self.ordered)[..., None]), axis=-1))

    def skewness(self) -> Array:
        """Third standardised moment `[n, s]`."""
        third = np.vecdot(self.squares, self.centred) / self.values.shape[-1]
        skewness: Array = third / (self.variance + QUIET**2) ** 1.5
        return skewness

    def kurtosis(self) -> Array:
        """Fourth standardised moment less 3 `[n, s]`."""
        fourth = np.vecdot(self.squares, self.squares) / self.values.shape[-1]
        excess: Array = fourth / (self.variance + QUIET**2) ** 2 - 3.0
        return excess


def quantile(ordered: Array, share: float) -> Array:
    """Quantile of ordered series `[..., t]` -> `[...]`, linear between order statistics."""
    place = share * (ordered.shape[-1] - 1)
    below = int(place)
    above = min(below + 1, ordered.shape[-1] - 1)
    low, high = ordered[..., below], ordered[..., above]
    value: Array = low + (place - below) * (high - low)
    return value


def median(ordered: Array) -> Array:
    """Median of ordered series `[..., t]` -> `[...]`."""
    return quantile(ordered, 0.5)


def quartile_range(ordered: Array) -> Array:
    """Upper less lower quartile of ordered series `[..., t]` -> `[...]`."""
    return quantile(ordered, 0.75) - quantile(ordered, 0.25)


def entropy(values: Array) -> Array:
    """Shannon entropy of how the energy of `[..., t]` spreads over t, 0 (one sample has it all) to 1 (even)."""
    power = values * values
    power += QUIET**2
    total = power.sum(axis=-1)
    # -sum p log p of the shares p = power / total, without dividing every sample
    result: Array = (np.log(total) - np.vecdot(power, np.log(power)) / total) / np.log(values.shape[-1])
    return result


def autoregression(centred: Array) -> Array:
    """Coefficients a_1 ... a_4 of x_t = -(a_1 x_{t-1} + ...) by Burg's method: `[..., t]` -> `[..., 4]`."""
    forward, backward = centred, centred
    coefficients = np.zeros((*centred.shape[:-1], AR_ORDER))
    quiet = 2 * centred.shape[-1] * QUIET**2
    for m in range(AR_ORDER):
        forward, backward = forward[..., 1:], backward[..., :-1]
        power = np.vecdot(forward, forward) + np.vecdot(backward, backward)
        reflection = (-2.0 * np.vecdot(forward, backward) / (power + quiet))[..., None]
        coefficients[..., :m] += reflection * coefficients[..., :m][..., ::-1]
        coefficients[..., m] = reflection[..., 0]
        if m + 1 < AR_ORDER:
            ahead, behind = reflection * backward, reflection * forward
            ahead += forward
            behind += backward
            forward, backward = ahead, behind
    return coefficients


def crossings(centred: Array) -> Array:
    """Share of steps in which a series `[..., t]` crosses zero -> `[...]`."""
    positive = centred > 0
    share: Array = (positive[..., 1:] != positive[..., :-1]).mean(axis=-1)
    return share


def segment_ranges(values: Array) -> Array:
    """Range (max less min) within each of `SEGMENTS` equal segments, ascending: `[..., t]` -> `[..., SEGMENTS]`."""
    length = values.shape[-1] // SEGMENTS
    parts = values[..., : SEGMENTS * length].reshape(*values.shape[:-1], SEGMENTS, length)
    ordered = np.sort(parts, axis=-1)  # NumPy sorts short rows five times faster than it finds their extremes
    return np.sort(ordered[..., -1] - ordered[..., 0], axis=-1)


def log(amplitude: Array) -> Array:
    """log10 of an amplitude in SI units, from `FLOOR` up."""
    return np.log10(np.maximum(amplitude, FLOOR))
