"""Trying something else: experiments, comparisons, and a gate that says no."""

import json

from pipeline_checkout import MARKS, Checkout

from har.tracking import ledger, store
from har.tracking.registry import Registry

pytestmark = MARKS


def test_an_experiment_in_another_folder_lands_in_the_same_store(checkout: Checkout) -> None:
    before = checkout.contents()
    key = "train.logistic_regression.max_iterations"
    done = checkout.dvc("exp", "run", "--temp", "--name", "shorter", "-S", f"{key}=5", "train@logistic_regression")
    assert done.code == 0, done.err
    client = store.locate(checkout.root).client()
    experiment = client.get_experiment_by_name("hapt").experiment_id
    runs = [run for run in client.search_runs([experiment]) if run.data.tags["family"] == "logistic_regression"]
    assert sorted(int(run.data.params["max_iterations"]) for run in runs) == [5, 20]
    (made,) = [run for run in runs if run.data.params["max_iterations"] == "5"]
    assert (made.info.status, made.data.tags["dvc.experiment"]) == ("FINISHED", "shorter")
    assert checkout.contents() == before
    shown = json.loads(checkout.dvc("exp", "show", "--json").out)
    assert "shorter" in json.dumps(shown)


def test_params_metrics_and_plots_are_compared_by_dvc(checkout: Checkout) -> None:
    checkout.change("train.cnn_lstm", epochs=2)
    changed = json.loads(checkout.dvc("params", "diff", "--json").out)
    assert changed["params.yaml"] == {"train.cnn_lstm.epochs": {"old": 1, "new": 2, "diff": 1}}
    shown = json.loads(checkout.dvc("metrics", "show", "--json").out)
    assert {"reports/metrics.json", "reports/export.json"} <= shown[""]["data"].keys()
    plots = checkout.dvc("plots", "diff", "HEAD")
    assert plots.code == 0, plots.err
    page = checkout.at("dvc_plots/index.html").read_text()
    assert "Confusion of the deployed family" in page
    assert "reports_comparison.png" in page


def test_a_candidate_below_the_floor_leaves_the_champion_where_it_was(checkout: Checkout) -> None:
    registry = Registry(store.locate(checkout.root), "har-cnn-lstm")
    before = registry.aliases()
    checkout.change("promote", min_macro_f1=1.0)
    said = checkout.repro()
    assert "promote: version 1 of har-cnn-lstm is not promoted: macro_f1 0." in said
    assert registry.aliases() == before
    assert [entry["decision"] for entry in ledger.verify(checkout.at("promotions.jsonl"))] == ["promote", "reject"]
    assert checkout.json("reports/promotion.json")["decision"] == "reject"
    assert "Running stage" not in checkout.repro()
