"""Recordings as a phone at the waist would make them, from named physical parameters."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from har.datasets.schema import CHANNELS, STANDARD_GRAVITY

RATE_HZ = 50.0
GAIT_HZ = 1.8  # steps a second
GAIT_ACCELERATION = 3.0  # m/s^2
GAIT_TURNING = 1.2  # rad/s
STRETCH_S = 10.0  # s of standing, of walking and of laying


def canonical_samples(rate_hz: float) -> NDArray[np.float64]:
    """Standing, walking, laying, 10 s each, at the waist, taken at `rate_hz`: `[n, 6]`, m/s^2 and rad/s."""
    t = np.arange(round(3 * STRETCH_S * rate_hz)) / rate_hz
    walking = ((t >= STRETCH_S) & (t < 2 * STRETCH_S)) * np.sin(2 * np.pi * GAIT_HZ * t)
    laying = t >= 2 * STRETCH_S
    gravity = np.column_stack([~laying, np.zeros_like(t), laying]) * STANDARD_GRAVITY
    return np.hstack(
        [gravity + GAIT_ACCELERATION * walking[:, None], GAIT_TURNING * np.repeat(walking[:, None], 3, axis=1)]
    )


def write_csv(
    path: Path,
    samples: NDArray[np.float64],
    rate_hz: float | None = RATE_HZ,
    header: dict[str, str] | None = None,
    *,
    times: NDArray[np.float64] | None = None,
    activities: Sequence[str] | None = None,
) -> Path:
    """Write a recording as the format describes it; rate_hz None leaves times out, `times` overrides it."""
    columns = {name: samples[:, index].tolist() for index, name in enumerate(CHANNELS)}
    if rate_hz is not None:
        clock = np.arange(len(samples)) / rate_hz if times is None else times
        columns = {"t": clock.tolist(), **columns}
    if activities is not None:
        columns["activity"] = list(activities)
    lines = [f"# {key}: {text}" for key, text in (header or {}).items()]
    lines.append(",".join(columns))
    lines += [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
