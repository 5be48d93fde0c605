import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from har.datasets.schema import BASIC
from har.export import convert
from har.export.metadata import Metadata, embed
from har.export.runtime import Runner
from har.models import keras_files
from har.models.families import cnn_lstm, family_knobs
from har.models.keras_training import build
from har.params import load

ROOT = Path(__file__).parents[2]
G = 9.80665  # m/s^2
GRAVITY = [(G, 0, 0), (G, 0, 0), (9.0, 0, 4), (9.5, 0, 2.4), (9.5, 0, 2.4), (0.5, 0, 9.8)]  # m/s^2, by activity
STEPS = [3.0, 1.0, 3.0, 0.0, 0.0, 0.0]  # m/s^2, amplitude of walking at 2 Hz
TREMOR = [0.5, 0.5, 0.5, 0.005, 0.05, 0.02]  # m/s^2; alone it tells sitting from standing, as it nearly does in life
ABOUT = Metadata(
    name="har", version="1", activities=BASIC, rate_hz=50.0, window=128, step=64, dataset="hapt", licence="none"
)
TOLERANCE = {"float32": 1e-5, "float16": 0.02, "dynamic_range": 0.1, "int8": 0.2}  # in probability
AGAIN = """
import sys
from pathlib import Path
import numpy as np
from har.export import convert
from har.models.keras_files import load_model
folder = Path(sys.argv[1])
model = load_model(folder / "model.keras")
for form in ("dynamic_range", "int8"):
    (folder / f"again_{form}.bin").write_bytes(convert.convert(model, form, np.load(folder / "windows.npy")))
"""
COMPILED = """
import sys
from pathlib import Path
import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
folder = Path(sys.argv[1])
for path in sorted(folder.glob("*.tflite")):
    model = CompiledModel.from_file(str(path))
    (given,), (taken,) = model.create_input_buffers(0), model.create_output_buffers(0)
    found = []
    for window in np.load(folder / "windows.npy"):
        given.write(window[None])
        model.run_by_index(0, [given], [taken])
        found.append(taken.read(6, np.float32))
    np.save(folder / f"compiled_{path.stem}.npy", found)
"""


def windows() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Windows `[96, 128, 6]`, 16 of each activity, and their labels `[96]`."""
    random = np.random.default_rng(0)
    y = np.tile(np.arange(6), 16)
    phase = 2 * np.pi * (2 * np.arange(128) / 50 + random.uniform(0, 1, (96, 1)))
    x = np.repeat(np.array(TREMOR)[y], 128 * 6).reshape(96, 128, 6) * random.standard_normal((96, 128, 6))
    x[..., :3] += np.array(GRAVITY)[y][:, None]
    x[..., 0] += np.array(STEPS)[y][:, None] * np.sin(phase)
    return x.astype(np.float32), y


def run(script: str, folder: Path) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "7", "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small trained model of the deployed family: `model.keras`, `windows.npy`, `keras.npy`, `<form>.tflite`."""
    import keras

    keras.utils.set_random_seed(0)
    x, y = windows()
    small = {"filters": [16, 24, 24], "lstm_units": 24, "dropout": 0.0}  # enough weights for 8 bits to pay
    knobs = family_knobs("cnn_lstm", load(ROOT / "params.yaml").train.family("cnn_lstm") | small)
    network = build(cnn_lstm.body, x, knobs, 6)  # type: ignore[arg-type]
    network.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    network.fit(x, y, batch_size=32, epochs=30, verbose=0)
    folder = tmp_path_factory.mktemp("converted")
    (folder / "model.keras").write_bytes(keras_files.to_bytes(network))
    model = keras_files.load_model(folder / "model.keras")
    np.save(folder / "windows.npy", x)
    np.save(folder / "keras.npy", keras_files.predict(model, x))
    for form in convert.FORMS:
        (folder / f"{form}.tflite").write_bytes(embed(convert.convert(model, form, x), ABOUT.document()))
    return folder


@pytest.mark.parametrize("form", convert.FORMS)
def test_every_form_says_what_keras_says(folder: Path, form: str) -> None:
    expected = np.load(folder / "keras.npy")
    assert (expected.argmax(axis=1) == windows()[1]).all()  # else the forms could agree on nonsense
    found = Runner(folder / f"{form}.tflite").probabilities(np.load(folder / "windows.npy"))
    np.testing.assert_allclose(found, expected, atol=TOLERANCE[form])
    np.testing.assert_array_equal(found.argmax(axis=1), expected.argmax(axis=1))


