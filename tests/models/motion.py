"""Test windows made from named physical parameters."""

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 50.0
G = 9.80665  # m/s^2


def window(
    *,
    gravity: tuple[float, float, float] = (G, 0.0, 0.0),  # m/s^2
    step_hz: float = 0.0,
    step_acceleration: float = 0.0,  # m/s^2, amplitude
    tremor: float = 0.0,  # m/s^2, standard deviation
    turn_rate: float = 0.0,  # rad/s, standard deviation
    seed: int = 0,
) -> NDArray[np.float32]:
    """One window `[128, 6]`: gravity, a sine along it (steps), and noise of a body that is never quite still."""
    random = np.random.default_rng(seed)
    time = np.arange(128) / RATE_HZ
    phase = random.uniform(0, 2 * np.pi)
    up = np.array(gravity) / np.linalg.norm(gravity)
    steps = step_acceleration * np.sin(2 * np.pi * step_hz * time + phase)
    acceleration = np.array(gravity) + steps[:, None] * up + tremor * random.standard_normal((128, 3))
    angular = turn_rate * random.standard_normal((128, 3))
    return np.hstack([acceleration, angular]).astype(np.float32)


def walking(seed: int) -> NDArray[np.float32]:
    """Somebody who walks, the phone upright at the waist."""
    return window(step_hz=1.8, step_acceleration=3.0, tremor=0.5, turn_rate=0.5, seed=seed)


def sitting(seed: int) -> NDArray[np.float32]:
    """Somebody who sits, leaning back a little."""
    return window(gravity=(9.5, 0.0, 2.4), tremor=0.02, turn_rate=0.01, seed=seed)


def lying(seed: int) -> NDArray[np.float32]:
    """Somebody who lies on their back."""
    return window(gravity=(0.5, 0.0, 9.8), tremor=0.02, turn_rate=0.01, seed=seed)
