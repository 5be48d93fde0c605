from collections.abc import Callable
from functools import partial
from typing import Any

import optuna
import pytest
import yaml
from joblib.externals.loky.process_executor import BrokenProcessPool, TerminatedWorkerError
from small_corpus import ROOT, raw_params

from har.errors import HarError
from har.models.families import logistic_regression
from har.parallel import ItemError
from har.params import Params, load
from har.paths import Paths
from har.studies import params_file, search, sweep, sweep_table
from har.tracking import store, trials

SPACE = {
    "inverse_regularisation": {"low": 0.0001, "high": 10.0, "log": True},
    "max_iterations": {"choices": [100, 500]},
}


def small(**changes: Any) -> Params:
    """Params that sweep the logistic regression, over in a second."""
    raw = raw_params()
    raw["train"]["deploy"] = "logistic_regression"
    raw["evaluate"]["bootstrap"] = 50
    settings = {"trials": 6, "together": 2, "startup": 2, "seed": 0, "base": {}, "space": SPACE} | changes
    raw["studies"] |= {"folds": 2, "seeds": [0], "sweep": settings}
    return Params.model_validate(raw)


def all_runs(paths: Paths) -> list:
    tracking = store.locate(paths.root)
    return list(tracking.client().search_runs([tracking.experiment("hapt-studies")]))


def test_the_winner_is_the_best_whole_trial_and_no_worse_than_the_present_knobs(checkout):
    result = sweep.run(small(), checkout)
    assert [trial["number"] for trial in result["trials"]] == list(range(6))
    assert result["trials"][0]["knobs"] == {"inverse_regularisation": 0.1, "max_iterations": 500}
    whole = {trial["number"]: trial["scores"][-1] for trial in result["trials"] if not trial["pruned"]}
    assert result["score"] == whole[result["winner"]] == max(whole.values())
    assert result["present"] == whole[0] <= result["score"]
    assert all(len(trial["scores"]) == 2 for trial in result["trials"] if not trial["pruned"])
    assert result["subjects"] == 4  # none of the two test subjects


def test_mlflow_has_a_run_a_trial_under_one_parent_however_often_the_sweep_goes_on(checkout):
    sweep.run(small(), checkout, trials=2)
    result = sweep.run(small(), checkout, trials=4)
    assert sweep.run(small(), checkout, trials=4) == result
    (parent,) = [run for run in all_runs(checkout) if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in all_runs(checkout) if run.info.run_id != parent.info.run_id]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert sorted(run.data.params["trial"] for run in children) == ["0", "1", "2", "3"]
    assert parent.data.metrics["macro_f1"] == result["score"]
    assert {run.info.status for run in all_runs(checkout)} == {"FINISHED"}


class Killed(BaseException):
    """What a test raises where a process might be killed."""


@pytest.mark.parametrize(
    ("owner", "name", "call"),
    [
        (sweep, "_macro_f1", 5),
        (optuna.Study, "tell", 3),
        (optuna.Study, "tell", 2),
        (optuna.Study, "ask", 4),
        (search, "_draw", 6),
        (trials, "log_child", 2),
        (trials, "log_params", 1),
    ],
    ids=[
        "between two folds",
        "when a trial is over",
        "between two trials of a round",
        "when a trial begins",
        "between two knobs",
        "while MLflow is told",
        "before MLflow is told anything",
    ],
)
def test_a_killed_sweep_goes_on_and_finds_what_it_would_have_found(checkout, monkeypatch, owner, name, call):
    real, calls = getattr(owner, name), []

    def killed(*arguments, **named):
        calls.append(name)
        if len(calls) == call:
            raise Killed
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed)
        with pytest.raises(Killed):
            sweep.run(small(), checkout, trials=4)
    resumed = sweep.run(small(), checkout, trials=4)
    monkeypatch.setattr(sweep, "_note", other_name(sweep._note))
    assert sweep.run(small(), checkout, trials=4) | {"name": resumed["name"]} == resumed
    assert all(run.data.params for run in all_runs(checkout))
    parents = {run.data.tags.get("mlflow.parentRunId") for run in all_runs(checkout)} - {None}
    assert len(parents) == 2
    assert len(all_runs(checkout)) == 2 * (1 + 4)


