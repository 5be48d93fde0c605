from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from pydantic import ValidationError

from har.errors import HarError
from har.export import metadata
from har.export.runtime import Runner

DOCUMENT = metadata.Metadata(
    name="har",
    version="1.2",
    activities=("walking", "sitting", "laying"),
    rate_hz=50.0,
    window=16,
    step=8,
    dataset="hapt",
    licence="no commercial use; Jorge L. Reyes-Ortiz, Università di Genova",
).document()


@pytest.fixture(scope="module", params=["float32", "dynamic_range", "int8"])
def tflite(request: pytest.FixtureRequest) -> bytes:
    """A short recogniser with a convolution and an unrolled LSTM, in one form."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    window = keras.Input((16, 6), batch_size=1)
    steps = keras.layers.Conv1D(32, 5, strides=4, padding="same")(window)
    network = keras.Model(window, keras.layers.Dense(3, "softmax")(keras.layers.LSTM(32, unroll=True)(steps)))
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if request.param != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if request.param == "int8":
        converter.representative_dataset = lambda: ([window[None]] for window in windows(20))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converted: bytes = converter.convert()
    return converted


def windows(count: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 3, (count, 16, 6)).astype(np.float32)


def runner(folder: Path, tflite: bytes) -> Runner:
    path = folder / "model.tflite"
    path.write_bytes(tflite)
    return Runner(path)


def test_the_document_comes_back_and_outputs_stay_the_same(tmp_path: Path, tflite: bytes) -> None:
    embedded = metadata.embed(tflite, DOCUMENT)
    assert metadata.read(embedded) == DOCUMENT
    before = runner(tmp_path, tflite).probabilities(windows(10))
    np.testing.assert_array_equal(runner(tmp_path, embedded).probabilities(windows(10)), before)
    assert len(embedded) - len(tflite) < 2000


def test_equal_inputs_give_equal_bytes_and_embedding_again_replaces(tflite: bytes) -> None:
    embedded = metadata.embed(tflite, DOCUMENT)
    assert metadata.embed(tflite, dict(reversed(DOCUMENT.items()))) == embedded
    assert metadata.embed(embedded, DOCUMENT) == embedded
    other = metadata.embed(embedded, DOCUMENT | {"version": "2.0"})
    assert metadata.read(other) == DOCUMENT | {"version": "2.0"}
    assert metadata.embed(other, DOCUMENT) == embedded


def test_weights_stay_aligned_to_16_bytes_of_the_file(tflite: bytes) -> None:
    embedded = metadata.embed(tflite, DOCUMENT)
    model = schema.Model.GetRootAs(embedded)
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    start = np.frombuffer(embedded, np.uint8).ctypes.data
    places = [buffer.DataAsNumpy().ctypes.data - start for buffer in buffers if buffer.DataLength()]
    assert len(places) > 3
    assert {place % 16 for place in places} == {0}


def test_what_the_converter_wrote_is_kept(tflite: bytes) -> None:
    def names(content: bytes) -> list[bytes]:
        model = schema.Model.GetRootAs(content)
        return [model.Metadata(index).Name() for index in range(model.MetadataLength())]

    assert names(metadata.embed(tflite, DOCUMENT)) == [*names(tflite), b"har"]


@pytest.mark.parametrize("content", [b"", b"\x1c\0\0\0TFL3", b"PK\x03\x04 not a model"])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(HarError, match=r"TFLite|metadata"):
        metadata.read(content)
    with pytest.raises(HarError, match="TFLite"):
        metadata.embed(content, DOCUMENT)


def test_a_model_without_the_document_is_named_as_such(tflite: bytes) -> None:
    with pytest.raises(HarError, match="carries no `har` metadata"):
        metadata.read(tflite)


def test_metadata_is_checked_and_newer_keys_are_ignored() -> None:
    assert metadata.Metadata.model_validate(DOCUMENT | {"later": 1}).document() == DOCUMENT
    for wrong in ({"activities": []}, {"step": 17}, {"rate_hz": 0}, {"window": "many"}):
        with pytest.raises(ValidationError):
            metadata.Metadata.model_validate(DOCUMENT | wrong)
