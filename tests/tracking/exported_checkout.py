"""Small checkouts with an exported model, for the tests of tracking."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from har import files
from har.datasets.schema import BASIC, CHANNELS
from har.export import metadata
from har.params import Params
from har.paths import Paths

ROOT = Path(__file__).parents[2]
GAIN = 8.0  # from the mean of a channel to a logit: a window whose channel k averages 1 is activity k
SUBJECTS = (2, 4, 9, 10)
WINDOWS_EACH = 3  # of every activity and subject
Change = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def initial_weights() -> NDArray[np.float32]:
    """`[6, 6]`, with small numbers off the diagonal so that its bytes are found in the file whatever its layout."""
    return (GAIN * np.eye(6) + np.arange(36).reshape(6, 6) / 1000).astype(np.float32)


class Checkout:
    """A checkout in which every stage before promote has run."""

    def __init__(self, root: Path, network: Path) -> None:
        self.paths = Paths(root)
        self.network = network
        shutil.copy(ROOT / "params.yaml", root)
        self._windows()
        self.export()

    def params(self, **promote: Any) -> Params:
        """params.yaml with other limits of the gate."""
        raw = yaml.safe_load((self.paths.root / "params.yaml").read_text())
        raw["promote"] |= {"bootstrap": 200, "max_latency_ms": 1000.0, **promote}
        raw["export"]["latency_runs"] = 5
        return Params.model_validate(raw)

    def export(self, change: Change | None = None, agreement: float = 1.0) -> None:
        """Export the network anew, its weights `[6, 6]` (channel, activity) changed by `change`."""
        tflite = (self.network / "model.tflite").read_bytes()
        if change is not None:
            stored = [initial_weights().T, initial_weights()]  # a fully connected layer keeps them by output
            found = next(weights for weights in stored if tflite.count(weights.tobytes()) == 1)
            new = change(initial_weights()).astype(np.float32)
            tflite = tflite.replace(found.tobytes(), (new.T if found is stored[0] else new).tobytes())
        about = {"activities": list(BASIC), "window": 128, "channels": list(CHANNELS), "rate_hz": 50.0}
        tflite = metadata.embed(tflite, about)
        self.paths.exported.mkdir(parents=True, exist_ok=True)
        forms = [self.paths.exported / name for name in ("float32.tflite", "page.tflite")]
        for path in (*forms, self.paths.tflite, self.paths.tflite_web):
            path.write_bytes(tflite)
        shutil.copy(self.network / "model.keras", self.paths.exported)
        form = {"size_bytes": len(tflite), "agreement": agreement, "macro_f1_change": 0.0, "macro_f1": 1.0}
        files.write_json(
            self.paths.exported / "table.json", {"chosen": "float32", "variants": {"float32": form}, "page": form}
        )
        files.write_json(self.paths.exported / "metadata.json", about)
        files.write_manifest(self.paths.exported)

    def _windows(self) -> None:
        rows = [
            {"dataset": "hapt", "subject": subject, "recording": f"r{subject}", "start": 64 * i, "label": label}
            for subject in SUBJECTS
            for i, label in enumerate([*BASIC * WINDOWS_EACH, "sit_to_lie"])
        ]
        windows = np.random.default_rng(0).normal(0, 0.1, (len(rows), 128, 6)).astype(np.float32)
        for window, row in zip(windows, rows, strict=True):
            if row["label"] in BASIC:
                window[:, BASIC.index(row["label"])] += 1
        self.paths.processed.mkdir(parents=True)
        np.save(self.paths.processed / "windows.npy", windows)
        pd.DataFrame(rows).assign(split="test").to_parquet(self.paths.processed / "index.parquet")
        files.write_manifest(self.paths.processed)


def without(activity: str) -> Change:
    """Weights of a model that never names `activity`."""

    def change(weights: NDArray[np.float32]) -> NDArray[np.float32]:
        weights = weights.copy()
        weights[:, BASIC.index(activity)] = -GAIN
        return weights

    return change


def louder(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of another model that names the same activities."""
    return weights * 1.5