def other_name(note):
    """The same sweep under another name, so that it begins anew."""
    from dataclasses import replace

    return lambda ground: replace(note(ground), name="anew", key="anew")


def test_trials_that_fall_behind_are_given_up_and_do_not_win(checkout, monkeypatch):
    monkeypatch.setattr(sweep, "_macro_f1", lambda outcome, fold, ground: outcome.knobs["max_iterations"] / 1000)
    space = {"max_iterations": {"choices": [100, 200, 500]}}
    result = sweep.run(small(space=space, trials=8, startup=1), checkout)
    pruned = [trial for trial in result["trials"] if trial["pruned"]]
    assert pruned
    assert all(len(trial["scores"]) == 1 and trial["knobs"]["max_iterations"] < 500 for trial in pruned)
    assert result["trials"][result["winner"]]["knobs"] == {"max_iterations": 500}
    assert (result["score"], result["changes"]) == (0.5, {})


def fail(monkeypatch: pytest.MonkeyPatch, limit: int, raised: Callable[[], Exception]) -> None:
    """Let training raise something for fewer iterations than `limit`."""
    real = logistic_regression.fit

    def fit(examples, validation, knobs, *rest):
        if knobs.max_iterations < limit:
            raise raised()
        return real(examples, validation, knobs, *rest)

    monkeypatch.setenv("HAR_JOBS", "1")  # in this process
    monkeypatch.setattr(logistic_regression, "fit", fit)


def diverged() -> HarError:
    error = HarError("the loss is not a number")
    error.__cause__ = ValueError("nan")
    return error


@pytest.mark.parametrize(
    "raised",
    [partial(kind, "the loss is not a number") for kind in (ValueError, FloatingPointError, RuntimeError)] + [diverged],
    ids=["ValueError", "FloatingPointError", "RuntimeError", "HarError of a ValueError"],
)
def test_a_trial_whose_training_fails_is_left_out_and_said(checkout, monkeypatch, capsys, raised):
    fail(monkeypatch, 500, raised)
    result = sweep.run(small(), checkout)
    assert {trial["knobs"]["max_iterations"] for trial in result["trials"]} == {500}
    left_out = sorted(set(range(6)) - {trial["number"] for trial in result["trials"]})
    assert left_out
    assert result["failed"] == left_out
    said = capsys.readouterr().err
    assert all(f"trial {n} is left out, its training failed twice: " in said for n in left_out)
    assert said.count("the loss is not a number") >= len(left_out)
    assert sweep.run(small(), checkout) == result
    failed = [run for run in all_runs(checkout) if run.info.status == "FAILED"]
    assert sorted(int(run.data.params["trial"]) for run in failed) == left_out
    assert not any("macro_f1" in run.data.metrics for run in failed)
    assert len(all_runs(checkout)) == 1 + 6
    sweep_table.show(result)
    assert f"6 trials, 0 given up early, {len(left_out)} failed" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "raised",
    [partial(OSError, 28, "No space left on device"), MemoryError, partial(HarError, "the input is damaged")],
    ids=["full disk", "out of memory", "a mistake in the input"],
)
def test_a_trial_that_the_machine_or_the_input_fails_is_tried_again(checkout, monkeypatch, raised):
    with monkeypatch.context() as patch:
        fail(patch, 500, raised)
        with pytest.raises((RuntimeError, HarError), match=r"No space left|failed twice|the input is damaged"):
            sweep.run(small(), checkout)
    tried_again(checkout, monkeypatch)


@pytest.mark.parametrize("error", [TerminatedWorkerError("killed"), BrokenProcessPool("killed"), OSError("disk full")])
def test_a_trial_whose_worker_is_killed_or_whose_model_cannot_be_written_is_tried_again(checkout, monkeypatch, error):
    real = sweep.out_of_fold

    def killed(variants, *arguments):
        if any(variant.raw["max_iterations"] < 500 for variant in variants):
            raise error
        return real(variants, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "out_of_fold", killed)
        with pytest.raises(type(error)):
            sweep.run(small(), checkout)
    tried_again(checkout, monkeypatch)


