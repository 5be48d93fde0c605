"""A small checkout: windows and features of six people who walk, sit and lie, and an empty MLflow store."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_corpus import ACTIVITIES, EACH, SIDES, raw_params

from har import files
from har.params import Params
from har.paths import Paths
from har.tracking import store


@pytest.fixture(autouse=True)
def _no_other_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty store, to be copied: making one runs all of MLflow's migrations."""
    folder = tmp_path_factory.mktemp("empty-store")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("MLFLOW_REGISTRY_URI", raising=False)
        store.locate(folder).check()
    return folder


@pytest.fixture
def params() -> Params:
    raw = raw_params()
    raw["evaluate"]["bootstrap"] = 50
    raw["train"]["cnn"] |= {"epochs": 1, "filters": [4]}
    return Params.model_validate(raw)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """What preprocess and featurize would have made."""
    found = Paths(tmp_path)
    random = np.random.default_rng(0)
    windows, rows = [], []
    for subject, split in SIDES.items():
        for label, (gravity, strength) in zip(ACTIVITIES, ((9.8, 2.0), (9.5, 0.05), (0.5, 0.05)), strict=True):
            for start in range(EACH):
                window = strength * random.normal(size=(128, 6))
                window[:, 0] += gravity + 0.1 * subject
                windows.append(window.astype(np.float32))
                rows.append(("hapt", subject, f"r{subject}{label}", 64 * start, label, split))
    found.processed.mkdir(parents=True)
    found.features.mkdir(parents=True)
    x = np.stack(windows)
    np.save(found.processed / "windows.npy", x)
    index = pd.DataFrame(rows, columns=["dataset", "subject", "recording", "start", "label", "split"])
    index.to_parquet(found.processed / "index.parquet")
    features = np.hstack([x.mean(axis=1), x.std(axis=1)])
    pd.DataFrame(features, columns=[f"f{i}" for i in range(12)]).to_parquet(found.features / "features.parquet")
    files.write_manifest(found.processed)
    files.write_manifest(found.features)
    return found


@pytest.fixture
def checkout(paths: Paths, empty_store: Path) -> Paths:
    """The same with a store to log to."""
    shutil.copytree(empty_store, paths.root, dirs_exist_ok=True)
    return paths
