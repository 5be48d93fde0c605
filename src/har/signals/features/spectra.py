"""Amplitude spectra of series and what is told from them."""

from itertools import pairwise
from typing import Final

import numpy as np

from har.signals.features.statistics import QUIET, Array, Series

# Bands as shares of half the sampling rate, an octave or half of one each and finest where people sway: 2.56 s resolve
# 0.39 Hz, a sixty-fourth of 25 Hz.
EDGES: Final = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
BANDS: Final = tuple((low / 64, high / 64) for low, high in pairwise(EDGES))


class Spectrum(Series):
    """Amplitude spectra `values [n, f, bins]` of centred series, the mean left out.

    The squares of a spectrum add up to the variance of its series (Parseval).
    """

    def __init__(self, centred: Array, rate_hz: float) -> None:
        """centred: `[n, f, t]` at `rate_hz`; t // 2 bins come of it."""
        t = centred.shape[-1]
        amplitude = np.abs(np.fft.rfft(centred)[..., 1:]) * (np.sqrt(2.0) / t)
        if t % 2 == 0:
            amplitude[..., -1] /= np.sqrt(2.0)  # half the rate has no twin among the negative frequencies
        super().__init__(amplitude)
        self.frequencies_hz = np.fft.rfftfreq(t, 1 / rate_hz)[1:]

    def strongest(self) -> Array:
        """Frequency of the largest amplitude `[n, f]`, Hz."""
        frequency: Array = self.frequencies_hz[np.argmax(self.values, axis=-1)]
        return frequency

    def centre(self) -> Array:
        """Mean frequency weighted by amplitude `[n, f]`, Hz; of a silent series 0."""
        weights = self.values.sum(axis=-1)
        mean: Array = np.vecdot(self.values, self.frequencies_hz) / (weights + QUIET)
        return mean

    def bands(self) -> Array:
        """Power within each of `BANDS` `[n, f, len(BANDS)]`; a band narrower than a bin has that of the bin."""
        bins = self.values.shape[-1]
        first = [round(low * bins) for low, _ in BANDS]
        power: Array = np.add.reduceat(self.values * self.values, first, axis=-1)
        return power
