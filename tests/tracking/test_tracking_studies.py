from dataclasses import replace
from pathlib import Path

import pytest

from har.errors import HarError
from har.tracking import studies
from har.tracking.runs import Data
from har.tracking.store import Store
from har.tracking.studies import Child, Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    scores = tmp_path / "scores.json"
    scores.write_text("{}")
    children = tuple(
        Child(f"fold {fold} seed 0", {"fold": fold}, {"macro_f1": 0.9}, {"loss": [1.0, 0.5]}, 60.0, f"{fold}" * 64)
        for fold in range(2)
    )
    data = Data("hapt", "ab" * 32, 7415)
    return Study(
        "hapt-studies", "crossval", "cnn", "cnn_2-folds", {"epochs": 2}, {"f1": 0.9}, data, children, (scores,)
    )


def all_runs(tracking: Store) -> list:
    return list(tracking.client().search_runs([tracking.experiment("hapt-studies")]))


def test_a_study_is_a_parent_with_a_child_a_model(tracking, study):
    client = tracking.client()
    parent = client.get_run(studies.ensure(tracking, study))
    children = [run for run in all_runs(tracking) if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert {run.info.run_name for run in children} == {"fold 0 seed 0", "fold 1 seed 0"}
    assert {run.info.status for run in [parent, *children]} == {"FINISHED"}
    assert children[0].info.end_time - children[0].info.start_time == 60_000
    assert children[0].data.metrics == {"macro_f1": 0.9, "loss": 0.5, "duration_s": 60.0}
    assert parent.data.params == {"family": "cnn", "epochs": "2"}
    assert {item.path for item in client.list_artifacts(parent.info.run_id)} == {"environment.json", "scores.json"}


def test_the_same_again_logs_nothing_and_another_result_does(tracking, study):
    first = studies.ensure(tracking, study)
    slower = replace(study, children=tuple(replace(child, duration_s=99.0) for child in study.children))
    assert studies.ensure(tracking, slower) == first
    assert studies.ensure(tracking, replace(study, metrics={"f1": 0.8})) != first
    assert len(all_runs(tracking)) == 6


def test_what_a_killed_process_left_is_cleared_away_with_its_children(tracking, study):
    client, experiment = tracking.client(), tracking.experiment("hapt-studies")
    left = client.create_run(experiment, tags={"har.key": study.key}).info.run_id
    client.create_run(experiment, tags={"mlflow.parentRunId": left})
    run_id = studies.ensure(tracking, study)
    assert run_id != left
    assert len(all_runs(tracking)) == 3


def test_a_score_that_is_no_number_is_refused_before_anything_is_logged(tracking, study):
    child = replace(study.children[0], metrics={"macro_f1": float("nan")})
    with pytest.raises(HarError, match="fold 0 seed 0: the metric macro_f1 is not a finite number"):
        studies.ensure(tracking, replace(study, children=(child,)))
    assert all_runs(tracking) == []
