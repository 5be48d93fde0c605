from dataclasses import replace
from pathlib import Path

import pytest

from har.errors import HarError
from har.tracking import runs
from har.tracking.runs import Data, RunRecord
from har.tracking.store import Store


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    model = tmp_path / "seed_0.keras"
    model.write_bytes(b"weights")
    return RunRecord(
        experiment="hapt",
        family="cnn_lstm",
        seed=0,
        stage="train",
        activities=("walking", "sitting"),
        params={f"knob_{i}": i for i in range(120)},
        data=Data("hapt", "ab" * 32, 7352),
        history={"loss": [1.5, 1.0, 0.5], "val_macro_f1": [0.8, 0.95, 0.9]},
        metrics={"best_epoch": 2.0, "best_val_macro_f1": 0.95},
        model=model,
        duration_s=60.0,
        code=Path(__file__).parents[2],
    )


def all_runs(tracking: Store) -> list:
    from mlflow.entities import ViewType

    return list(tracking.client().search_runs([tracking.experiment("hapt")], run_view_type=ViewType.ALL))


def test_a_run_holds_all_that_is_known_of_the_model(tracking, record, tmp_path):
    client = tracking.client()
    run_id = runs.ensure(tracking, record)
    run = client.get_run(run_id)
    assert (run.info.run_name, run.info.status) == ("cnn_lstm seed 0", "FINISHED")
    assert run.info.end_time - run.info.start_time == 60_000
    assert run.data.params == {"family": "cnn_lstm", "seed": "0", "threads": "1"} | {
        f"knob_{i}": str(i) for i in range(120)
    }
    assert run.data.metrics["best_val_macro_f1"] == 0.95
    assert [(m.step, m.value) for m in client.get_metric_history(run_id, "loss")] == [(1, 1.5), (2, 1.0), (3, 0.5)]
    assert {"family": "cnn_lstm", "seed": "0", "stage": "train", "har.data_sha256": "ab" * 32}.items() <= (
        run.data.tags.items()
    )
    (used,) = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("hapt", ("ab" * 32)[:36])
    assert {item.path for item in client.list_artifacts(run_id)} == {"environment.json", "model"}
    fetched = client.download_artifacts(run_id, "model/seed_0.keras", str(tmp_path))
    assert Path(fetched).read_bytes() == b"weights"


def test_training_the_same_again_logs_nothing(tracking, record):
    first = runs.ensure(tracking, record)
    again = runs.ensure(tracking, replace(record, duration_s=99.0))
    assert again == first
    assert len(all_runs(tracking)) == 1


def test_whatever_makes_another_model_makes_another_run(tracking, record, tmp_path):
    other_model = tmp_path / "other.keras"
    other_model.write_bytes(b"other weights")
    variants = [
        record,
        replace(record, seed=1),
        replace(record, family="cnn"),
        replace(record, params={**record.params, "knob_0": 7}),
        replace(record, data=Data("hapt", "cd" * 32, 7352)),
        replace(record, activities=("walking",)),
        replace(record, model=other_model),
    ]
    assert len({runs.ensure(tracking, variant) for variant in variants}) == len(variants)


def test_what_a_killed_process_left_is_cleared_away(tracking, record):
    client = tracking.client()
    left = client.create_run(tracking.experiment("hapt"), tags={"har.key": record.key}).info.run_id
    run_id = runs.ensure(tracking, record)
    assert run_id != left
    assert {run.info.run_id: run.info.lifecycle_stage for run in all_runs(tracking)} == {
        left: "deleted",
        run_id: "active",
    }


def test_a_run_that_mlflow_started_around_us_is_left_alone(tracking, record, monkeypatch):
    client = tracking.client()
    around = client.create_run(tracking.experiment("hapt")).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", around)
    run_id = runs.ensure(tracking, record)
    runs.attach(tracking, run_id, {"macro_f1": 0.9})
    assert run_id != around
    assert client.get_run(around).data.metrics == {}
    assert client.get_run(around).info.status == "RUNNING"


def test_the_run_of_a_model_is_found_by_the_models_file(tracking, record):
    assert runs.find_model(tracking, "hapt", record.model_sha256) is None
    run_id = runs.ensure(tracking, record)
    assert runs.find_model(tracking, "hapt", record.model_sha256) == run_id
    assert runs.find_model(tracking, "hapt", "0" * 64) is None


def test_attaching_an_evaluation_twice_changes_nothing(tracking, record, tmp_path):
    client = tracking.client()
    run_id = runs.ensure(tracking, record)
    figures = tmp_path / "figures"
    figures.mkdir()
    (figures / "confusion.png").write_bytes(b"png")
    for _ in range(2):
        runs.attach(tracking, run_id, {"macro_f1": 0.97, "ece": float("nan")}, {figures: "figures", record.model: "x"})
    assert len(client.get_metric_history(run_id, "macro_f1")) == 1
    assert len(client.get_metric_history(run_id, "ece")) == 1
    assert [item.path for item in client.list_artifacts(run_id, "figures")] == ["figures/confusion.png"]
    assert [item.path for item in client.list_artifacts(run_id, "x")] == ["x/seed_0.keras"]


def test_a_changed_evaluation_shows_its_new_value_even_if_it_is_lower(tracking, record):
    run_id = runs.ensure(tracking, record)
    runs.attach(tracking, run_id, {"macro_f1": 0.97})
    runs.attach(tracking, run_id, {"macro_f1": 0.91})
    assert tracking.client().get_run(run_id).data.metrics["macro_f1"] == 0.91


def test_bad_records_are_refused_before_anything_is_logged(tracking, record, tmp_path):
    with pytest.raises(HarError, match="missing"):
        runs.ensure(tracking, replace(record, model=tmp_path / "none.keras"))
    with pytest.raises(HarError, match="best_val is not a finite number"):
        runs.ensure(tracking, replace(record, metrics={"best_val": float("nan")}))
    with pytest.raises(ValueError, match="loss is both"):
        runs.ensure(tracking, replace(record, metrics={"loss": 0.5}))
    assert all_runs(tracking) == []
