import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.typing import NDArray

from har import files
from har.datasets.schema import BASIC
from har.errors import HarError
from har.export.runtime import Runner
from har.models import keras_files
from har.models.families import cnn_lstm, family_knobs
from har.models.keras_training import build
from har.params import Params
from har.paths import Paths
from har.stages import export

ROOT = Path(__file__).parents[2]
SPLITS = {1: "train", 2: "train", 5: "validation", 9: "test"}  # by subject
FAMILIES = {"cnn_lstm": 3, "cnn_lstm_any": 0}  # to the seed that was chosen
TOWARDS = 6.0  # m/s^2, how far each activity turns gravity towards its own side of an axis


def params(**changed: Any) -> Params:
    """params.yaml with a small network, few timed runs and other limits of the export."""
    raw = yaml.safe_load((ROOT / "params.yaml").read_text())
    raw["train"]["page"] = "cnn_lstm_any"
    for family in FAMILIES:
        raw["train"][family] |= {"filters": [8, 8, 8], "lstm_units": 8, "dropout": 0.0}
    raw["export"] |= {"form": "dynamic_range", "latency_runs": 3, **changed}
    return Params.model_validate(raw)


def table() -> tuple[NDArray[np.float32], pd.DataFrame]:
    """Ten windows of every activity and subject `[n, 128, 6]`, one of a transition each, and their index."""
    rows = [
        {"dataset": "hapt", "subject": subject, "recording": f"r{subject}", "start": 64 * i, "label": label}
        for subject in SPLITS
        for i, label in enumerate([*BASIC * 10, "sit_to_lie"])
    ]
    index = pd.DataFrame(rows)
    index["split"] = index["subject"].map(SPLITS)
    x = np.random.default_rng(0).normal(0, 0.3, (len(rows), 128, 6))
    for window, label in zip(x, index["label"], strict=True):
        side = BASIC.index(label) if label in BASIC else 0
        window[:, side % 3] += TOWARDS if side < 3 else -TOWARDS
    return x.astype(np.float32), index


def write_windows(paths: Paths, x: NDArray[np.float32], index: pd.DataFrame) -> None:
    """`data/processed` as the preprocess stage leaves it."""
    files.remove(paths.processed)
    paths.processed.mkdir(parents=True)
    np.save(paths.processed / "windows.npy", x)
    index.to_parquet(paths.processed / "index.parquet")
    files.write_manifest(paths.processed)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Paths, str]:
    """A checkout in which every stage up to export has run, and what export said."""
    import keras

    paths = Paths(tmp_path_factory.mktemp("checkout"))
    x, index = table()
    write_windows(paths, x, index)
    basic = index["label"].isin(BASIC).to_numpy()
    for family, seed in FAMILIES.items():
        keras.utils.set_random_seed(0)
        knobs = family_knobs(family, params().train.family(family))
        network = build(cnn_lstm.body, x[basic], knobs, 6)  # type: ignore[arg-type]
        network.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
        network.fit(x[basic], index["label"][basic].map(BASIC.index).to_numpy(), batch_size=32, epochs=12, verbose=0)
        source = paths.model(family)
        source.mkdir(parents=True)
        (source / f"seed_{seed}.keras").write_bytes(keras_files.to_bytes(network))
        document = {"family": family, "seeds": [0, 3], "selected": seed, "suffix": ".keras"}
        files.write_json(source / "training.json", document)
        files.write_manifest(source)
    return paths, export.run(params(), paths)


@pytest.fixture
def checkout(exported: tuple[Paths, str], tmp_path: Path) -> Paths:
    """A copy of that checkout to spoil."""
    shutil.copytree(exported[0].root, tmp_path, dirs_exist_ok=True)
    return Paths(tmp_path)


