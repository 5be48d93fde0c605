"""From the samples of a phone, as they come, to windows on the model's grid.

What `har.signals.resample` does to a whole recording, done to a recording that has no end yet. Both agree to rounding
from 0.2 s after the start on, however the samples are cut into messages:

1. Times count from the first sample. The source's rate is decided once, as the inverse of the median step over the
   first second; until then nothing comes out. A source of more than 55 Hz is read `factor = ceil(rate / 50)` times
   denser than the grid.
2. A point of that (finer) grid is interpolated by a modified Akima spline as soon as two samples lie beyond its piece:
   its neighbourhood ends there, so later samples change nothing.
3. With a factor above 1, every `factor`-th point is kept behind a low-pass that sees 0.2 s on both sides. Before the
   first point it sees that point held.
4. Windows of 128 leave every `hop` samples. A gap of more than 0.5 s between two samples starts everything anew.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.datasets.canonical import GRAVITY_LIKE, MAX_RATE_HZ, MIN_RATE_HZ, RATE_TOLERANCE
from har.datasets.schema import CHANNELS
from har.errors import HarError
from har.signals.resample import SAME_RATE, _decimate, _makima
from har.signals.windows import cut

Floats = NDArray[np.float64]
MAX_GAP_S: Final = 0.5  # s, `har.signals.resample`'s; half a second of invented samples would be a fifth of a window
DECIDING_S: Final = 1.0  # s of samples that decide the source's rate, well before the first window is full
BEFORE, BEYOND = 2, 2  # samples left and right of a spline's piece that shape it (Akima 1970)
ROUNDING: Final = 1e-9  # samples: a point on a sample is settled with it, however its time was rounded
MOST_HELD: Final = round(4 * MAX_RATE_HZ * DECIDING_S)  # samples; of the fastest phone a quarter is held at most
REACH: Final = 10  # samples at the new rate that the low-pass of `har.signals.resample` sees on either side


@dataclass(frozen=True)
class Heard:
    """One window of a stream.

    time: s, of its last sample, on the client's clock. window: `[128, 6]`. first: whether nothing came before it, as
    at the start and after a gap.
    """

    time: float
    window: Floats
    first: bool


class Stream:
    """Samples of one phone in, windows out. `push` raises `HarError` for samples that cannot be right."""

    def __init__(self, rate_hz: float, window: int, hop: int, source_hz: float | None = None) -> None:
        """rate_hz: of the grid, Hz. window, hop: samples. source_hz: the phone's rate where it is known already."""
        self._settings = (rate_hz, window, hop, source_hz)
        self._last: float | None = None
        self._section = _Section(*self._settings)

    def push(self, times: Floats, samples: Floats) -> list[Heard]:
        """Windows that `samples [n, 6]` (m/s^2, rad/s) at `times [n]` (s, increasing from push to push) complete."""
        if not len(times):
            return []
        steps = np.diff(times, prepend=times[0] - 1 if self._last is None else self._last)
        _check(times, samples, steps)
        gaps = np.flatnonzero(steps > MAX_GAP_S)
        if self._last is None:
            gaps = gaps[gaps > 0]
        self._last = float(times[-1])
        heard: list[Heard] = []
        for part, (t, x) in enumerate(zip(np.split(times, gaps), np.split(samples, gaps), strict=True)):
            if part:
                self._section = _Section(*self._settings)
            heard += self._section.push(t, x)
        return heard


class _Section:
    """A stretch of samples without a gap."""

    def __init__(self, rate_hz: float, window: int, hop: int, source_hz: float | None) -> None:
        self._rate_hz, self._window, self._hop = rate_hz, window, hop
        self._resampler = Resampler(rate_hz, source_hz)
        self._waiting = np.empty((0, len(CHANNELS)))
        self._passed = 0  # samples that no later window holds
        self._origin: float | None = None

    def push(self, times: Floats, samples: Floats) -> list[Heard]:
        if not len(times):
            return []
        if self._origin is None:
            self._origin = float(times[0])
        self._waiting = np.concatenate([self._waiting, self._resampler.push(times - self._origin, samples)])
        windows = cut(self._waiting, self._window, self._hop)
        first = self._passed + self._hop * np.arange(len(windows))
        self._waiting = self._waiting[len(windows) * self._hop :]
        self._passed += len(windows) * self._hop
        ends = self._origin + (first + self._window - 1) / self._rate_hz
        return [Heard(float(end), window, start == 0) for start, end, window in zip(first, ends, windows, strict=True)]