@pytest.mark.parametrize("form", convert.FORMS)
def test_every_form_runs_on_any_runtime_and_says_what_it_is(folder: Path, form: str) -> None:
    content = (folder / f"{form}.tflite").read_bytes()
    assert convert.custom_operators(content) == []
    assert not convert.has_variable_tensors(content)
    assert Runner(folder / f"{form}.tflite").metadata == ABOUT
    interpreter = Interpreter(model_content=content)
    (given,), (taken,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert given["shape"].tolist() == [1, 128, 6]
    assert given["dtype"] == taken["dtype"] == np.float32


def test_smaller_forms_are_smaller(folder: Path) -> None:
    size = {form: (folder / f"{form}.tflite").stat().st_size for form in convert.FORMS}
    assert max(size["float16"], size["dynamic_range"], size["int8"]) < size["float32"]


def test_int8_computes_in_8_bits_whatever_has_weights(folder: Path) -> None:
    content = (folder / "int8.tflite").read_bytes()
    found = activations(content)
    assert found["CONV_2D"] == found["FULLY_CONNECTED"] == found["SPLIT"] == found["TANH"] == {"INT8"}
    assert found["LOG"] == {"FLOAT32"}  # the representation: it is there that sitting and standing part
    assert 0 < convert.integer_operators(content) < convert.operators(content)
    assert convert.integer_operators((folder / "dynamic_range.tflite").read_bytes()) == 0


def activations(tflite: bytes) -> dict[str, set[str]]:
    """Types of all the results of each kind of operator."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    model = schema.ModelT.InitFromPackedBuf(tflite)
    found: dict[str, set[str]] = {}
    for graph in model.subgraphs:
        for operator in graph.operators:
            name = flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
            types = (flatbuffer_utils.type_to_name(graph.tensors[index].type) for index in operator.outputs)
            found.setdefault(name, set()).update(types)
    return found


def test_another_process_makes_the_same_bytes(folder: Path) -> None:
    run(AGAIN, folder)
    for form in ("dynamic_range", "int8"):  # int8 starts from float32
        again = embed((folder / f"again_{form}.bin").read_bytes(), ABOUT.document())
        assert again == (folder / f"{form}.tflite").read_bytes(), form


def test_the_compiled_model_runtime_agrees_with_the_interpreter(folder: Path) -> None:
    run(COMPILED, folder)
    for form in convert.FORMS:
        expected = Runner(folder / f"{form}.tflite").probabilities(np.load(folder / "windows.npy"))
        np.testing.assert_allclose(np.load(folder / f"compiled_{form}.npy"), expected, atol=1e-5, err_msg=form)


def test_conversion_is_silent(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = keras_files.load_model(folder / "model.keras")
    capfd.readouterr()
    convert.convert(model, "int8", np.load(folder / "windows.npy")[:6])
    assert tuple(capfd.readouterr()) == ("", "")


def test_an_unknown_form_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="no form 'int4'"):
        convert.convert(None, "int4", np.load(folder / "windows.npy"))


def test_state_between_calls_is_seen(folder: Path) -> None:
    from ai_edge_litert.tools import flatbuffer_utils

    model: Any = flatbuffer_utils.convert_bytearray_to_object((folder / "float32.tflite").read_bytes())
    model.subgraphs[0].tensors[3].isVariable = True
    assert convert.has_variable_tensors(bytes(flatbuffer_utils.convert_object_to_bytearray(model)))


def test_operators_that_are_not_builtin_are_named() -> None:
    import tensorflow as tf

    determinant = tf.function(tf.linalg.det, input_signature=[tf.TensorSpec((1, 3, 3), tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([determinant.get_concrete_function()])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    assert convert.custom_operators(converter.convert()) == ["FlexMatrixDeterminant"]


def test_channels_that_no_turn_changes_run_on_any_runtime(tmp_path: Path) -> None:
    x, _ = windows()
    small = {"filters": [8, 8, 8], "lstm_units": 8, "orientation": "any"}
    knobs = family_knobs("cnn_lstm", load(ROOT / "params.yaml").train.family("cnn_lstm") | small)
    model = build(cnn_lstm.body, x, knobs, 6)  # type: ignore[arg-type]
    content = convert.convert(model, "dynamic_range", x)
    (tmp_path / "any.tflite").write_bytes(content)
    assert convert.custom_operators(content) == []
    found = Runner(tmp_path / "any.tflite").probabilities(x)
    np.testing.assert_allclose(found, keras_files.predict(model, x), atol=TOLERANCE["dynamic_range"])
