import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from har.datasets.schema import BASIC
from har.errors import HarError
from har.export import metadata
from har.export.runtime import Runner, latency_ms

WINDOWS = np.random.default_rng(0).normal(0, 2, (12, 128, 6)).astype(np.float32)
ABOUT = metadata.Metadata(
    name="har", version="1", activities=BASIC, rate_hz=50.0, window=128, step=64, dataset="hapt", licence="none"
)


def convert(network: object, integers: bool = False) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if integers:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([window[None]] for window in WINDOWS)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    converted: bytes = converter.convert()
    return metadata.embed(converted, ABOUT.document())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One network as float32 and as int8 from input to output, one with batch 4, and what Keras says (`.npy`)."""
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv1D(8, 5, strides=4, activation="relu"), keras.layers.GlobalAveragePooling1D()]
    layers.append(keras.layers.Dense(6, activation="softmax"))
    network = keras.Sequential([keras.Input((128, 6), batch_size=1), *layers])
    folder = tmp_path_factory.mktemp("models")
    contents = {"float32": convert(network), "int8": convert(network, integers=True)}
    contents["batch4"] = convert(keras.Sequential([keras.Input((128, 6), batch_size=4), *layers]))
    for name, content in contents.items():
        (folder / f"{name}.tflite").write_bytes(content)
    np.save(folder / "keras.npy", np.concatenate([network(window[None]).numpy() for window in WINDOWS]))
    return {path.stem: path for path in folder.iterdir()}


def test_float_probabilities_are_keras(files: dict[str, Path]) -> None:
    found = Runner(files["float32"]).probabilities(WINDOWS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.load(files["keras"]), atol=1e-6)


def test_integer_inputs_and_outputs_are_scaled(files: dict[str, Path]) -> None:
    found = Runner(files["int8"]).probabilities(WINDOWS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.load(files["keras"]), atol=0.05)
    huge = Runner(files["int8"]).probabilities(WINDOWS * 1e6)  # clipped to the type's range, not wrapped around
    assert ((huge >= 0) & (huge <= 1)).all()


def test_a_window_s_probabilities_do_not_depend_on_its_company(files: dict[str, Path]) -> None:
    runner = Runner(files["float32"])
    together = runner.probabilities(WINDOWS)
    np.testing.assert_array_equal(runner.probabilities(WINDOWS[7:8].astype(np.float64)), together[7:8])
    assert runner.probabilities(WINDOWS[:0]).shape == (0, 6)


def test_metadata_of_the_file(files: dict[str, Path]) -> None:
    found = Runner(files["float32"]).metadata
    assert found == ABOUT
    assert found.channels == ("acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activities": ["walking"]}, "does not fit"),
        ({"window": 64}, "does not fit"),
        ({"rate_hz": "quick"}, r"rate_hz: input should be a valid number"),
    ],
)
def test_metadata_that_does_not_fit_is_refused(
    tmp_path: Path, files: dict[str, Path], change: dict[str, object], message: str
) -> None:
    path = tmp_path / "wrong.tflite"
    path.write_bytes(metadata.embed(files["float32"].read_bytes(), ABOUT.document() | change))
    runner = Runner(path)
    with pytest.raises(HarError, match=rf"wrong\.tflite: .*{message}"):
        _ = runner.metadata


def test_files_that_are_no_recognisers(tmp_path: Path, files: dict[str, Path]) -> None:
    whole = files["float32"].read_bytes()
    for name, content, message in (
        ("text.tflite", b"hello there", "is not a TFLite model"),
        ("half.tflite", whole[: len(whole) // 2], "is not a TFLite model that can run here"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(HarError, match=rf"{name} {message}"):
            Runner(tmp_path / name)
    with pytest.raises(HarError, match=r"nowhere\.tflite cannot be read"):
        Runner(tmp_path / "nowhere.tflite")
    with pytest.raises(HarError, match=r"batch4\.tflite takes and gives .*export it with batch 1"):
        Runner(files["batch4"])


def test_windows_of_another_shape_are_refused(files: dict[str, Path]) -> None:
    with pytest.raises(HarError, match=r"takes windows of \(128, 6\)"):
        Runner(files["float32"]).probabilities(WINDOWS[:, :64])


def test_latency_is_a_median_and_a_percentile(files: dict[str, Path]) -> None:
    found = latency_ms(files["int8"], 20)
    assert list(found) == ["p50", "p99"]
    assert 0 < found["p50"] <= found["p99"]


def test_running_a_model_needs_no_tensorflow(files: dict[str, Path]) -> None:
    program = (
        "import sys, numpy; from pathlib import Path; from har.export.runtime import Runner; "
        "runner = Runner(Path(sys.argv[1])); runner.metadata; runner.probabilities(numpy.zeros((1, 128, 6))); "
        "print({'tensorflow', 'keras', 'mlflow', 'great_expectations', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, files["int8"]], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