def outputs(paths: Paths) -> dict[str, str]:
    """SHA-256 of every file under `models` and `reports`."""
    found = [path for folder in ("models", "reports") for path in (paths.root / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(paths.root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def test_it_writes_every_form_and_the_chosen_one_of_both_families(exported: tuple[Paths, str]) -> None:
    paths, said = exported
    names = {"float32.tflite", "float16.tflite", "dynamic_range.tflite", "int8.tflite"}
    names |= {"page.tflite", "model.keras", "metadata.json", "table.json", "manifest.json"}
    assert {path.name for path in paths.exported.iterdir()} == names
    files.check_manifest(paths.exported)
    chosen = (paths.exported / "dynamic_range.tflite").read_bytes()
    assert paths.tflite.read_bytes() == chosen
    assert paths.tflite_web.read_bytes() == (paths.exported / "page.tflite").read_bytes() != chosen
    assert (paths.exported / "model.keras").read_bytes() == (paths.model("cnn_lstm") / "seed_3.keras").read_bytes()
    assert said.startswith(f"export: dynamic_range, {len(chosen) / 1000:.1f} kB, p50 ")
    assert "100.00% of 60 test windows" in said  # the transition is left out


def test_the_tables_hold_every_form_and_only_the_report_is_timed(exported: tuple[Paths, str]) -> None:
    paths, _ = exported
    table, report = files.read_json(paths.exported / "table.json"), files.read_json(paths.reports / "export.json")
    assert (table["chosen"], table["seed"]) == ("dynamic_range", 3)
    assert set(table["variants"]) == {"float32", "float16", "dynamic_range", "int8"}
    for form, row in table["variants"].items():
        timed = report["variants"][form]
        assert timed.pop("latency_ms").keys() == {"p50", "p99"}
        assert timed == row
        assert row["size_bytes"] == (paths.exported / f"{form}.tflite").stat().st_size
        assert (row["custom_operators"], row["variable_tensors"]) == ([], False)
        assert row["macro_f1_change"] >= -0.01
    exact = table["variants"]["float32"]
    assert (exact["agreement"], exact["macro_f1"]) == (1.0, 1.0)
    assert exact["max_difference"] < 1e-5


def test_the_chosen_file_names_the_activities_of_the_test_subject(exported: tuple[Paths, str]) -> None:
    paths, _ = exported
    x, index = table()
    chosen = ((index["split"] == "test") & index["label"].isin(BASIC)).to_numpy()
    runner = Runner(paths.tflite)
    found = runner.probabilities(x[chosen]).argmax(axis=1)
    assert [runner.metadata.activities[k] for k in found] == index["label"][chosen].tolist()
    assert runner.metadata.document() == files.read_json(paths.exported / "metadata.json")
    assert (runner.metadata.name, runner.metadata.rate_hz) == ("har-cnn-lstm", 50.0)


def test_a_form_that_is_not_keras_s_equal_is_refused_and_former_outputs_stay(checkout: Paths) -> None:
    x, index = table()
    x[(index["split"] == "train").to_numpy()] = 0  # windows of zeros alone give int8 no range for anything else
    write_windows(checkout, x, index)
    before = outputs(checkout)
    with pytest.raises(HarError, match=r"int8 of cnn_lstm names Keras' activity on .*%.* under export\.min_agreement"):
        export.run(params(form="int8"), checkout)
    assert outputs(checkout) == before


@pytest.mark.parametrize(("use", "family"), [("deploy", "cnn_lstm"), ("page", "cnn_lstm_any")])
def test_a_family_without_a_tflite_form_is_refused(checkout: Paths, use: str, family: str) -> None:
    source = checkout.model(family)
    files.write_json(source / "training.json", {"family": family, "seeds": [0], "selected": 0, "suffix": ".skops"})
    files.write_manifest(source)
    before = outputs(checkout)
    with pytest.raises(HarError, match=rf"train\.{use}: {family} is no Keras family"):
        export.run(params(), checkout)
    assert outputs(checkout) == before


def test_a_model_file_that_was_tampered_with_is_not_loaded(checkout: Paths) -> None:
    path = checkout.model("cnn_lstm") / "seed_3.keras"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(HarError, match=r"seed_3\.keras is corrupt"):
        export.run(params(), checkout)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"macro_f1_change": -0.0031}, r"loses 0\.0031 macro-F1 against Keras, over export\.max_f1_loss \(0\.003\)"),
        ({"agreement": 0.9949}, r"on 99\.49% of the test windows, under export\.min_agreement \(99\.50%\)"),
        ({"variable_tensors": True}, "keeps variable tensors"),
        ({"custom_operators": ["FlexMatrixDeterminant"]}, "needs FlexMatrixDeterminant"),
    ],
)
def test_the_chosen_form_is_refused_for(exported: tuple[Paths, str], change: dict[str, Any], message: str) -> None:
    row = files.read_json(exported[0].exported / "table.json")["page"]
    limits = params(min_agreement=0.995, max_f1_loss=0.003)
    export._check("cnn_lstm_any", "dynamic_range", row, limits)
    with pytest.raises(HarError, match=message):
        export._check("cnn_lstm_any", "dynamic_range", row | change, limits)
