"""Promotions and runs at a real server: two at once, killed in the middle, artifacts gone."""

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass

import mlflow
import pytest
import yaml
from exported_checkout import Checkout, louder
from mlflow.server import get_app_client
from registry_server import ADMIN, EDITOR, READER, Server

from har import files
from har.errors import HarError
from har.stages import models, promote
from har.tracking import history, lease, ledger, promotion, runs, store, studies, trials
from har.tracking.candidate import DIGEST
from har.tracking.registry import Registry


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server(tmp_path_factory.mktemp("server"))
    yield found
    found.kill()


@pytest.fixture
def clones(tmp_path, network, server, monkeypatch):
    """Two checkouts of one project, each with a candidate of its own; the registry is emptied afterwards."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    found = []
    for name, change in (("one", None), ("two", louder)):
        (tmp_path / name).mkdir()
        found.append(Checkout(tmp_path / name, network))
        found[-1].export(change)
        easy = found[-1].params().model_dump(mode="json", by_alias=True)
        (tmp_path / name / "params.yaml").write_text(yaml.safe_dump(easy), encoding="utf-8")
    yield found
    if server.process.poll() is not None:  # a test that failed
        server.start()
    with suppress(mlflow.exceptions.RestException):
        mlflow.MlflowClient(server.uri, server.uri).delete_registered_model("har-cnn-lstm")


def run(checkout: Checkout) -> str:
    return promote.run(checkout.params(), checkout.paths)


def known(checkout: Checkout) -> dict:
    """What `har models` knows, once registry and ledger agree."""
    found = history.history(*promote.open_registry(checkout.params(), checkout.paths))
    assert found["differences"] == []
    return found


def aliases(found: dict) -> dict[str, str]:
    return {alias: version["version"] for version in found["versions"] for alias in version["aliases"]}


def book(checkout: Checkout) -> list[dict]:
    return ledger.verify(checkout.paths.root / "docs" / "promotions.jsonl")


def test_two_promotions_at_once_are_decided_one_after_the_other_and_both_clones_know_both(server, clones):
    started = [server.begin(clone.paths.root, "promote") for clone in clones]
    said = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    found = known(clones[0])
    assert found == known(clones[1])
    first, second = found["decisions"]
    assert [(entry["sequence"], entry["decision"]) for entry in (first, second)] == [(1, "promote"), (2, "promote")]
    assert second["former_version"] == first["version"]
    last = second["version"]
    assert aliases(found) == {"champion": last, "challenger": last, "previous": first["version"]}
    for clone in clones:  # its file is brought up to date when it decides next
        promote.rollback(clone.params(), clone.paths)
        assert book(clone) == known(clone)["decisions"]


@pytest.mark.parametrize(
    ("owner", "name", "late"),
    [
        (mlflow.MlflowClient, "log_model_artifacts", False),
        (Registry, "publish", True),
        (Registry, "note", False),
    ],
    ids=["while the files are sent", "once the decision is on record", "before it is noted as done"],
)
def test_a_server_killed_in_the_middle_leaves_nothing_that_the_next_try_does_not_finish(
    server, clones, monkeypatch, owner, name, late
):
    first, second = clones
    run(first)
    real = getattr(owner, name)

    def killing(*arguments, **named):
        if not late:
            server.kill()
        answer = real(*arguments, **named)
        server.kill()
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killing)
        with pytest.raises(HarError, match=r"the MLflow registry failed in the middle .* run the same command again"):
            run(second)
    server.start()
    assert run(second).startswith("promote: version 2 of har-cnn-lstm is champion")
    found = known(second)
    assert [(entry["decision"], entry["version"]) for entry in found["decisions"]] == [
        ("promote", "1"),
        ("promote", "2"),
    ]
    assert aliases(found) == {"champion": "2", "challenger": "2", "previous": "1"}
    assert found == known(first)
    assert files.sha256(second.paths.champion) == files.sha256(second.paths.tflite)


def test_a_champion_whose_artifact_is_gone_is_named_and_nothing_moves(server, clones, tmp_path):
    first, second = clones
    run(first)
    for path in (server.folder / "artifacts").rglob("har.tflite"):
        path.unlink()
    params, paths = second.params(), second.paths
    for command in (
        lambda: promote.run(params, paths),
        lambda: promote.dry_run(params, paths),
        lambda: models.export(params, paths, "champion", tmp_path / "bundle"),
    ):
        with pytest.raises(HarError, match=r"har\.tflite of version 1 of har-cnn-lstm"):
            command()
    assert not (tmp_path / "bundle").exists()
    found = known(second)
    assert (aliases(found)["champion"], len(found["decisions"])) == ("1", 1)


def test_a_ledger_that_tells_another_story_than_the_registry_stops_everything(clones):
    first, second = clones
    run(first)
    path = second.paths.root / "docs" / "promotions.jsonl"
    ledger.append(path, {name: book(first)[0][name] for name in ("model", "decision", "version", "candidate")})
    for command in (run, lambda clone: promote.rollback(clone.params(), clone.paths), known):
        with pytest.raises(HarError, match="line 1 is another decision than the registry has under that number"):
            command(second)
    shutil.copy(first.paths.root / "docs" / "promotions.jsonl", path)
    assert "version 2 of har-cnn-lstm is champion" in run(second)


def test_of_two_decisions_of_one_number_at_most_one_stands(clones, monkeypatch):
    """Two who both took the other's turn for abandoned write at the same moment."""
    first, second = clones
    run(first)
    real = Registry.publish

    def at_the_same_moment(registry, entry):
        other = {**entry, "version": "1", "hash": "f" * 64}
        registry.client.set_model_version_tag(registry.name, "1", "har.ledger.000002.ffffffffffff", json.dumps(other))
        return real(registry, entry)

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "publish", at_the_same_moment)
        with pytest.raises(HarError, match=r"somebody else decided at the same moment\. Run the same command again"):
            run(second)
    registry, _ = promote.open_registry(second.params(), second.paths)
    assert sorted((entry["sequence"], entry["version"]) for entry in registry.published()) == [(1, "1"), (2, "1")]
    assert registry.aliases()["champion"] == "1"
    registry.client.delete_model_version_tag(registry.name, "1", "har.ledger.000002.ffffffffffff")
    assert "version 2 of har-cnn-lstm is champion" in run(second)


