"""A store made once and copied, and a checkout with all that the promote stage reads, its model real and tiny."""

import shutil
from pathlib import Path

import pytest
from exported_checkout import Checkout, initial_weights

from har.tracking import store
from har.tracking.store import Store


@pytest.fixture(autouse=True)
def _no_mlflow_variables(monkeypatch: pytest.MonkeyPatch) -> None:
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
def tracking(tmp_path: Path, empty_store: Path) -> Store:
    """A store of its own, ready."""
    shutil.copytree(empty_store, tmp_path, dirs_exist_ok=True)
    return store.locate(tmp_path)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`model.keras` and `model.tflite` of a network that gives each of six activities the mean of one channel."""
    import keras
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("network")
    window = keras.Input((128, 6), batch_size=1)
    dense = keras.layers.Dense(6, activation="softmax", use_bias=False)
    model = keras.Model(window, dense(keras.ops.mean(window, axis=1)))
    dense.set_weights([initial_weights()])
    model.save(folder / "model.keras")
    (folder / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return folder


@pytest.fixture
def checkout(tracking: Store, network: Path) -> Checkout:
    """A checkout of its own with an empty store."""
    return Checkout(tracking.root, network)
