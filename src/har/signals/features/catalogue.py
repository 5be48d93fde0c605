"""The one table of features: every kind's name, formula, source and function; names and documents are made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from har.signals.features.derived import HAPT_SERIES, MOVING, SERIES, VECTORS
from har.signals.features.material import ANGLED, PAIRS, SPECTRAL, Material
from har.signals.features.spectra import BANDS
from har.signals.features.statistics import (
    AR_ORDER,
    SEGMENTS,
    Array,
    autoregression,
    crossings,
    entropy,
    log,
    quartile_range,
    segment_ranges,
)

HAPT: Final = "Reyes-Ortiz et al. 2016, HAPT features_info.txt"
MOMENTS: Final = "HAPT features_info.txt, there of spectra only"
BURG: Final = "Burg 1975, order 4 as in HAPT features_info.txt"
KEDEM: Final = "Kedem 1986, Proc. IEEE 74(11)"
MICRO: Final = "this project: micro-motion"


@dataclass(frozen=True)
class Kind:
    """One kind of feature, computed of each signal in `over`.

    compute: material of n windows -> `[n, len(over)]`, or `[n, len(over), len(parts)]` where a kind has parts.
    """

    name: str
    formula: str
    source: str
    over: tuple[str, ...]
    compute: Callable[[Material], Array]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feature:
    """One column of the feature table."""

    name: str
    kind: str
    signal: str
    formula: str
    source: str


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(str(i + 1) for i in range(count))


_TIME: Final = (
    Kind("mean", "mean of x", HAPT, SERIES, lambda m: m.series.mean),
    Kind("std", "square root of the mean of (x - mean)^2", HAPT, SERIES, lambda m: m.series.std),
    Kind("mad", "median of |x - median|", HAPT, SERIES, lambda m: m.series.deviation),
    Kind("max", "largest x", HAPT, SERIES, lambda m: m.series.ordered[..., -1]),
    Kind("min", "smallest x", HAPT, SERIES, lambda m: m.series.ordered[..., 0]),
    Kind("energy", "mean of x^2", HAPT, SERIES, lambda m: m.series.energy),
    Kind("iqr", "upper less lower quartile", HAPT, SERIES, lambda m: quartile_range(m.series.ordered)),
    Kind("entropy", "-sum p log p / log t with p = x^2 / sum x^2", HAPT, SERIES, lambda m: entropy(m.series.values)),
    Kind(
        "ar",
        "a_1 to a_4 of x_t = -(a_1 x_(t-1) + ... + a_4 x_(t-4)), mean removed",
        BURG,
        HAPT_SERIES,
        lambda m: autoregression(m.series.centred[:, : len(HAPT_SERIES)]),
        _numbers(AR_ORDER),
    ),
    Kind("skewness", "mean of (x - mean)^3 / std^3", MOMENTS, SERIES, lambda m: m.series.skewness()),
    Kind("kurtosis", "mean of (x - mean)^4 / std^4 - 3", MOMENTS, SERIES, lambda m: m.series.kurtosis()),
    Kind("crossings", "share of steps that cross the mean", KEDEM, SERIES, lambda m: crossings(m.series.centred)),
)

_VECTOR: Final = (
    Kind("sma", "mean of |x| + |y| + |z|", HAPT, VECTORS, lambda m: m.magnitude_area()),
    Kind("correlation", "Pearson's r of two axes", HAPT, VECTORS, lambda m: m.correlations(), PAIRS),
    Kind("angle", "angle between its mean vector and that of gravity, rad", HAPT, ANGLED, lambda m: m.angles()),
)

_SPECTRUM: Final = (
    Kind("spectrum_mean", "mean of A", HAPT, SPECTRAL, lambda m: m.spectrum.mean),
    Kind("spectrum_std", "standard deviation of A", HAPT, SPECTRAL, lambda m: m.spectrum.std),
    Kind("spectrum_mad", "median of |A - median|", HAPT, SPECTRAL, lambda m: m.spectrum.deviation),
    Kind("spectrum_max", "largest A", HAPT, SPECTRAL, lambda m: m.spectrum.ordered[..., -1]),
    Kind("spectrum_min", "smallest A", HAPT, SPECTRAL, lambda m: m.spectrum.ordered[..., 0]),
    Kind("spectrum_iqr", "upper less lower quartile", HAPT, SPECTRAL, lambda m: quartile_range(m.spectrum.ordered)),
    Kind("spectrum_entropy", "entropy of A^2", HAPT, SPECTRAL, lambda m: entropy(m.spectrum.values)),
    Kind("spectrum_peak", "frequency of the largest A (maxInds), Hz", HAPT, SPECTRAL, lambda m: m.spectrum.strongest()),
    Kind("spectrum_centre", "sum f A / sum A (meanFreq), Hz", HAPT, SPECTRAL, lambda m: m.spectrum.centre()),
    Kind("spectrum_skewness", "skewness of A", HAPT, SPECTRAL, lambda m: m.spectrum.skewness()),
    Kind("spectrum_kurtosis", "kurtosis of A less 3", HAPT, SPECTRAL, lambda m: m.spectrum.kurtosis()),
)

_MICRO: Final = (
    Kind("log_std", "lg std", MICRO, MOVING, lambda m: log(m.moving(m.series.std))),
    Kind("log_mad", "lg mad", MICRO, MOVING, lambda m: log(m.moving(m.series.deviation))),
    Kind("log_rms", "lg of the root of energy", MICRO, MOVING, lambda m: log(np.sqrt(m.moving(m.series.energy)))),
    Kind(
        "log_range",
        "lg (max - min)",
        MICRO,
        MOVING,
        lambda m: log(m.moving(m.series.ordered[..., -1] - m.series.ordered[..., 0])),
    ),
    Kind(
        "log_segment_range",
        "lg (max - min) in each quarter of the window, from the stillest quarter (1) to the liveliest (4)",
        MICRO,
        MOVING,
        lambda m: log(segment_ranges(m.moving(m.series.values))),
        _numbers(SEGMENTS),
    ),
    Kind(
        "log_band",
        "lg of the root of the energy, sum of A^2, in each of 12 bands",
        "bandsEnergy of HAPT features_info.txt, on the scale of micro-motion",
        SPECTRAL,
        lambda m: log(np.sqrt(m.spectrum.bands())),
        _numbers(len(BANDS)),
    ),
)

SECTIONS: Final = {
    "Time": _TIME,
    "Vectors": _VECTOR,
    "Spectra": _SPECTRUM,
    "Micro-motion": _MICRO,
}
KINDS: Final = tuple(kind for section in SECTIONS.values() for kind in section)


@lru_cache(maxsize=1)
def catalogue() -> tuple[Feature, ...]:
    """All features, in the order of the columns that `extract` returns."""
    return tuple(
        Feature("_".join(filter(None, (signal, kind.name, part))), kind.name, signal, kind.formula, kind.source)
        for kind in KINDS
        for signal in kind.over
        for part in kind.parts or ("",)
    )


def names() -> tuple[str, ...]:
    """Names of all features, unique, in the order of the columns that `extract` returns."""
    return tuple(feature.name for feature in catalogue())
