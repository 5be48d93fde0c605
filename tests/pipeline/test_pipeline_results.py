"""What one `dvc repro` leaves behind."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from pipeline_checkout import MARKS, Checkout

from har.datasets import hapt
from har.datasets.schema import BASIC, CHANNELS
from har.datasets.store import read
from har.evaluation.tally import METRICS
from har.paths import Paths
from har.tracking import ledger, store
from har.tracking.registry import Registry

pytestmark = MARKS


def test_every_output_is_there_and_nothing_half_written(finished: Checkout) -> None:
    stages = yaml.safe_load(finished.at("dvc.lock").read_text())["stages"]
    assert {name.partition("@")[0] for name in stages} == set(
        yaml.safe_load(finished.at("dvc.yaml").read_text())["stages"]
    )
    missing = [
        out["path"] for stage in stages.values() for out in stage["outs"] if not finished.at(out["path"]).exists()
    ]
    assert missing == []
    made = [path for name in ("data", "models", "reports") for path in finished.at(name).rglob("*")]
    assert [path for path in made if path.suffix == ".part"] == []
    assert [path for path in made if path.is_file() and not path.stat().st_size] == []


def test_a_second_run_does_nothing(finished: Checkout) -> None:
    before = finished.contents()
    said = finished.repro()
    assert "Running stage" not in said
    assert "up to date" in said
    assert "up to date" in finished.dvc("status").out
    assert finished.contents() == before
    assert finished.git("status", "--porcelain") == ""


def test_every_family_is_scored_with_spread_and_interval(finished: Checkout) -> None:
    families = finished.json("reports/metrics.json")["families"]
    assert families.keys() == {"cnn_lstm", "logistic_regression"}
    for scores in families.values():
        assert scores.keys() >= set(METRICS) | {"worst_subject_accuracy", "ece"}
        for value in scores.values():
            assert value.keys() >= {"mean", "sd", "low", "high", "n_seeds"}
            assert 0 <= value["low"] <= value["high"] <= 1
    # Chance is a sixth; even one epoch tells six activities apart, and a linear model nearly all of the time.
    assert families["cnn_lstm"]["accuracy"]["mean"] > 0.5
    assert families["logistic_regression"]["accuracy"]["mean"] > 0.9


def test_predictions_are_of_the_test_subjects_alone_and_match_the_scores(finished: Checkout) -> None:
    table = pd.read_parquet(finished.at("data/predictions/logistic_regression.parquet"))
    assert set(table["subject"]) == set(hapt.DATASET.test_subjects)
    assert set(table["label"]) == set(BASIC)
    named = table[[f"p_{name}" for name in BASIC]].to_numpy().argmax(axis=1)
    accuracy = float(np.mean(np.array(BASIC)[named] == table["label"]))
    scores = finished.json("reports/metrics.json")["families"]["logistic_regression"]
    assert abs(accuracy - scores["accuracy"]["mean"]) < 1e-9


def test_one_finished_run_a_trained_model(finished: Checkout) -> None:
    client = store.locate(finished.root).client()
    (experiment,) = [item for item in client.search_experiments() if item.name == "hapt"]
    runs = {
        (run.data.tags["family"], run.data.tags["seed"]): run for run in client.search_runs([experiment.experiment_id])
    }
    assert len(client.search_runs([experiment.experiment_id])) == 3
    assert runs.keys() == {("cnn_lstm", "0"), ("cnn_lstm", "1"), ("logistic_regression", "0")}
    for (family, seed), run in runs.items():
        assert run.info.status == "FINISHED"
        assert run.data.params["seed"] == seed
        assert run.data.tags["mlflow.source.git.commit"] == finished.git("rev-parse", "start")
        assert {"test_macro_f1", "test_accuracy", "final_validation_macro_f1", "duration_s"} <= run.data.metrics.keys()
        (used,) = run.inputs.dataset_inputs
        assert used.dataset.name == "hapt"
        names = {item.path for item in client.list_artifacts(run.info.run_id)}
        chosen = str(finished.json(f"models/{family}/training.json")["selected"]) == seed
        assert names == {"environment.json", "model"} | ({"figures"} if chosen else set())
    epochs = client.get_metric_history(runs["cnn_lstm", "1"].info.run_id, "validation_macro_f1")
    assert len(epochs) == finished.params["train"]["cnn_lstm"]["epochs"]
    assert runs["cnn_lstm", "1"].data.params["epochs"] == str(finished.params["train"]["cnn_lstm"]["epochs"])


def test_the_champion_is_the_exported_model(finished: Checkout, tmp_path: Path) -> None:
    registry = Registry(store.locate(finished.root), "har-cnn-lstm")
    assert registry.aliases() == {"challenger": "1", "champion": "1"}
    assert registry.differences("1", tmp_path) == []
    registered = next(tmp_path.rglob("har.tflite")).read_bytes()
    assert registered == finished.at("models/har.tflite").read_bytes()
    (entry,) = ledger.verify(finished.at("promotions.jsonl"))
    assert (entry["decision"], entry["version"], entry["commit"]) == (
        "promote",
        "1",
        finished.git("rev-parse", "start"),
    )
    assert finished.json("reports/promotion.json")["decision"] == "promote"


def test_verify_finds_nothing_wrong_and_summary_tells_it_all(finished: Checkout) -> None:
    verified = finished.har("verify")
    assert verified.code == 0, verified.err
    assert "are as dvc.lock has them" in verified.out
    said = finished.har("summary").out
    for expected in ("CNN-LSTM", "Logistic regression", "dynamic_range", "version 1 is the champion"):
        assert expected in said


def test_predict_labels_a_test_subject_s_recording(finished: Checkout, tmp_path: Path) -> None:
    recording = next(item for item in read(Paths(finished.root).raw("hapt")) if item.subject == 2)
    file = tmp_path / "walk.csv"
    with file.open("w") as text:
        text.write("# rate_hz: 50\n# acceleration: g\n")
        csv.writer(text).writerows([CHANNELS, *recording.samples.tolist()])
    done = finished.har("predict", str(file), "--windows")
    assert done.code == 0, done.err
    rows = list(csv.DictReader(done.out.splitlines()))
    assert len(rows) == (len(recording.samples) - 128) // 64 + 1
    right = [
        row["activity"] == interval.activity
        for row in rows
        for interval in recording.intervals
        if interval.activity in BASIC
        and interval.start <= float(row["start_s"]) * 50 <= float(row["end_s"]) * 50 <= interval.end
    ]
    assert len(right) > 100
    assert np.mean(right) > 0.6
