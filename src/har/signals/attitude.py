"""How a phone sits, learned from its own windows without labels: which way is up while its owner moves."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

MOVING: Final = 1.0  # m/s^2, standard deviation of a window's acceleration over time and axes; still windows stay below
UP: Final = np.array([1.0, 0.0, 0.0])  # where `upright` puts the vertical: HAPT's phones stand on their side


def moving(windows: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Whether somebody walks, climbs or runs, `[n]`, in windows `[n, t, 6]` (m/s^2 with gravity, rad/s)."""
    acceleration = np.asarray(windows[..., :3], np.float64)
    body = acceleration - acceleration.mean(axis=1, keepdims=True)
    return np.asarray(np.sqrt((body**2).mean(axis=(1, 2))) > MOVING)


def vertical(windows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Direction of each window's mean acceleration, `[n, 3]`, of length 1."""
    mean = np.asarray(windows[..., :3], np.float64).mean(axis=1)
    return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9))


def inclination(windows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Angle between each window's vertical and x, `[n]` in degrees."""
    return np.asarray(np.degrees(np.arccos(np.clip(vertical(windows) @ UP, -1.0, 1.0))))


def upright(windows: NDArray[np.floating], groups: NDArray[np.integer]) -> NDArray[np.float32]:
    """Turn all windows `[n, t, 6]` of a group alike, so that its vertical while moving is +x.

    groups: `[n]`, the same where the phone sits the same: a recording, or a person. A group that never moves stays as
    it is. The heading about x stays open.
    """
    up, walks = vertical(windows), moving(windows)
    numbers, which = np.unique(groups, return_inverse=True)
    turns = np.tile(np.eye(3), (len(numbers), 1, 1))
    for i in range(len(numbers)):
        chosen = (which == i) & walks
        if chosen.any():
            turns[i] = _turn_to_up(up[chosen].mean(axis=0))
    return turn(windows, turns[which])


def randomly_turned(windows: NDArray[np.floating], groups: NDArray[np.integer], seed: int) -> NDArray[np.float32]:
    """Turn the windows `[n, t, 6]` of each group `[n]` alike, by a rotation drawn uniformly from all there are."""
    numbers, which = np.unique(groups, return_inverse=True)
    w, x, y, z = _unit(np.random.default_rng(seed).normal(size=(len(numbers), 4))).T  # a uniform unit quaternion
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return turn(windows, np.array(rows).transpose(2, 0, 1)[which])


def turn(windows: NDArray[np.floating], rotations: NDArray[np.floating]) -> NDArray[np.float32]:
    """Both sensors of each window `[n, t, 6]` turned by its rotation matrix `[n, 3, 3]`."""
    across = np.swapaxes(rotations, 1, 2).astype(np.float32)
    parts = [np.asarray(windows[..., part], np.float32) @ across for part in (slice(0, 3), slice(3, 6))]
    return np.concatenate(parts, axis=2)


def _turn_to_up(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shortest rotation `[3, 3]` from `direction` `[3]` to +x (Rodrigues)."""
    start = _unit(direction)
    cosine = float(start @ UP)
    if cosine < -1 + 1e-9:
        return np.diag([-1.0, -1.0, 1.0])  # upside down: any half turn will do
    x, y, z = np.cross(start, UP)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + skew + skew @ skew / (1 + cosine))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
