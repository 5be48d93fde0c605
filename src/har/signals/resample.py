"""From the time stamps that a phone delivers to a uniform grid."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import Akima1DInterpolator
from scipy.signal import resample_poly

from har.errors import HarError

SAME_RATE = 1.1  # a source up to this many times faster has nothing above half the new rate worth filtering


def resample(times: ArrayLike, samples: ArrayLike, rate_hz: float, *, max_gap_s: float = 0.5) -> NDArray[np.float64]:
    """Resample to a uniform grid that starts at `times[0]` and ends at or before `times[-1]`.

    times: `[n]`, s, strictly increasing, jittered as they may be; samples: `[n, c]`, any unit; rate_hz: of the result
    `[m, c]`. Between samples it interpolates with modified Akima splines, which do not overshoot where two stamps
    nearly coincide; a source faster than `rate_hz` is low-pass filtered against aliasing.
    Raises `HarError` naming the row (counted from 0) for times that do not increase, gaps above `max_gap_s`, values
    that are not finite, and fewer than 2 rows.
    """
    t, x = np.asarray(times, dtype=np.float64), np.asarray(samples, dtype=np.float64)
    _check(t, x, rate_hz, max_gap_s)
    elapsed = t - t[0]
    source_hz = 1.0 / float(np.median(np.diff(elapsed)))
    oversampling = math.ceil(source_hz / rate_hz) if source_hz > SAME_RATE * rate_hz else 1
    count = math.floor(elapsed[-1] * rate_hz + 1e-6)  # stamps are rounded: a last one short by a millionth still counts
    grid = np.minimum(np.arange(count * oversampling + 1) / (rate_hz * oversampling), elapsed[-1])
    fine = _interpolate(elapsed, x, grid)
    if oversampling == 1 or count == 0:
        return fine
    coarse: NDArray[np.float64] = resample_poly(fine, 1, oversampling, axis=0, padtype="line")
    return coarse


def _interpolate(
    times: NDArray[np.float64], samples: NDArray[np.float64], grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    if len(times) == 2:  # too few for a spline
        share = (grid / times[1])[:, None]
        line: NDArray[np.float64] = (1 - share) * samples[0] + share * samples[1]
        return line
    values: NDArray[np.float64] = Akima1DInterpolator(times, samples, axis=0, method="makima")(grid)
    return values


def _check(t: NDArray[np.float64], x: NDArray[np.float64], rate_hz: float, max_gap_s: float) -> None:
    if not (math.isfinite(rate_hz) and rate_hz > 0):
        raise HarError(f"rate_hz is {rate_hz:g}: give a positive number of samples per second.")
    if t.ndim != 1 or x.ndim != 2 or len(t) != len(x):
        raise HarError(f"times {t.shape} and samples {x.shape} do not belong together: give [n] and [n, c].")
    if len(t) < 2:
        raise HarError(f"only {len(t)} row(s) of samples: at least 2 are needed to resample.")
    broken = np.flatnonzero(~(np.isfinite(t) & np.isfinite(x).all(axis=1)))
    if broken.size:
        raise HarError(f"row {broken[0]} is not finite (time or sample): remove it or repair the recording.")
    steps = np.diff(t)
    backward = np.flatnonzero(steps <= 0)
    if backward.size:
        row = int(backward[0]) + 1
        raise HarError(
            f"time does not increase at row {row} ({t[row - 1]:g} s, then {t[row]:g} s): "
            "sort the rows by time and drop repeated ones."
        )
    gaps = np.flatnonzero(steps > max_gap_s)
    if gaps.size:
        row = int(gaps[0]) + 1
        raise HarError(
            f"a gap of {steps[row - 1]:.3g} s before row {row} (t = {t[row]:g} s, at most {max_gap_s:g} s allowed): "
            "split the recording there."
        )
