import json
from pathlib import Path

import numpy as np
import pandas as pd
import prediction_tables as tables
import pytest

from har.errors import HarError
from har.evaluation import predictions, report, scores
from har.evaluation.tally import METRICS

ALWAYS = {
    "scores.json",
    *("confusion.csv", "confusion.png"),
    *("subjects.csv", "subjects.png"),
    *("reliability.csv", "reliability.png"),
}
LEARNING = {"learning.csv", "learning.png"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_holds_what_was_scored(tmp_path: Path) -> None:
    table, folder, params = tables.predictions(3.0, seeds=(0, 1, 2), selected=1), tmp_path / "cnn_lstm", tables.params()
    found = report.write(table, tables.history(), folder, params)
    assert set(contents(folder)) == ALWAYS | LEARNING
    assert json.loads((folder / "scores.json").read_text()) == found
    assert found["family"] == "cnn_lstm"
    assert found["metrics"] == scores.family(table, params.evaluate.bootstrap, params.evaluate.calibration_bins)
    assert found["selected_seed"] == 1
    assert list(found["seeds"]) == ["0", "1", "2"]
    assert {name: found["selected"][name] for name in METRICS} == found["seeds"]["1"]


def test_the_tables_lead_back_to_the_scores(tmp_path: Path) -> None:
    table, folder = tables.predictions(3.0, selected=1), tmp_path / "cnn"
    found = report.write(table, tables.history(), folder, tables.params())["selected"]
    confusion = pd.read_csv(folder / "confusion.csv")
    assert list(confusion.columns) == ["actual", "predicted"]
    assert (confusion["actual"] == confusion["predicted"]).mean() == pytest.approx(found["accuracy"])
    assert confusion["actual"].tolist() == predictions.selected(table)["label"].tolist()
    people = pd.read_csv(folder / "subjects.csv")
    assert people["subject"].tolist() == list(tables.TEST_SUBJECTS)
    assert people["accuracy"].min() == pytest.approx(found["worst_subject_accuracy"], rel=1e-5)
    every = [scores.score_rows(rows, 15)["subjects"][0]["accuracy"] for rows in predictions.by_seed(table).values()]
    assert people["mean_accuracy"][0] == pytest.approx(np.mean(every), rel=1e-5)
    bins = pd.read_csv(folder / "reliability.csv").dropna()
    gaps = bins["windows"] * abs(bins["accuracy"] - bins["confidence"])
    assert gaps.sum() / bins["windows"].sum() == pytest.approx(found["ece"], abs=1e-5)
    curves = pd.read_csv(folder / "learning.csv")
    assert {"seed", "epoch", "loss", "validation_loss", "validation_macro_f1"} <= set(curves.columns)
    assert len(curves) == 45


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for parent in ("one", "two"):
        report.write(tables.predictions(), tables.history(), tmp_path / parent / "cnn", tables.params())
    assert contents(tmp_path / "one" / "cnn") == contents(tmp_path / "two" / "cnn")


@pytest.mark.parametrize("history", [None, tables.history(epochs=1)])
def test_without_epochs_there_are_no_curves_and_none_are_left_over(
    history: pd.DataFrame | None, tmp_path: Path
) -> None:
    folder = tmp_path / "logistic_regression"
    report.write(tables.predictions(seeds=(0,)), tables.history((0,)), folder, tables.params())
    report.write(tables.predictions(seeds=(0,)), history, folder, tables.params())
    assert set(contents(folder)) == ALWAYS


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (tables.history().drop(columns="epoch"), "history of cnn has no column epoch"),
        (tables.history().head(0), "history of cnn has no rows"),
    ],
)
def test_a_bad_history_leaves_the_earlier_report(history: pd.DataFrame, message: str, tmp_path: Path) -> None:
    folder = tmp_path / "cnn"
    report.write(tables.predictions(), tables.history(), folder, tables.params())
    before = contents(folder)
    with pytest.raises(HarError, match=message):
        report.write(tables.predictions(5.0), history, folder, tables.params())
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["cnn"]


def test_a_bad_table_is_named_for_its_family(tmp_path: Path) -> None:
    with pytest.raises(HarError, match="predictions of cnn: column split holds 'validation'"):
        report.write(tables.predictions().assign(split="validation"), None, tmp_path / "cnn", tables.params())
    assert not list(tmp_path.iterdir())
