import json
from pathlib import Path

import pandas as pd
import prediction_tables as tables
import pytest

from har.errors import HarError
from har.evaluation.tally import METRICS
from har.files import write_json
from har.paths import Paths
from har.stages import compare

FAMILIES = ("cnn_lstm", "lstm", "logistic_regression")
OUTPUTS = ("metrics.json", "comparison.md", "comparison.png", "model_card.md")
VALIDATION = (5, 14, 21, 27)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A checkout in which evaluate, export and preprocess have run."""
    found = Paths(tmp_path)
    for name, skill, seeds in zip(FAMILIES, (5.0, 2.5, 3.5), ((0, 1), (0, 1), (0,)), strict=True):
        found.predictions(name).parent.mkdir(parents=True, exist_ok=True)
        tables.predictions(skill, seeds=seeds).to_parquet(found.predictions(name))
    variant = {"size_bytes": 98_000, "agreement": 0.999, "macro_f1": 0.97, "macro_f1_change": -0.001}
    write_json(
        found.exported / "table.json",
        {"chosen": "dynamic_range", "variants": {"dynamic_range": variant}, "page": variant | {"family": "cnn"}},
    )
    sides = dict.fromkeys(tables.TEST_SUBJECTS, "test") | dict.fromkeys(VALIDATION, "validation")
    index = pd.DataFrame({"subject": [subject for subject in range(1, 31) for _ in range(3)]})
    found.processed.mkdir(parents=True)
    index.assign(split=index["subject"].map(lambda subject: sides.get(subject, "train"))).to_parquet(
        found.processed / "index.parquet"
    )
    return found


def outputs(paths: Paths) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in paths.reports.iterdir()}


def test_one_run_writes_all_and_names_the_best(paths: Paths) -> None:
    line = compare.run(tables.params(families=FAMILIES), paths)
    assert line.startswith("compare: 3 families on 540 test windows: best is CNN-LSTM, macro-F1 ")
    assert "\n" not in line
    assert set(outputs(paths)) == set(OUTPUTS)
    metrics = json.loads((paths.reports / "metrics.json").read_text())
    assert set(metrics["families"]) == set(FAMILIES)
    for family in metrics["families"].values():
        assert set(family) == set(METRICS)
        assert all({"mean", "sd", "low", "high", "selected"} <= set(value) for value in family.values())
    assert set(metrics["mcnemar"]) == {"cnn_lstm", "lstm"}
    card = (paths.reports / "model_card.md").read_text()
    assert (
        "| validation | gives the temperature and chooses the seed; then learned from too | 4 | 5, 14, 21, 27 |" in card
    )
    assert "| train | fits the weights | 17 | 1, 3, 6, 7," in card


def test_two_runs_write_the_same_bytes(paths: Paths) -> None:
    compare.run(tables.params(families=FAMILIES), paths)
    before = outputs(paths)
    compare.run(tables.params(families=FAMILIES), paths)
    assert outputs(paths) == before


def test_without_the_baseline_families_are_still_compared(paths: Paths) -> None:
    compare.run(tables.params(families=("cnn_lstm", "lstm")), paths)
    assert json.loads((paths.reports / "metrics.json").read_text())["mcnemar"] == {}


def test_one_family_alone_is_compared_with_nothing(paths: Paths) -> None:
    assert compare.run(tables.params(families=("cnn_lstm",)), paths).startswith("compare: 1 family on 540 test windows")


def test_the_deployed_family_must_be_among_the_families(paths: Paths) -> None:
    with pytest.raises(HarError, match=r"train.deploy is 'scratch_mlp', which is not in train.families"):
        compare.run(tables.params(families=FAMILIES, deploy="scratch_mlp"), paths)


def test_families_on_other_windows_are_named_and_nothing_is_written(paths: Paths) -> None:
    tables.predictions(windows=30).to_parquet(paths.predictions("lstm"))
    with pytest.raises(HarError, match="cnn_lstm and lstm were evaluated on different windows"):
        compare.run(tables.params(families=FAMILIES), paths)
    assert not paths.reports.exists()


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("data/predictions/lstm.parquet", "evaluate"),
        ("models/exported/table.json", "dvc repro"),
        ("data/processed/index.parquet", "preprocess"),
    ],
)
def test_a_missing_input_is_named_with_its_stage_and_nothing_is_written(missing: str, stage: str, paths: Paths) -> None:
    (paths.root / missing).unlink()
    with pytest.raises(HarError, match=f"{Path(missing).name} is missing: run the .*{stage}"):
        compare.run(tables.params(families=FAMILIES), paths)
    assert not paths.reports.exists()


def test_a_broken_index_is_named(paths: Paths) -> None:
    (paths.processed / "index.parquet").write_bytes(b"not a table")
    with pytest.raises(HarError, match=r"index.parquet is not a readable index"):
        compare.run(tables.params(families=FAMILIES), paths)
