"""Devices, real recordings for the page, and what a phone's sensors would say, in the browser's own units."""

import json

import numpy as np
from numpy.typing import NDArray

from har.datasets import hapt
from har.datasets.schema import CHANNELS, Recording

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
Floats = NDArray[np.float64]


def real(recording: Recording) -> tuple[Floats, list[str]]:
    """One of HAPT's recordings: canonical samples `[n, 6]` at 50 Hz, and the activity `[n]` of each."""
    labels = [""] * len(recording.samples)
    for interval in recording.intervals:
        labels[interval.start : interval.end] = [interval.activity] * (interval.end - interval.start)
    return hapt.to_canonical(recording.samples), labels


def csv(samples: Floats, times: Floats, labels: list[str] | None = None, header: str = "") -> str:
    """A recording file; `header`: its `# key: value` lines."""
    names = ["t", *CHANNELS, *(["activity"] if labels else [])]
    lines = [header + ",".join(names)]
    for i, row in enumerate(samples):
        cells = [repr(float(times[i])), *(repr(float(value)) for value in row), *([labels[i]] if labels else [])]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def irregular(samples: Floats, rate_hz: float, seed: int) -> tuple[Floats, Floats]:
    """`samples [n, 6]` at 50 Hz as a browser would have seen them: times `[m]` (s) at about `rate_hz`, `[m, 6]`."""
    rng = np.random.default_rng(seed)
    steps = np.maximum(rng.normal(1 / rate_hz, 0.15 / rate_hz, round(len(samples) / 50 * rate_hz)), 0.1 / rate_hz)
    times = np.cumsum(steps)
    times = times[times < (len(samples) - 1) / 50]
    grid = np.arange(len(samples)) / 50
    return times, np.column_stack([np.interp(times, grid, column) for column in samples.T])


def phone(samples: Floats, sign: int, rate_hz: float = 60.0) -> str:
    """A script that plays `samples [n, 6]` (50 Hz, canonical) as `devicemotion` events, over and over.

    The events' time stamps are as even as a phone's, however busy this machine is. `skip(s)` leaves a gap in them, and
    none come while `muted` is true.
    sign: +1 as Android's browsers report acceleration, -1 as iOS does. `deviceorientation` says the same either way.
    """
    degrees = samples * ([sign] * 3 + [180 / np.pi] * 3)
    x, y, z = samples[:, :3].mean(axis=0) / np.linalg.norm(samples[:, :3].mean(axis=0))
    beta, gamma = np.degrees(np.arcsin(y)), np.degrees(np.arctan2(-x, z))
    return f"""
    {{
      const rows = {json.dumps(degrees.round(5).tolist())};
      let last = performance.now();
      let ahead = 0;
      window.skip = (seconds) => {{ ahead += 1000 * seconds; last += 1000 * seconds; }};
      const send = (row) => {{
        const [x, y, z, alpha, beta, gamma] = row;
        dispatchEvent(new DeviceOrientationEvent("deviceorientation", {{ alpha: 0, beta: {beta}, gamma: {gamma} }}));
        const event = new DeviceMotionEvent("devicemotion", {{
          accelerationIncludingGravity: {{ x, y, z }}, rotationRate: {{ alpha, beta, gamma }}, interval: 16,
        }});
        Object.defineProperty(event, "timeStamp", {{ value: last }});
        dispatchEvent(event);
      }};
      setInterval(() => {{
        if (window.muted) {{
          last = performance.now() + ahead;
          return;
        }}
        for (; isSecureContext && last < performance.now() + ahead; last += {1000 / rate_hz}) {{
          send(rows[Math.floor(last / 20) % rows.length]);
        }}
      }}, {1000 / rate_hz});
    }}
    """
