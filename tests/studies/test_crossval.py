import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_corpus import ACTIVITIES, EACH, SIDES

from har.errors import HarError
from har.evaluation import predictions
from har.paths import Paths
from har.studies import crossval, crossval_table
from har.studies.crossval import Options
from har.tracking import store

LOGISTIC = Options("logistic_regression", folds=3, seeds=(0, 1))


def all_runs(paths: Paths) -> list:
    tracking = store.locate(paths.root)
    return list(tracking.client().search_runs([tracking.experiment("hapt-studies")]))


def test_every_window_is_predicted_once_a_seed_by_a_model_that_never_saw_its_subject(params, checkout):
    result = crossval.run(params, checkout, LOGISTIC)
    folder = checkout.root / "data" / "studies" / "crossval" / result["name"]
    table = predictions.read(folder / "predictions.parquet")
    assert json.loads((folder / "scores.json").read_text()) == result
    assert table.groupby("seed").size().tolist() == [len(SIDES) * 3 * EACH] * 2
    assert not table.duplicated([*predictions.WINDOW, "seed"]).any()
    held = table.groupby("fold")["subject"].unique().apply(sorted).tolist()
    assert held == result["fold_subjects"]
    assert result["activities"] == list(ACTIVITIES)


def test_figures_are_those_of_the_predictions(params, checkout):
    from sklearn.metrics import f1_score

    result = crossval.run(params, checkout, LOGISTIC)
    table = pd.read_parquet(checkout.root / "data" / "studies" / "crossval" / result["name"] / "predictions.parquet")
    table["named"] = predictions.predicted(table)

    def f1(rows: pd.DataFrame) -> float:
        return float(f1_score(rows["label"], rows["named"], average="macro"))

    pooled = [f1(rows) for _, rows in table.groupby("seed")]
    folds = table.groupby(["fold", "seed"])[["label", "named"]].apply(f1).groupby("fold").mean()
    assert result["macro_f1_pooled"]["mean"] == pytest.approx(np.mean(pooled))
    assert result["macro_f1_folds"] == pytest.approx({"mean": folds.mean(), "sd": folds.std(ddof=1), "n": 3})
    assert result["macro_f1_pooled"]["n"] == 2
    right = (table["label"] == table["named"]).groupby(table["subject"]).mean()
    assert {person["subject"]: person["accuracy"] for person in result["subjects"]} == pytest.approx(right.to_dict())
    assert result["worst"]["accuracy"] == pytest.approx(right.min())


def test_mlflow_has_a_parent_with_a_child_a_model_and_hears_nothing_new_of_the_same_again(params, checkout):
    first = crossval.run(params, checkout, LOGISTIC)
    runs = all_runs(checkout)
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(children) == len(runs) - 1 == 6
    assert parent.info.run_name == first["name"]
    assert parent.data.metrics["macro_f1_pooled_mean"] == first["macro_f1_pooled"]["mean"]
    assert {(run.data.params["fold"], run.data.params["seed"]) for run in children} == {
        (str(fold), str(seed)) for fold in range(3) for seed in range(2)
    }
    assert crossval.run(params, checkout, LOGISTIC) == first
    assert len(all_runs(checkout)) == 7


def test_leaving_one_out_holds_each_of_the_chosen_subjects_out(params, checkout, capsys):
    result = crossval.run(params, checkout, replace(LOGISTIC, folds=None, seeds=(0,), subjects="training"))
    assert result["fold_subjects"] == [[1], [3], [5], [6]]
    crossval_table.show(result)
    printed = capsys.readouterr().out
    assert "one subject left out, 4 subjects" in printed
    assert f"worst subject ({result['worst']['subject']})" in printed


def test_changed_knobs_are_used_and_kept_apart(params, checkout):
    plain = crossval.run(params, checkout, replace(LOGISTIC, seeds=(0,)))
    other = crossval.run(params, checkout, replace(LOGISTIC, seeds=(0,), overrides={"inverse_regularisation": 1e-4}))
    assert other["name"] != plain["name"]
    assert other["knobs"]["inverse_regularisation"] == 1e-4
    assert len(list((checkout.root / "data" / "studies" / "crossval").iterdir())) == 2
    assert len(list((checkout.root / "data" / "studies" / "fits").glob("*/record.json"))) == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"family": "forest"}, "no family 'forest'"),
        ({"folds": 7}, "7 folds of 6 subjects"),
        ({"folds": 1}, "1 folds of 6 subjects"),
        ({"seeds": ()}, "--seeds"),
        ({"seeds": (1, 1)}, "--seeds"),
        ({"activities": "most"}, "activities"),
        ({"datasets": ("nowhere",)}, "nowhere"),
        ({"overrides": {"depth": 3}}, r"changed knobs of logistic_regression: .*depth"),
        ({"overrides": {"max_iterations": 0}}, "max_iterations"),
        ({"overrides": {"seeds": [0]}}, "seeds"),
    ],
)
def test_what_cannot_be_cross_validated_is_told_before_anything_is_trained(params, paths, changes, message):
    with pytest.raises(HarError, match=message):
        crossval.run(params, paths, replace(LOGISTIC, **changes))
    assert not (paths.root / "data" / "studies" / "fits").exists()
    assert not (paths.root / "data" / "studies" / "crossval").exists()


def test_a_recording_that_is_left_out_is_neither_learned_from_nor_scored(params, checkout):
    options = replace(LOGISTIC, seeds=(0,), without=("r3walking",))
    result = crossval.run(params, checkout, options)
    assert result["name"] != replace(LOGISTIC, seeds=(0,)).name(params)
    table = predictions.read(checkout.root / "data" / "studies" / "crossval" / result["name"] / "predictions.parquet")
    assert "r3walking" not in set(table["recording"])
    assert len(table) == (len(SIDES) * 3 - 1) * EACH
    assert result["data_sha256"] != crossval.run(params, checkout, replace(LOGISTIC, seeds=(0,)))["data_sha256"]


def test_a_recording_that_is_not_there_cannot_be_left_out(params, checkout):
    with pytest.raises(HarError, match="no recording is called r99walking"):
        crossval.run(params, checkout, replace(LOGISTIC, without=("r99walking",)))
