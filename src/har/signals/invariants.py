"""Features that no turn of the phone changes: of parts along and across gravity, and of lengths."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.signals.attitude import vertical

CHUNK: Final = 1024  # windows at a time
TINY: Final = 1e-6  # m/s^2 or rad/s, far below what a sensor resolves: keeps logarithms finite
BANDS: Final = (
    1,
    3,
    4,
    5,
    6,
    7,
    9,
    11,
    14,
    18,
    24,
    32,
    45,
    65,
)  # edges among the 65 lines of 128 samples: 0.4 to 25 Hz
LAGS: Final = (10, 20, 30, 40, 50, 60)  # samples, 0.2 to 1.2 s: a step and a stride
STRIDE: Final = slice(15, 80)  # lags in which the strongest repetition is looked for, 0.3 to 1.6 s
SAMPLES: Final = 128  # that bands and lags are counted for
LENGTHS: Final = (1, 3, 4, 5, 6)  # channels that are lengths: their mean tells something too
SIGNED: Final = (
    0,
    1,
    3,
    4,
    5,
    6,
    11,
)  # channels whose sign no turn changes; of the others' skewness only the size counts
PAIRS: Final = ((0, 3), (0, 1), (1, 3))  # channels whose correlation is a feature; that of 0 and 2 only by its size


def extract(windows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Features `[n, f]` of windows `[n, 128, 6]` (m/s^2 with gravity, rad/s); those of one depend on it alone."""
    if windows.ndim != 3 or windows.shape[1:] != (SAMPLES, 6):
        raise ValueError(f"windows of shape {windows.shape}: these features are for [n, {SAMPLES}, 6]")
    parts = [_extract(np.asarray(windows[i : i + CHUNK], np.float64)) for i in range(0, len(windows), CHUNK)]
    return np.concatenate(parts).astype(np.float32)


def _extract(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    channels, spreads = _channels(windows)
    means = np.log(channels[:, LENGTHS].mean(axis=2) + TINY)
    centred = channels - channels.mean(axis=2, keepdims=True)
    deviation = centred.std(axis=2) + TINY
    shape = centred / deviation[..., None]
    skewness = (shape**3).mean(axis=2)
    unsigned = np.setdiff1d(np.arange(channels.shape[1]), SIGNED)
    skewness[:, unsigned] = np.abs(skewness[:, unsigned])
    pairs = [(shape[:, i] * shape[:, j]).mean(axis=1) for i, j in PAIRS]
    pairs.append(np.abs((shape[:, 0] * shape[:, 2]).mean(axis=1)))
    tail = (shape**4).mean(axis=2) - 3
    columns = [
        spreads,
        np.log(deviation),
        means,
        skewness,
        tail,
        np.stack(pairs, axis=1),
        _bands(shape),
        _rhythm(shape),
    ]
    return np.concatenate(columns, axis=1)


def _channels(windows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Channels `[n, 12, 128]`, and the logarithms of the level movements' two principal variances, `[n, 4]`.

    0 to 3: body acceleration along and across the vertical, angular velocity along and across. 4 to 6: magnitudes of
    acceleration, body acceleration and angular velocity. 7 to 10: level acceleration and level angular velocity along
    their own first and second principal axes, signs open. 11: magnitude of the jerk, m/s^2 a sample.
    """
    acceleration, angular = windows[..., :3], windows[..., 3:]
    up = vertical(windows)[:, None, :]
    body = acceleration - acceleration.mean(axis=1, keepdims=True)
    rise, spin = (body * up).sum(axis=2), (angular * up).sum(axis=2)
    level, tumble = body - rise[..., None] * up, angular - spin[..., None] * up
    jerk = np.linalg.norm(np.diff(acceleration, axis=1, append=acceleration[:, -1:]), axis=2)
    (along, beside, first), (turn, lean, second) = _principal(level), _principal(tumble)
    lengths = [np.linalg.norm(part, axis=2) for part in (level, tumble, acceleration, body, angular)]
    channels = [rise, lengths[0], spin, *lengths[1:], along, beside, turn, lean, jerk]
    return np.stack(channels, axis=1), np.concatenate([first, second], axis=1)


def _principal(level: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Vectors `[n, t, 3]` that lie in a plane, along its first and second principal axis, and the log variances."""
    values, axes = np.linalg.eigh(np.swapaxes(level, 1, 2) @ level / level.shape[1])
    first, second = (np.einsum("ntc,nc->nt", level, axes[:, :, i]) for i in (2, 1))
    return first, second, np.log(np.maximum(values[:, 1:], 0) + TINY)


def _bands(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of the shares of power in `BANDS`, of channels `[n, c, t]` of mean 0: `[n, 13 c]`."""
    power = np.abs(np.fft.rfft(shape * np.hanning(SAMPLES), axis=2)) ** 2
    power /= power.sum(axis=2, keepdims=True) + TINY
    bands = [power[..., low:high].sum(axis=2) for low, high in pairwise(BANDS)]
    return np.log(np.concatenate(bands, axis=1) + 1e-5)  # a share of 1e-5 is noise


def _rhythm(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Strongest repetition, its lag (samples) and autocorrelation at `LAGS`, of channels `[n, c, t]`: `[n, 8 c]`."""
    power = np.abs(np.fft.rfft(shape, 2 * SAMPLES, axis=2)) ** 2
    similar = np.fft.irfft(power, axis=2)[..., : STRIDE.stop]
    similar = similar / (similar[..., :1] + TINY)
    window = similar[..., STRIDE]
    parts = [window.max(axis=2), window.argmax(axis=2) + STRIDE.start, *(similar[..., lag] for lag in LAGS)]
    return np.concatenate(parts, axis=1)
