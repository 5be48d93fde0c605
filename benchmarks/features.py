"""Time `har.signals.features` beside tsfel (all domains) and pycatch22, on the same windows, one thread.

Run it with `python benchmarks/features.py`. The three take turns, so that whatever else the machine does meets all of
them alike; a figure is the median of the turns, in CPU time of the thread.
"""

import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pycatch22
import tsfel
from threadpoolctl import threadpool_limits

from har import params
from har.paths import Paths
from har.signals.features import extract

ROOT = Path(__file__).resolve().parents[1]
KNOBS = params.load(ROOT / "params.yaml")
RATE_HZ = KNOBS.preprocess.rate_hz
TSFEL_CONFIG = tsfel.get_features_by_domain()
TURNS = 15
MANY, FEW = 2048, 4  # windows a turn: what takes a hundred microseconds each, and what takes tens of milliseconds
GOAL = 200.0  # times tsfel's speed

GRAVITY = 9.80665  # m/s^2
GAIT_HZ, STEP_MS2, SWING_RADS = 1.8, 2.5, 0.8  # a regular walk: cadence, vertical acceleration, turn of the hip
NOISE_MS2, NOISE_RADS = 0.02, 0.005  # standard deviation of a phone's sensors


def main() -> int:
    windows, origin = real_windows()
    if windows is None:
        windows, origin = synthetic_windows(), "synthetic: a walk at 1.8 Hz and a still phone in turns"
    print(f"{len(windows)} windows of {windows.shape[1]} samples, {windows.shape[2]} channels ({origin}); one thread")
    candidates = {
        "har": (run_har, windows),
        "pycatch22": (run_catch22, windows[:: MANY // (8 * FEW)]),
        "tsfel": (run_tsfel, windows[:: MANY // FEW]),
    }
    with threadpool_limits(1):
        features, milliseconds = measure(candidates)
    print(f"{'library':<10} {'features':>8} {'ms a window':>12} {'us a feature':>13} {'har is faster':>14}")
    for name in candidates:
        ratio = milliseconds[name] / milliseconds["har"]
        each = 1000 * milliseconds[name] / features[name]
        print(f"{name:<10} {features[name]:>8} {milliseconds[name]:>12.3f} {each:>13.2f} {ratio:>13.0f}x")
    ratio = milliseconds["tsfel"] / milliseconds["har"]
    print(f"tsfel / har: {ratio:.0f} (goal: {GOAL:.0f})")
    return 0


Candidate = tuple[Callable[[np.ndarray], int], np.ndarray]


def measure(candidates: dict[str, Candidate]) -> tuple[dict[str, int], dict[str, float]]:
    """Number of features of each candidate, and its median time in ms a window."""
    features = {name: run(windows) for name, (run, windows) in candidates.items()}  # also warms up
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(TURNS):
        for name, (run, windows) in candidates.items():
            start = time.thread_time()
            run(windows)
            seconds[name].append((time.thread_time() - start) / len(windows))
    return features, {name: 1000 * statistics.median(values) for name, values in seconds.items()}


def run_har(windows: np.ndarray) -> int:
    return extract(windows, RATE_HZ, **KNOBS.featurize.model_dump()).shape[1]


def run_catch22(windows: np.ndarray) -> int:
    count = 0
    for window in windows:
        count = sum(len(pycatch22.catch22_all(channel.tolist())["values"]) for channel in window.T)
    return count


def run_tsfel(windows: np.ndarray) -> int:
    count = 0
    for window in windows:
        table = tsfel.time_series_features_extractor(TSFEL_CONFIG, pd.DataFrame(window), fs=RATE_HZ, verbose=0)
        count = table.shape[1]
    return count


def real_windows() -> tuple[np.ndarray | None, str]:
    """Windows spread over what `preprocess` has made, if it has run."""
    path = Paths(ROOT).processed / "windows.npy"
    if not path.is_file():
        return None, ""
    windows = np.load(path, mmap_mode="r", allow_pickle=False)
    chosen = np.linspace(0, len(windows) - 1, MANY).astype(int)
    return np.asarray(windows[chosen], dtype=np.float64), "real: spread over data/processed"


def synthetic_windows() -> np.ndarray:
    """Windows `[MANY, 128, 6]`, m/s^2 and rad/s: upright phone, every second window a walk."""
    random = np.random.default_rng(0)
    seconds = np.arange(128) / 50.0
    phase = random.uniform(0, 2 * np.pi, (MANY, 1))
    swing = np.sin(2 * np.pi * GAIT_HZ * seconds + phase) * (np.arange(MANY) % 2)[:, None]
    windows = random.normal(size=(MANY, 128, 6)) * ([NOISE_MS2] * 3 + [NOISE_RADS] * 3)
    windows[:, :, 1] += GRAVITY + STEP_MS2 * swing
    windows[:, :, 4] += SWING_RADS * swing
    return windows


if __name__ == "__main__":
    warnings.filterwarnings("ignore")  # tsfel warns about constant channels and deprecated calls
    logging.disable(logging.WARNING)
    sys.exit(main())