class Resampler:
    """`har.signals.resample` for samples without gaps that come bit by bit."""

    def __init__(self, rate_hz: float, source_hz: float | None = None) -> None:
        """rate_hz: of the grid, Hz. source_hz: the source's rate where it is known already."""
        self._rate_hz = rate_hz
        self._factor = None if source_hz is None else self._oversampling(source_hz)
        self._times, self._samples = np.empty(0), np.empty((0, len(CHANNELS)))
        self._next = 0  # point of the fine grid that is interpolated next
        self._fine: Floats | None = None  # points of the fine grid that the low-pass still needs

    def push(self, times: Floats, samples: Floats) -> Floats:
        """Points `[m, 6]` of the grid that `samples [n, 6]` at `times [n]` (s since the first one) settle.

        Raises `HarError` for samples that cannot be right, and for steps so small that more would be held with each.
        """
        points = self._settle(times, samples)
        if len(self._times) > MOST_HELD:
            span = float(self._times[-1] - self._times[0])
            raise HarError(
                f"t puts {len(self._times)} samples into {span:.3g} s: send {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g} Hz, "
                "t in seconds."
            )
        return points

    def _settle(self, times: Floats, samples: Floats) -> Floats:
        self._times = np.concatenate([self._times, times])
        self._samples = np.concatenate([self._samples, samples])
        if self._factor is None and self._times[-1] > DECIDING_S:
            self._factor = self._decide()
        if self._factor is None or len(self._times) <= BEYOND:
            return np.empty((0, len(CHANNELS)))
        fine = self._interpolate(self._rate_hz * self._factor)
        return fine if self._factor == 1 else self._decimate(fine, self._factor)

    def _decide(self) -> int:
        first = self._times <= DECIDING_S
        median = float(np.median(np.linalg.norm(self._samples[first, :3], axis=1)))
        if not GRAVITY_LIKE[0] <= median <= GRAVITY_LIKE[1]:
            raise HarError(
                f"acceleration has a median length of {median:.3g} m/s^2: send it with gravity (9.81), in m/s^2."
            )
        return self._oversampling(1 / float(np.median(np.diff(self._times[first]))))

    def _oversampling(self, source_hz: float) -> int:
        if not MIN_RATE_HZ * (1 - RATE_TOLERANCE) <= source_hz <= MAX_RATE_HZ * (1 + RATE_TOLERANCE):
            raise HarError(f"t makes {source_hz:.4g} Hz: send {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g} Hz, t in seconds.")
        return math.ceil(source_hz / self._rate_hz) if source_hz > SAME_RATE * self._rate_hz else 1

    def _interpolate(self, fine_hz: float) -> Floats:
        """Points `[m, 6]` of the fine grid with two samples beyond their piece; forgets samples of no further use."""
        settled = max(math.floor(self._times[-1 - BEYOND] * fine_hz + ROUNDING) + 1, self._next)
        points = _makima(self._times, self._samples, np.arange(self._next, settled) / fine_hz)
        self._next = settled
        piece = int(np.searchsorted(self._times, settled / fine_hz, side="right")) - 1
        unused = max(min(piece, len(self._times) - 1) - BEFORE, 0)
        self._times, self._samples = self._times[unused:], self._samples[unused:]
        return points

    def _decimate(self, points: Floats, factor: int) -> Floats:
        """Every `factor`-th of the points, once the low-pass has seen what lies around it."""
        reach = REACH * factor
        if self._fine is not None:
            self._fine = np.concatenate([self._fine, points])
        elif len(points):
            self._fine = np.concatenate([np.repeat(points[:1], reach, axis=0), points])
        if self._fine is None or len(self._fine) <= 2 * reach:
            return np.empty((0, len(CHANNELS)))
        count = (len(self._fine) - 1 - 2 * reach) // factor + 1
        coarse = _decimate(self._fine, factor)[REACH : REACH + count]
        self._fine = self._fine[count * factor :]
        return coarse


def _check(times: Floats, samples: Floats, steps: Floats) -> None:
    if not (np.isfinite(times).all() and np.isfinite(samples).all()):
        raise HarError("t and samples must be finite numbers.")
    late = np.flatnonzero(~(steps > 0))
    if len(late):
        row = int(late[0])
        raise HarError(f"t[{row}] = {times[row]:.10g} s does not come after the one before: send samples in order.")
    if len(steps) > 2 and np.all(steps[1:] > MAX_GAP_S):
        raise HarError(f"t makes steps of {steps[1]:.4g} s: send {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g} Hz, t in seconds.")