def tried_again(checkout: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep goes on and finds what it would have found."""
    resumed = sweep.run(small(), checkout)
    assert [trial["number"] for trial in resumed["trials"]] == list(range(6))
    assert resumed["failed"] == []
    monkeypatch.setattr(sweep, "_note", other_name(sweep._note))
    assert sweep.run(small(), checkout) | {"name": resumed["name"]} == resumed


def test_a_sweep_whose_present_knobs_cannot_be_trained_ends_there(checkout, monkeypatch):
    fail(monkeypatch, 1000, partial(ValueError, "the loss is not a number"))
    with pytest.raises(ItemError, match="the loss is not a number"):
        sweep.run(small(), checkout)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": {"depth": {"low": 1, "high": 3}}}, r"params\.yaml: studies\.sweep\.space\.depth: .*depth"),
        ({"space": {"max_iterations": {"choices": [0, 500]}}}, r"studies\.sweep\.space\.max_iterations: "),
        ({"space": {"inverse_regularisation": {"low": 1.0, "high": 2.0}}}, "leaves out the present value 0.1"),
        ({"space": {"max_iterations": {"low": 150, "high": 600, "step": 100}}}, "leaves out the present value 500"),
        ({"base": {"max_iterations": 100}}, r"max_iterations is in studies\.sweep\.base too"),
        ({"base": {"depth": 3}}, r"studies\.sweep\.base: .*depth"),
    ],
)
def test_a_space_that_cannot_be_is_named_before_anything_is_made(paths, changes, message):
    with pytest.raises(HarError, match=message):
        sweep.run(small(**changes), paths)
    assert not (paths.root / "data" / "studies").exists()


@pytest.mark.parametrize(
    ("dimension", "message"),
    [
        ({}, "give it choices, or low and high"),
        ({"low": 1}, "give it choices, or low and high"),
        ({"low": 2, "high": 1}, "low 2 is not less than high 1"),
        ({"low": 0.0, "high": 1.0, "log": True}, "log needs a low above 0"),
        ({"choices": [1, 2], "low": 1}, "choices and low exclude each other"),
        ({"low": 1, "high": 2, "kind": "log"}, "kind"),
    ],
)
def test_a_dimension_that_cannot_be_is_named_with_its_key(tmp_path, dimension, message):
    raw = raw_params()
    raw["studies"]["sweep"]["space"]["dropout"] = dimension
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    with pytest.raises(HarError, match=rf"studies\.sweep\.space\.dropout.*{message}"):
        load(tmp_path / "params.yaml")


def test_the_listed_space_is_possible():
    sweep.check(load(ROOT / "params.yaml"))


def test_the_winner_is_written_into_params_yaml_and_nothing_else_changes(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    result = {"family": "cnn_lstm", "changes": {"dropout": 0.31, "filters": [24, 40, 56], "weight_decay": 1.5e-05}}
    before = path.read_text(encoding="utf-8").splitlines()
    text, diff = sweep.changed_file(path, result)
    assert path.read_text(encoding="utf-8").splitlines() == before
    sweep.write(path, text)
    after = path.read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 3
    assert [old.partition("#")[2] for old, _ in changed] == [new.partition("#")[2] for _, new in changed]
    assert [line for line in diff.splitlines() if line.startswith("+ ")] == [f"+{new}" for _, new in changed]
    assert [line for line in diff.splitlines() if line.startswith("- ")] == [f"-{old}" for old, _ in changed]
    knobs = load(path).train.family("cnn_lstm")
    assert (knobs["dropout"], knobs["filters"], knobs["weight_decay"]) == (0.31, [24, 40, 56], 1.5e-05)


def test_values_are_changed_in_place_whatever_they_look_like():
    text = "a:\n  x: 0.5     # why\n  y: [1, 2]\n  z: word # close\nb: {x: 1, y: 'é'}  # ü\n"
    values = {("a", "x"): 0.25, ("a", "y"): [3], ("a", "z"): "other", ("b", "x"): 10, ("b", "y"): True}
    changed = "a:\n  x: 0.25    # why\n  y: [3]\n  z: other  # close\nb: {x: 10, y: true}  # ü\n"
    assert params_file.with_values(text, values) == changed
    with pytest.raises(HarError, match=r"params\.yaml: a\.w is missing"):
        params_file.with_values(text, {("a", "w"): 1})
    with pytest.raises(HarError, match=r"params\.yaml: a takes several lines"):
        params_file.with_values("a:\n  - 1\n  - 2\n", {("a",): 1})
