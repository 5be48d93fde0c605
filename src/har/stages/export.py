"""The deployed family as TFLite, in every form, and the phone page's family in the chosen one: parity to Keras."""

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

PAGE = "page.tflite"  # of the phone page, in the folder of all forms
CALIBRATION_WINDOWS = 256  # training windows from which int8 takes its ranges
Probabilities = NDArray[np.float32]


def run(params: Params, paths: Paths) -> str:
    """Convert the chosen seeds of the families `train.deploy`, in every form, and `train.page`, and measure the files.

    Writes `models/exported/` (`<form>.tflite`, `page.tflite`, `model.keras`, `metadata.json`, `table.json` without
    timings, `manifest.json`), `models/har.tflite`, `models/har-web.tflite` (the page's) and `reports/export.json` (with
    latencies). Raises `HarError` if a chosen file is not close enough to Keras, or would not run everywhere: browsers
    and compiled-model runtimes take neither variable tensors nor operators that are not builtin.
    """
    started = time.perf_counter()
    keras_path, seed = _trained(paths, "deploy", params.train.deploy)
    page_path, page_seed = _trained(paths, "page", params.train.page)
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
        chosen = params.export.form
        known = keras_files.predict(model, test.x)
        forms = {form: _parity(folder / f"{form}.tflite", known, test) for form in convert.FORMS}
        _check(params.train.deploy, chosen, forms[chosen], params)
        model = keras_files.load_model(page_path)
        (folder / PAGE).write_bytes(embed(convert.convert(model, chosen, calibration), metadata))
        page = _parity(folder / PAGE, keras_files.predict(model, test.x), test)
        _check(params.train.page, chosen, page, params)
        page |= {"family": params.train.page, "seed": page_seed}
        write_json(folder / "table.json", {"chosen": chosen, "seed": seed, "variants": forms, "page": page})
        write_manifest(folder)
    for name, path in ((f"{chosen}.tflite", paths.tflite), (PAGE, paths.tflite_web)):
        with replacing(path) as temporary:
            temporary.write_bytes((paths.exported / name).read_bytes())
    timed = {form: row | _latency(paths.exported / f"{form}.tflite", params) for form, row in forms.items()}
    page |= _latency(paths.exported / PAGE, params)
    write_json(paths.reports / "export.json", {"chosen": chosen, "variants": timed, "page": page})
    row = timed[chosen]
    return (
        f"export: {chosen}, {row['size_bytes'] / 1000:.1f} kB, p50 {row['latency_ms']['p50']:.3f} ms a window, agrees "
        f"with Keras on {row['agreement']:.2%} of {len(test.index):,} test windows "
        f"({time.perf_counter() - started:.1f} s)"
    )


def _trained(paths: Paths, use: str, family: str) -> tuple[Path, int]:
    """The Keras file of the chosen seed of a family, and the seed."""
    source = paths.model(family)
    check_manifest(source)
    training = read_json(source / "training.json")
    if training["suffix"] != ".keras":
        raise HarError(f"params.yaml: train.{use}: {family} is no Keras family and has no TFLite form.")
    return source / f"seed_{training['selected']}.keras", int(training["selected"])


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


def _parity(path: Path, keras: Probabilities, test: inputs.Table) -> dict[str, Any]:
    """A TFLite file against the probabilities of Keras `[n, a]` on the test windows."""
    content = path.read_bytes()
    probabilities = runtime.Runner(path).probabilities(test.x)
    score = _macro_f1(test.y, probabilities)
    return {
        "size_bytes": len(content),
        "operators": convert.operators(content),
        "integer_operators": convert.integer_operators(content),
        "custom_operators": convert.custom_operators(content),
        "variable_tensors": convert.has_variable_tensors(content),
        "agreement": float(np.mean(probabilities.argmax(axis=1) == keras.argmax(axis=1))),
        "max_difference": float(np.abs(probabilities - keras).max()),
        "macro_f1": score,
        "macro_f1_change": score - _macro_f1(test.y, keras),
    }


def _macro_f1(y: NDArray[np.int64], probabilities: Probabilities) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(y, probabilities.argmax(axis=1), labels=np.unique(y), average="macro", zero_division=0))


def _check(family: str, form: str, row: dict[str, Any], params: Params) -> None:
    """Refuse a file that is not Keras' equal, or that some runtime would refuse."""
    limits, what = params.export, f"{form} of {family}"
    if row["agreement"] < limits.min_agreement:
        raise HarError(
            f"export: {what} names Keras' activity on {row['agreement']:.2%} of the test windows, under "
            f"export.min_agreement ({limits.min_agreement:.2%}): choose another export.form."
        )
    if -row["macro_f1_change"] > limits.max_f1_loss:
        raise HarError(
            f"export: {what} loses {-row['macro_f1_change']:.4f} macro-F1 against Keras, over export.max_f1_loss "
            f"({limits.max_f1_loss}): choose another export.form."
        )
    if row["custom_operators"]:
        raise HarError(
            f"export: {what} needs {', '.join(row['custom_operators'])}, which are not builtin operators of TFLite: "
            "write that layer of the family from simpler operations."
        )
    if row["variable_tensors"]:
        raise HarError(
            f"export: {what} keeps variable tensors, which compiled-model runtimes and browsers refuse: unroll the "
            "LSTM of the family."
        )


def _latency(path: Path, params: Params) -> dict[str, dict[str, float]]:
    return {"latency_ms": runtime.latency_ms(path, params.export.latency_runs)}
