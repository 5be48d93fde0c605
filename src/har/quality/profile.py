"""Facts about columns of numbers: an expectation on them costs the same however long the columns are."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def column_profile(values: NDArray[np.floating[Any]], rate_hz: float) -> dict[str, Any]:
    """Facts about one channel of a recording, `values` `[n]` sampled at `rate_hz` (Hz), in the channel's own unit.

    missing: NaN; infinite; first_bad_sample: where the first of them is, None if there is none; min, mean, max and
    std over the finite ones; longest_constant_s: s, the longest run of
    exactly equal values.
    """
    finite = np.isfinite(values)
    good = values[finite] if finite.any() else np.full(1, np.nan)
    return {
        "samples": len(values),
        "missing": int(np.isnan(values).sum()),
        "infinite": int(np.isinf(values).sum()),
        "first_bad_sample": None if finite.all() else int(np.argmin(finite)),
        "min": float(good.min()),
        "mean": float(good.mean()),
        "max": float(good.max()),
        "std": float(good.std()),
        "longest_constant_s": longest_run(values) / rate_hz,
    }


def longest_run(values: NDArray[np.floating[Any]]) -> int:
    """Length in samples of the longest run of exactly equal values in `values` `[n]`; NaN equals nothing."""
    if not len(values):
        return 0
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    return int(np.diff(np.concatenate([[0], changes, [len(values)]])).max())


def median_magnitude(vectors: NDArray[np.floating[Any]]) -> float:
    """Median length of `vectors` `[n, 3]`, in their unit; NaN where there is none that is finite."""
    lengths = magnitudes(vectors)
    return float(np.median(lengths)) if len(lengths) else float("nan")


def mean_magnitude(vectors: NDArray[np.floating[Any]]) -> float:
    """Mean length of `vectors` `[n, 3]`, in their unit; NaN where there is none that is finite."""
    lengths = magnitudes(vectors)
    return float(lengths.mean()) if len(lengths) else float("nan")


def magnitudes(vectors: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Lengths of those of `vectors` `[n, 3]` that are finite, `[m]`, in their unit."""
    lengths: NDArray[np.float64] = np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1))
    return lengths[np.isfinite(lengths)]