def test_an_account_that_may_not_delete_finishes_what_others_left(tmp_path, network, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    (tmp_path / "one").mkdir()
    checkout = Checkout(tmp_path / "one", network)
    checkout.export(None)
    (tmp_path / "server").mkdir()
    server = Server(tmp_path / "server", accounts=True)
    try:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
        for name, value in ADMIN.items():
            monkeypatch.setenv(name, value)
        admin = mlflow.MlflowClient(server.uri, server.uri)
        admin.create_registered_model("har-cnn-lstm")
        experiment = admin.create_experiment("hapt")
        accounts = get_app_client("basic-auth", server.uri)
        for account in (EDITOR, READER):
            accounts.create_user(*account.values())
        editor = EDITOR["MLFLOW_TRACKING_USERNAME"]
        accounts.grant_user_permission(editor, "experiment", experiment, "EDIT")
        accounts.grant_user_permission(editor, "registered_model", "har-cnn-lstm", "EDIT")
        for name, value in EDITOR.items():
            monkeypatch.setenv(name, value)
        registry, _ = promote.open_registry(checkout.params(), checkout.paths)
        candidate, _ = promote._prepare(checkout.params(), checkout.paths)
        killed = registry.client.create_logged_model(experiment, registry.name, tags={DIGEST: candidate.digest})
        assert registry.register(candidate, lambda: None) == "1"
        assert registry.version("1").source == f"models:/{killed.model_id}"
        assert registry.differences("1", tmp_path) == []
        other, mine = ({"sequence": 1, "version": "1", "hash": letter * 64} for letter in "ab")
        registry.publish(other)
        with pytest.raises(HarError, match="somebody else decided at the same moment"):
            registry.publish(mine)
        assert registry.published() == [other]
        for name, value in READER.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(HarError, match=r"the MLflow server does not let this account do that .* EDIT permission"):
            run(checkout)
    finally:
        server.kill()


@pytest.mark.parametrize(
    ("owner", "name", "which", "said"),
    [
        (promotion, "_carry_out", 1, r"somebody else may decide about har-cnn-lstm by now\. The decision is on record"),
        (mlflow.MlflowClient, "set_registered_model_alias", 2, "Decision 2 .* took so long .* decision 3 stands"),
        (mlflow.MlflowClient, "set_registered_model_alias", 3, "Decision 2 .* took so long .* decision 3 stands"),
    ],
    ids=["before anything moves", "before the previous champion is named", "before the champion moves"],
)
def test_who_was_held_up_while_it_moved_the_champion_does_not_undo_a_later_decision(
    clones, monkeypatch, owner, name, which, said
):
    """The second clone decides while the first one sleeps, which is longer than a turn is good for."""
    first, second = clones
    run(second)
    second.export(lambda weights: weights * 2)
    real, calls = getattr(owner, name), []

    def held_up(*arguments, **named):
        calls.append(name)
        if len(calls) == which:
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, real)
                patch.setattr(lease, "_ended", lambda note: True)  # as its time would be over
                assert "version 3 of har-cnn-lstm is champion" in run(second)
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, held_up)
        with pytest.raises(HarError, match=said):
            run(first)
    found = known(first)
    assert found == known(second)
    assert [entry["version"] for entry in found["decisions"]] == ["1", "2", "3"]
    assert aliases(found) == {"champion": "3", "challenger": "3", "previous": "2"}
    assert files.sha256(second.paths.champion) == files.sha256(second.paths.tflite)
    if which > 1:
        assert files.sha256(first.paths.champion) == files.sha256(second.paths.champion)


