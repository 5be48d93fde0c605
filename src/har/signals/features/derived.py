"""What features are computed from: the signals that a window of raw samples is taken apart into."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.signals.filters import deglitch, remove_noise, separate_gravity

Array = NDArray[np.float64]

AXES: Final = ("x", "y", "z")
VECTORS: Final = ("body_acc", "gravity", "gyro", "body_jerk", "gyro_jerk")
TILTED: Final = ("body_acc_up", "body_acc_level", "gyro_up", "gyro_level")
HAPT_SERIES: Final = (
    *(f"{vector}_{axis}" for vector in VECTORS for axis in AXES),
    *(f"{vector}_mag" for vector in VECTORS),
)
SERIES: Final = (*HAPT_SERIES, *TILTED)
MOVING: Final = tuple(name for name in SERIES if not name.startswith("gravity"))
UNITS: Final = {
    "body_acc": "m/s^2",
    "gravity": "m/s^2",
    "gyro": "rad/s",
    "body_jerk": "m/s^3",
    "gyro_jerk": "rad/s^2",
}
MEANING: Final = {
    "body_acc": "acceleration without gravity",
    "gravity": "slow part of acceleration",
    "gyro": "angular velocity",
    "body_jerk": "difference quotient of body_acc",
    "gyro_jerk": "difference quotient of gyro",
    "…_x, …_y, …_z": "the three axes",
    "…_mag": "Euclidean norm of the three axes",
    "…_up": "component along the window's mean gravity",
    "…_level": "norm of what is perpendicular to it",
}


@dataclass(frozen=True)
class Signals:
    """A batch of windows, taken apart.

    vectors: `[n, 5, 3, t]`, in the order of `VECTORS`; series: `[n, s, t]`, in the order of `SERIES`.
    """

    vectors: Array
    series: Array
    rate_hz: float


def derive(
    windows: Array, rate_hz: float, *, median_samples: int, noise_cutoff_hz: float, gravity_cutoff_hz: float
) -> Signals:
    """Take windows `[n, t, 6]` (m/s^2 with gravity, rad/s) at `rate_hz` apart."""
    clean = remove_noise(deglitch(windows, median_samples), rate_hz, noise_cutoff_hz)
    body, gravity = separate_gravity(clean[..., :3], rate_hz, gravity_cutoff_hz)
    n, t, _ = windows.shape
    vectors = np.empty((n, len(VECTORS), 3, t))
    for i, signal in enumerate((body, gravity, clean[..., 3:])):
        vectors[:, i] = np.swapaxes(signal, 1, 2)
    # Forward differences; the last one stands twice so that every series has t samples.
    vectors[:, 3:, :, :-1] = np.diff(vectors[:, (0, 2)]) * rate_hz
    vectors[:, 3:, :, -1] = vectors[:, 3:, :, -2]

    series = np.concatenate([vectors.reshape(n, -1, t), norm(vectors), _tilted(vectors)], axis=1)
    return Signals(vectors, series, rate_hz)


def norm(vectors: Array) -> Array:
    """Euclidean norm over the axes: `[..., 3, t]` -> `[..., t]`."""
    x, y, z = vectors[..., 0, :], vectors[..., 1, :], vectors[..., 2, :]
    length: Array = np.sqrt(x * x + y * y + z * z)
    return length


def _tilted(vectors: Array) -> Array:
    """Motion along and across gravity, the order of `TILTED`: vectors `[n, 5, 3, t]` -> `[n, 4, t]`.

    Unlike the axes, these do not change with the way the phone is put into the pocket.
    """
    gravity = vectors[:, 1].mean(axis=-1)
    length = np.sqrt((gravity * gravity).sum(axis=-1, keepdims=True))
    up = (gravity / np.maximum(length, 1e-9))[:, None, :, None]
    moving = vectors[:, (0, 2)]
    along = moving * up
    rise = along[:, :, 0] + along[:, :, 1] + along[:, :, 2]
    level = norm(moving - rise[:, :, None] * up)
    return np.stack([rise[:, 0], level[:, 0], rise[:, 1], level[:, 1]], axis=1)
