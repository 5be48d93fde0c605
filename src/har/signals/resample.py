"""From the time stamps that a phone delivers to a uniform grid.

NumPy alone: importing SciPy's splines and filters takes longer than labelling a recording. The tests hold both
functions to SciPy's.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    return _decimate(fine, oversampling)


def _interpolate(
    times: NDArray[np.float64], samples: NDArray[np.float64], grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    if len(times) == 2:  # too few for a spline
        share = (grid / times[1])[:, None]
        line: NDArray[np.float64] = (1 - share) * samples[0] + share * samples[1]
        return line
    return _makima(times, samples, grid)


def _makima(times: NDArray[np.float64], samples: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Modified Akima spline through `samples [n, c]` at `times [n]`, on `grid [m]` between the first and last of them.

    Akima: A New Method of Interpolation and Smooth Curve Fitting (J. ACM 17, 1970), with the weights of MATLAB's
    `makima`, which are flat where neighbours are equal.
    """
    steps = np.diff(times)
    slopes = np.diff(samples, axis=0) / steps[:, None]
    before = np.stack([3 * slopes[0] - 2 * slopes[1], 2 * slopes[0] - slopes[1]])
    after = np.stack([2 * slopes[-1] - slopes[-2], 3 * slopes[-1] - 2 * slopes[-2]])
    extended = np.concatenate([before, slopes, after])
    bends = np.abs(np.diff(extended, axis=0)) + np.abs(extended[1:] + extended[:-1]) / 2
    left, right = bends[2:], bends[:-2]
    total = left + right
    weighted = left * extended[1:-2] + right * extended[2:-1]
    tangents = np.divide(weighted, total, out=np.zeros_like(total), where=total > 0)
    piece = np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(steps) - 1)
    width = steps[piece][:, None]
    share = (grid - times[piece])[:, None] / width
    bump = share * (1 - share)
    chord = (1 - share) * samples[piece] + share * samples[piece + 1]
    bend = (1 - share) * (tangents[piece] - slopes[piece]) - share * (tangents[piece + 1] - slopes[piece])
    curve: NDArray[np.float64] = chord + width * bump * bend
    return curve


def _decimate(samples: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Every `factor`-th of `samples [n, c]`, behind a linear-phase low-pass at half the new rate.

    The filter is SciPy's default for `resample_poly`: a sinc of ten zero crossings a side in a Kaiser window (beta 5).
    The line through the first and last sample is taken off before and put back after, so that ends do not ring.
    """
    reach = 10 * factor
    kernel = np.sinc(np.arange(-reach, reach + 1) / factor) * np.kaiser(2 * reach + 1, 5.0)
    kernel /= kernel.sum()
    line = np.linspace(samples[0], samples[-1], len(samples))
    rest = np.pad(samples - line, ((reach, reach), (0, 0)))
    smooth = np.column_stack([np.convolve(channel, kernel, mode="valid") for channel in rest.T])
    coarse: NDArray[np.float64] = (smooth + line)[::factor]
    return coarse


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
