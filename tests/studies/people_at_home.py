"""A small checkout of people who stand, sit, lie and walk, as raw recordings, as windows and as a dozen features."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from har import params as parameters
from har.datasets import catalog, store
from har.datasets.schema import STANDARD_GRAVITY, Interval, Recording
from har.files import write_manifest
from har.params import Params
from har.paths import Paths
from har.stages.preprocess import windows_of

ROOT = Path(__file__).parents[2]
TRAINING, VALIDATION, TEST = (1, 3, 6, 7), (5, 8), (2, 4)
G = STANDARD_GRAVITY
LOOKS = {  # gravity in g (x, y, z), and how much everything moves, in g
    "standing": ((1.0, 0.0, 0.0), 0.002),
    "sitting": ((0.8, 0.0, 0.6), 0.002),
    "laying": ((0.0, 0.0, 1.0), 0.001),
    "walking": ((1.0, 0.0, 0.0), 0.3),
    "walking_upstairs": ((1.0, 0.2, 0.0), 0.4),
    "walking_downstairs": ((1.0, -0.2, 0.0), 0.6),
}
DAY = (  # (label, samples); None is not labelled
    (None, 60),
    ("standing", 330),
    ("stand_to_sit", 150),
    ("sitting", 330),
    ("sit_to_lie", 150),
    ("laying", 330),
    ("lie_to_stand", 150),
    ("standing", 200),
    (None, 100),
    ("walking", 330),
    ("walking_upstairs", 330),
    ("walking_downstairs", 330),
)


def recording(subject: int) -> Recording:
    """One wearer's session, in HAPT's units (g, rad/s): the same day for all, each with their own noise."""
    random = np.random.default_rng(subject)
    parts, intervals, start = [], [], 0
    names = [name for name, _ in DAY]
    for place, (name, length) in enumerate(DAY):
        before, after = (next(n for n in order if n in LOOKS) for order in (names[place::-1] + names, names[place:]))
        (first, moving), (last, _) = LOOKS[before], LOOKS[after]
        turning = np.linspace(0, 1, length)[:, None]
        gravity = (1 - turning) * np.array(first) + turning * np.array(last)
        noise = moving * random.standard_normal((length, 6))
        parts.append(np.hstack([gravity, np.zeros((length, 3))]) + noise)
        if name:
            intervals.append(Interval(name, start, start + length))
        start += length
    return Recording(f"exp{subject:02d}_user{subject:02d}", subject, 50.0, np.concatenate(parts), tuple(intervals))


def checkout(root: Path, **knobs: Any) -> tuple[Params, Paths]:
    """Params and paths of a checkout with recordings, windows and features.

    knobs: of cnn_lstm, which is made so small that it trains in seconds.
    """
    raw = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    raw["preprocess"]["validation_subjects"] = {"hapt": list(VALIDATION)}
    raw["train"]["cnn_lstm"] |= {"filters": [8, 8, 8], "lstm_units": 4, "epochs": 2, "batch": 32, **knobs}
    raw["studies"]["folds"] = 2
    (root / "params.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    params, paths = parameters.load(root / "params.yaml"), Paths(root)
    recordings = [recording(subject) for subject in sorted((*TRAINING, *VALIDATION, *TEST))]
    store.write(recordings, paths.raw("hapt"))
    parts = [windows_of(one, catalog.get("hapt"), params) for one in recordings]
    index = pd.concat([rows for _, rows in parts], ignore_index=True)
    sides = dict.fromkeys(TRAINING, "train") | dict.fromkeys(VALIDATION, "validation") | dict.fromkeys(TEST, "test")
    paths.processed.mkdir(parents=True)
    np.save(paths.processed / "windows.npy", np.concatenate([windows for windows, _ in parts]))
    index.assign(split=index["subject"].map(sides)).to_parquet(paths.processed / "index.parquet")
    write_manifest(paths.processed)
    windows = np.load(paths.processed / "windows.npy")
    features = np.hstack([windows.mean(axis=1), np.log(windows.std(axis=1) + 1e-3)])
    paths.features.mkdir(parents=True)
    pd.DataFrame(features, columns=[f"f{i}" for i in range(12)]).to_parquet(paths.features / "features.parquet")
    write_manifest(paths.features)
    return params, paths