def test_who_lost_the_turn_moves_nothing(clones, monkeypatch):
    first, second = clones
    run(second)
    real = lease.Turn.renew

    def lost(turn, so_far):
        if so_far.startswith("The decision is on record"):
            turn.end()
        real(turn, so_far)

    with monkeypatch.context() as patch:
        patch.setattr(lease.Turn, "renew", lost)
        with pytest.raises(HarError, match="The decision is on record, and carried out by the next command"):
            run(first)
    registry, _ = promote.open_registry(first.params(), first.paths)
    assert registry.aliases()["champion"] == "1"
    promote.rollback(second.params(), second.paths)  # carries out what was decided, and then takes it back
    assert [entry["decision"] for entry in known(second)["decisions"]] == ["promote", "promote", "rollback"]


def test_what_another_machine_is_logging_is_left_alone(server, clones, tmp_path):
    tracking = store.locate(clones[0].paths.root)
    model = tmp_path / "seed_0.keras"
    model.write_bytes(b"weights")
    data = runs.Data("hapt", "ab" * 32, 10)
    record = runs.RunRecord("hapt", "cnn", 0, "train", ("walking",), {}, data, {}, {"macro_f1": 0.9}, model)
    child = studies.Child("fold 0", {}, {"macro_f1": 0.9}, {}, 1.0, "cd" * 32)
    study = studies.Study("hapt", "crossval", "cnn", "cnn", {}, {}, data, (child,))
    search = trials.Search("hapt", "sweep", "cnn", "sweep", "key", {}, data)
    experiment, client = tracking.experiment("hapt"), tracking.client()
    parent = trials.parent(tracking, search)
    theirs = [
        client.create_run(experiment, tags=tags).info.run_id
        for tags in (
            {"har.key": record.key},
            {"har.key": study.key},
            {"mlflow.parentRunId": parent, trials.NUMBER: "0"},
        )
    ]
    runs.ensure(tracking, record)
    studies.ensure(tracking, study)
    trials.ensure(tracking, search, parent, [Numbered(0)], lambda _: child)
    assert [client.get_run(run_id).info.lifecycle_stage for run_id in theirs] == ["active"] * 3


@dataclass(frozen=True)
class Numbered:
    """A trial, as far as MLflow is told of it."""

    number: int
