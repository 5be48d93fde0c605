"""The deployed family as TFLite, in every form, with its parity to Keras."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import har
from har.datasets import catalog
from har.datasets.schema import CHANNELS
from har.errors import HarError
from har.export import convert, runtime
from har.export.metadata import Metadata, embed
from har.files import check_manifest, read_json, replacing, write_json, write_manifest
from har.models import keras_files
from har.params import Params
from har.paths import Paths
from har.stages import inputs

CALIBRATION_WINDOWS = 256  # training windows from which int8 takes its ranges
Probabilities = NDArray[np.float32]


def run(params: Params, paths: Paths) -> str:
    """Convert the chosen seed of the deployed family and measure every form.

    Writes `models/exported/` (`<form>.tflite`, `model.keras`, `metadata.json`, `table.json` without timings,
    `manifest.json`), `models/har.tflite`, `models/har-web.tflite` and `reports/export.json` (with latencies).
    Raises `HarError` if the chosen file is not close enough to Keras, or would not run everywhere: browsers and
    compiled-model runtimes take neither variable tensors nor operators that are not builtin.
    """
    started = time.perf_counter()
    source = paths.model(params.train.deploy)
    check_manifest(source)
    training = read_json(source / "training.json")
    if training["suffix"] != ".keras":
        raise HarError(f"params.yaml: train.deploy: {params.train.deploy} is no Keras family and has no TFLite form.")
    keras_path = source / f"seed_{training['selected']}.keras"
    model = keras_files.load_model(keras_path)
    table = inputs.read(params, paths, "windows")
    metadata = _metadata(params, table)
    with replacing(paths.exported) as folder:
        folder.mkdir()
        (folder / "model.keras").write_bytes(keras_path.read_bytes())
        write_json(folder / "metadata.json", metadata)
        calibration = np.array(_spread(table.side("train").x, CALIBRATION_WINDOWS))
        for form in convert.FORMS:
            (folder / f"{form}.tflite").write_bytes(embed(convert.convert(model, form, calibration), metadata))
        test = table.side("test")
        forms = _parity(folder, keras_files.predict(model, test.x), test)
        chosen = params.export.form
        _check(chosen, forms, params)
        write_json(folder / "table.json", {"chosen": chosen, "seed": training["selected"], "variants": forms})
        write_manifest(folder)
    content = (paths.exported / f"{chosen}.tflite").read_bytes()
    for path in (paths.tflite, paths.tflite_web):
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    timed = {form: row | {"latency_ms": _latency(paths.exported, form, params)} for form, row in forms.items()}
    write_json(paths.reports / "export.json", {"chosen": chosen, "variants": timed})
    row = timed[chosen]
    return (
        f"export: {chosen}, {row['size_bytes'] / 1000:.1f} kB, p50 {row['latency_ms']['p50']:.3f} ms a window, agrees "
        f"with Keras on {row['agreement']:.2%} of {len(test.index):,} test windows "
        f"({time.perf_counter() - started:.1f} s)"
    )


def _metadata(params: Params, table: inputs.Table) -> dict[str, Any]:
    return Metadata(
        name=params.promote.model,
        version=har.__version__,
        activities=table.activities,
        rate_hz=params.preprocess.rate_hz,
        window=table.x.shape[1],
        step=params.preprocess.step,
        channels=CHANNELS,
        dataset=params.data_name,
        licence=" ".join(catalog.get(name).licence for name in params.datasets),
    ).document()


def _spread(windows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """At most `count` of the windows `[n, 128, 6]`, evenly spread."""
    chosen: NDArray[np.float32] = windows[np.unique(np.linspace(0, len(windows) - 1, count).astype(int))]
    return chosen


def _parity(folder: Path, keras: Probabilities, test: inputs.Table) -> dict[str, dict[str, Any]]:
    """Each form against the probabilities of Keras `[n, a]` on the test windows."""
    reference = _macro_f1(test.y, keras)
    rows = {}
    for form in convert.FORMS:
        path = folder / f"{form}.tflite"
        content = path.read_bytes()
        probabilities = runtime.Runner(path).probabilities(test.x)
        score = _macro_f1(test.y, probabilities)
        rows[form] = {
            "size_bytes": len(content),
            "operators": convert.operators(content),
            "integer_operators": convert.integer_operators(content),
            "custom_operators": convert.custom_operators(content),
            "variable_tensors": convert.has_variable_tensors(content),
            "agreement": float(np.mean(probabilities.argmax(axis=1) == keras.argmax(axis=1))),
            "max_difference": float(np.abs(probabilities - keras).max()),
            "macro_f1": score,
            "macro_f1_change": score - reference,
        }
    return rows


def _macro_f1(y: NDArray[np.int64], probabilities: Probabilities) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(y, probabilities.argmax(axis=1), labels=np.unique(y), average="macro", zero_division=0))


def _check(chosen: str, forms: dict[str, dict[str, Any]], params: Params) -> None:
    """Refuse a chosen form that is not Keras' equal, or that some runtime would refuse."""
    row, limits = forms[chosen], params.export
    if row["agreement"] < limits.min_agreement:
        raise HarError(
            f"export: {chosen} names Keras' activity on {row['agreement']:.2%} of the test windows, under "
            f"export.min_agreement ({limits.min_agreement:.2%}): choose another export.form."
        )
    if -row["macro_f1_change"] > limits.max_f1_loss:
        raise HarError(
            f"export: {chosen} loses {-row['macro_f1_change']:.4f} macro-F1 against Keras, over export.max_f1_loss "
            f"({limits.max_f1_loss}): choose another export.form."
        )
    if row["custom_operators"]:
        raise HarError(
            f"export: {chosen} needs {', '.join(row['custom_operators'])}, which are not builtin operators of TFLite: "
            "write that layer of the deployed family from simpler operations."
        )
    if row["variable_tensors"]:
        raise HarError(
            f"export: {chosen} keeps variable tensors, which compiled-model runtimes and browsers refuse: unroll the "
            "LSTM of the deployed family."
        )


def _latency(folder: Path, form: str, params: Params) -> dict[str, float]:
    return runtime.latency_ms(folder / f"{form}.tflite", params.export.latency_runs)
