"""A small real recogniser as a TFLite file."""

from pathlib import Path

import numpy as np
import pytest

from har.export import metadata


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Upright phone at the waist: walking turns it, standing leaves gravity on x, laying takes it off x."""
    return write_rule(tmp_path_factory.mktemp("model") / "rule.tflite", 128)


@pytest.fixture(scope="session")
def short_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with windows shorter than the hop of params.yaml."""
    return write_rule(tmp_path_factory.mktemp("model") / "rule.tflite", 16)


def write_rule(path: Path, samples: int) -> Path:
    """The rule of `model` for windows of `samples`."""
    import keras
    import tensorflow as tf

    window = keras.Input((samples, 6), batch_size=1)
    energy = keras.ops.mean(keras.ops.square(window), axis=1)
    dense = keras.layers.Dense(3, activation="softmax")
    network = keras.Model(window, dense(keras.ops.concatenate([energy, keras.ops.mean(window, axis=1)], axis=1)))
    weights = np.zeros((12, 3), dtype=np.float32)
    weights[3:6, 0] = 20.0
    weights[6] = (0.0, 1.0, -1.0)
    dense.set_weights([weights, np.array([-3.0, -5.0, 5.0], dtype=np.float32)])
    about = metadata.Metadata(
        name="rule",
        version="1",
        activities=("walking", "standing", "laying"),
        rate_hz=50.0,
        window=samples,
        step=samples // 2,
        dataset="none",
        licence="none",
    )
    converted = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    path.write_bytes(metadata.embed(converted, about.document()))
    return path
