import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from exported_checkout import Checkout, louder, without

from har import files
from har.errors import HarError
from har.paths import Paths
from har.stages import promote
from har.tracking import ledger, registry, runs, store
from har.tracking.registry import Registry
from har.tracking.runs import Data, RunRecord

MODEL = "har-cnn-lstm"


def aliases(checkout: Checkout) -> dict[str, str]:
    return Registry(store.locate(checkout.paths.root), MODEL).aliases()


def versions(checkout: Checkout) -> list:
    client = store.locate(checkout.paths.root).client()
    return list(client.search_model_versions(f"name = '{MODEL}'"))


def entries(checkout: Checkout) -> list[dict]:
    return ledger.verify(checkout.paths.root / "promotions.jsonl")


def tag(checkout: Checkout, number: str) -> str:
    """The SHA-256 of `har.tflite` that a version was registered with."""
    return Registry(store.locate(checkout.paths.root), MODEL).version(number).tags["har.sha256.har.tflite"]


def receipt(checkout: Checkout) -> dict:
    return json.loads((checkout.paths.reports / "promotion.json").read_text())


@pytest.fixture
def two_champions(checkout: Checkout) -> Checkout:
    """Version 2 is champion, version 1 was before."""
    promote.run(checkout.params(), checkout.paths)
    checkout.export(louder)
    promote.run(checkout.params(), checkout.paths)
    return checkout


def test_the_first_good_candidate_becomes_champion_with_all_its_files(checkout):
    said = promote.run(checkout.params(), checkout.paths)
    assert said.startswith("promote: version 1 of har-cnn-lstm is champion, macro-F1 1.0000")
    assert aliases(checkout) == {"challenger": "1", "champion": "1"}
    (version,) = versions(checkout)
    assert version.tags["har.sha256.har.tflite"] == files.sha256(checkout.paths.tflite)
    assert {"har.candidate", "data.sha256", "params.sha256", "macro_f1", "agreement"} <= version.tags.keys()
    (entry,) = entries(checkout)
    assert (entry["decision"], entry["version"], entry["former"]) == ("promote", "1", None)
    assert all(reason["passed"] for reason in entry["reasons"])
    folder = Path(checkout.paths.root / "fetched")
    found = Registry(store.locate(checkout.paths.root), MODEL).download("1", registry.packaging.FILES, folder)
    assert {name: files.sha256(path) for name, path in found.items()} == {
        "har.tflite": files.sha256(checkout.paths.tflite),
        "har-web.tflite": files.sha256(checkout.paths.tflite_web),
        "model.keras": files.sha256(checkout.paths.exported / "model.keras"),
        "metadata.json": files.sha256(checkout.paths.exported / "metadata.json"),
    }
    assert promote.verify_champion(checkout.params(), checkout.paths) == []


def test_the_version_belongs_to_the_run_that_trained_the_model(checkout):
    tracking = store.locate(checkout.paths.root)
    model = checkout.paths.exported / "model.keras"
    record = RunRecord("hapt", "cnn_lstm", 3, "train", ("walking",), {}, Data("hapt", "ab", 1), {}, {}, model)
    run_id = runs.ensure(tracking, record)
    promote.run(checkout.params(), checkout.paths)
    (version,) = versions(checkout)
    assert version.run_id == run_id
    model_id = version.source.removeprefix("models:/")
    assert tracking.client().get_logged_model(model_id).source_run_id == run_id


def test_promoting_again_changes_nothing_and_writes_the_same_receipt(checkout):
    promote.run(checkout.params(), checkout.paths)
    before = (checkout.paths.reports / "promotion.json").read_bytes()
    (checkout.paths.reports / "promotion.json").unlink()
    promote.run(checkout.params(), checkout.paths)
    assert (checkout.paths.reports / "promotion.json").read_bytes() == before
    assert len(versions(checkout)) == len(entries(checkout)) == 1


def test_the_receipt_holds_nothing_that_was_timed(checkout):
    promote.run(checkout.params(), checkout.paths)
    found = receipt(checkout)
    assert set(found) == {"model", "version", "candidate", "decision", "reasons"}
    (latency,) = [reason for reason in found["reasons"] if reason["check"] == "latency_ms"]
    assert latency == {"check": "latency_ms", "limit": 1000.0, "passed": True}


def test_a_candidate_under_a_floor_is_registered_and_not_promoted(checkout):
    checkout.export(without("standing"))
    said = promote.run(checkout.params(), checkout.paths)
    assert "version 1 of har-cnn-lstm is not promoted" in said
    assert "worst_class_recall 0 against a limit of 0.85 (standing)" in said
    assert aliases(checkout) == {"challenger": "1"}
    assert receipt(checkout)["decision"] == "reject"
    promote.run(checkout.params(), checkout.paths)
    assert [entry["decision"] for entry in entries(checkout)] == ["reject"]


@pytest.mark.parametrize(
    ("limits", "failed"),
    [({"max_latency_ms": 1e-9}, "latency_ms"), ({"max_kilobytes": 0.1}, "kilobytes")],
)
def test_size_and_latency_of_the_real_file_are_checked(checkout, limits, failed):
    promote.run(checkout.params(**limits), checkout.paths)
    assert [reason["check"] for reason in receipt(checkout)["reasons"] if not reason["passed"]] == [failed]


def test_agreement_with_keras_comes_from_the_export(checkout):
    checkout.export(agreement=0.9)
    assert "agreement_with_keras 0.9" in promote.run(checkout.params(), checkout.paths)


def test_other_limits_are_another_question_about_the_same_version(checkout):
    low = {"min_macro_f1": 0.5, "min_page_macro_f1": 0.5, "min_class_recall": 0.0}
    checkout.export(without("standing"))
    promote.run(checkout.params(), checkout.paths)
    promote.run(checkout.params(**low), checkout.paths)
    promote.run(checkout.params(**low, min_subject_accuracy=0.9), checkout.paths)
    assert [(entry["decision"], entry["version"]) for entry in entries(checkout)] == [
        ("reject", "1"),
        ("promote", "1"),
        ("reject", "1"),
    ]
    assert aliases(checkout)["champion"] == "1"


def test_an_equal_successor_takes_over_and_the_former_is_kept(two_champions):
    assert aliases(two_champions) == {"challenger": "2", "champion": "2", "previous": "1"}
    assert entries(two_champions)[1]["former_version"] == "1"
    compared = {reason["check"]: reason for reason in receipt(two_champions)["reasons"]}
    assert compared["macro_f1_against_champion_low"]["value"] == 0.0


def test_a_successor_worse_than_the_champion_is_kept_out_though_all_floors_hold(checkout):
    low = {"min_macro_f1": 0.1, "min_page_macro_f1": 0.1, "min_class_recall": 0.0, "min_subject_accuracy": 0.1}
    promote.run(checkout.params(**low), checkout.paths)
    checkout.export(without("standing"))
    said = promote.run(checkout.params(**low), checkout.paths)
    assert "macro_f1_against_champion_low" in said
    assert aliases(checkout) == {"challenger": "2", "champion": "1"}


def test_a_model_of_other_activities_is_no_successor(checkout):
    about = json.loads((checkout.paths.exported / "metadata.json").read_text())
    old = about | {"activities": ["jogging", *about["activities"][1:]]}
    files.write_json(checkout.paths.exported / "metadata.json", old)
    files.write_manifest(checkout.paths.exported)
    promote.run(checkout.params(), checkout.paths)
    checkout.export(louder)
    assert "same_activities_as_champion" in promote.run(checkout.params(), checkout.paths)


def test_rollback_swaps_and_swaps_back_and_writes_both_down(two_champions):
    said = promote.rollback(two_champions.params(), two_champions.paths)
    assert said == "rollback: version 1 of har-cnn-lstm is champion again, in place of version 2"
    assert aliases(two_champions) == {"challenger": "2", "champion": "1", "previous": "2"}
    promote.rollback(two_champions.params(), two_champions.paths)
    assert aliases(two_champions) == {"challenger": "2", "champion": "2", "previous": "1"}
    assert [entry["decision"] for entry in entries(two_champions)][2:] == ["rollback", "rollback"]
    assert promote.verify_champion(two_champions.params(), two_champions.paths) == []


def test_rollback_without_a_previous_champion_is_one_sentence(checkout):
    with pytest.raises(HarError, match="no previous champion"):
        promote.rollback(checkout.params(), checkout.paths)
    promote.run(checkout.params(), checkout.paths)
    with pytest.raises(HarError, match="no previous champion"):
        promote.rollback(checkout.params(), checkout.paths)
    assert len(entries(checkout)) == 1


def test_what_was_rolled_back_by_hand_is_not_promoted_again_by_the_machine(two_champions):
    promote.rollback(two_champions.params(), two_champions.paths)
    for _ in range(2):
        assert "rolled_back_by_hand" in promote.run(two_champions.params(), two_champions.paths)
    assert aliases(two_champions)["champion"] == "1"
    assert len(entries(two_champions)) == 4
    promote.rollback(two_champions.params(), two_champions.paths)
    assert "version 2 of har-cnn-lstm is champion" in promote.run(two_champions.params(), two_champions.paths)


class Killed(BaseException):
    """What a test raises where a process might be killed."""


def kill(*_args, **_kwargs):
    raise Killed


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("mlflow.MlflowClient", "log_model_artifacts"),
        ("mlflow.MlflowClient", "create_model_version"),
        ("mlflow.MlflowClient", "set_registered_model_alias"),
        ("har.tracking.ledger", "append"),
        ("har.tracking.registry.Registry", "move"),
        ("har.tracking.champion_files", "place"),
        ("mlflow.MlflowClient", "set_model_version_tag"),
        ("har.files", "write_json"),
    ],
)
def test_a_promotion_killed_anywhere_is_finished_by_the_next(two_champions, monkeypatch, owner, name):
    two_champions.export(lambda weights: weights * 2)
    with monkeypatch.context() as patch:
        patch.setattr(f"{owner}.{name}", kill)
        with pytest.raises(Killed):
            promote.run(two_champions.params(), two_champions.paths)
    promote.run(two_champions.params(), two_champions.paths)
    assert aliases(two_champions) == {"challenger": "3", "champion": "3", "previous": "2"}
    assert [(entry["decision"], entry["version"]) for entry in entries(two_champions)] == [
        ("promote", "1"),
        ("promote", "2"),
        ("promote", "3"),
    ]
    assert (receipt(two_champions)["version"], receipt(two_champions)["decision"]) == ("3", "promote")
    assert files.sha256(two_champions.paths.champion) == files.sha256(two_champions.paths.tflite)
    tracking = store.locate(two_champions.paths.root)
    assert len(tracking.client().search_logged_models([tracking.experiment("hapt")])) == 3


@pytest.mark.parametrize(
    "name",
    [
        "mlflow.MlflowClient.set_registered_model_alias",
        "har.tracking.champion_files.place",
        "mlflow.MlflowClient.set_model_version_tag",
    ],
)
def test_a_killed_rollback_is_finished_and_not_done_twice(two_champions, monkeypatch, name):
    with monkeypatch.context() as patch:
        patch.setattr(name, kill)
        with pytest.raises(Killed):
            promote.rollback(two_champions.params(), two_champions.paths)
    promote.rollback(two_champions.params(), two_champions.paths)
    assert aliases(two_champions) == {"challenger": "2", "champion": "1", "previous": "2"}
    assert len(entries(two_champions)) == 3
    assert files.sha256(two_champions.paths.champion) == tag(two_champions, "1")


def test_the_champion_s_file_follows_the_alias(two_champions):
    champion = two_champions.paths.champion
    assert files.sha256(champion) == tag(two_champions, "2") == files.sha256(two_champions.paths.tflite)
    promote.rollback(two_champions.params(), two_champions.paths)
    assert files.sha256(champion) == tag(two_champions, "1")
    two_champions.export(without("standing"))
    promote.run(two_champions.params(), two_champions.paths)
    assert files.sha256(champion) == tag(two_champions, "1")


def test_the_champion_s_file_lies_in_the_main_checkout(checkout):
    copy = checkout.paths.root / ".dvc" / "tmp" / "exps" / "copy"
    for name in ("models", "data"):
        shutil.copytree(checkout.paths.root / name, copy / name)
    promote.run(checkout.params(), Paths(copy))
    assert files.sha256(checkout.paths.champion) == files.sha256(checkout.paths.tflite)
    assert not Paths(copy).champion.exists()


def test_a_damaged_model_becomes_champion_neither_by_rollback_nor_by_promotion(two_champions):
    for path in (two_champions.paths.root / "mlruns").rglob("artifacts/artifacts/har.tflite"):
        if files.sha256(path) == tag(two_champions, "1"):
            path.write_bytes(b"other")
    with pytest.raises(HarError, match="version 1 of har-cnn-lstm, the previous champion, is missing or not"):
        promote.rollback(two_champions.params(), two_champions.paths)
    two_champions.export()
    with pytest.raises(HarError, match="version 1 of har-cnn-lstm, the candidate, is missing or not"):
        promote.run(two_champions.params(), two_champions.paths)
    assert aliases(two_champions)["champion"] == "2"
    assert len(entries(two_champions)) == 2


def interrupted(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a ledger whose last entry, version 3, was not carried out."""
    checkout.export(lambda weights: weights * 2)
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "move", kill)
        with pytest.raises(Killed):
            promote.run(checkout.params(), checkout.paths)


@pytest.fixture
def start_anew(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Checkout], Path]:
    """Start another, empty store beside the same ledger, whose path is returned."""

    def start(checkout: Checkout) -> Path:
        anew = checkout.paths.root / "anew"
        shutil.copytree(empty_store, anew)
        shutil.copy(checkout.paths.root / "promotions.jsonl", anew)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{anew / 'mlflow.db'}")
        return anew / "promotions.jsonl"

    return start


def test_an_entry_about_a_version_that_is_gone_blocks_nothing(two_champions, monkeypatch, start_anew):
    interrupted(two_champions, monkeypatch)
    start_anew(two_champions)
    with pytest.raises(HarError, match="no previous champion"):
        promote.rollback(two_champions.params(), two_champions.paths)
    said = promote.run(two_champions.params(), two_champions.paths)
    assert said.startswith("promote: version 1 of har-cnn-lstm is champion")
    assert aliases(two_champions) == {"challenger": "1", "champion": "1"}


def test_an_entry_is_not_applied_to_another_model_of_the_same_number(checkout, monkeypatch, start_anew):
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "move", kill)
        with pytest.raises(Killed):
            promote.run(checkout.params(), checkout.paths)
    book = start_anew(checkout)
    checkout.export(without("standing"))
    for _ in range(2):
        assert "version 1 of har-cnn-lstm is not promoted" in promote.run(checkout.params(), checkout.paths)
        assert aliases(checkout) == {"challenger": "1"}
        book.write_text(book.read_text().splitlines(keepends=True)[0])  # the interrupted promotion is the last again
    assert not checkout.paths.champion.exists()


def test_an_older_entry_does_not_overrule_a_later_rejection(checkout, start_anew):
    promote.run(checkout.params(), checkout.paths)
    book = start_anew(checkout)
    for _ in range(2):
        promote.run(checkout.params(max_kilobytes=0.1), checkout.paths)
        assert aliases(checkout) == {"challenger": "1"}
    assert [entry["decision"] for entry in ledger.verify(book)] == ["promote", "reject"]


def test_a_decision_of_another_registry_is_not_repeated_under_its_number(checkout, start_anew):
    promote.run(checkout.params(max_kilobytes=0.1), checkout.paths)
    checkout.export(louder)
    promote.run(checkout.params(max_kilobytes=0.1), checkout.paths)
    start_anew(checkout)
    assert "version 1 of" in promote.run(checkout.params(max_kilobytes=0.1), checkout.paths)
    assert receipt(checkout)["version"] == "1"


def test_the_ledger_names_the_commit_that_the_candidate_came_from(checkout):
    root = checkout.paths.root
    copy = root / ".dvc" / "tmp" / "exps" / "copy"
    first = commit(root)
    subprocess.run(["git", "clone", "-q", root, copy], check=True)
    for name in ("models", "data"):
        shutil.copytree(root / name, copy / name)
    there = commit(copy)
    promote.run(checkout.params(), Paths(copy))
    checkout.export(louder)
    promote.run(checkout.params(), checkout.paths)
    promote.rollback(checkout.params(), checkout.paths)
    assert [entry["commit"] for entry in entries(checkout)] == [there, first, first]
    assert first != there


def commit(root: Path) -> str:
    """Make a commit in `root`, a repository from then on, and return its id."""
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run(["git", "-C", root, *author, "commit", "-q", "--allow-empty", "-m", str(root)], check=True)
    done = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_aliases_that_somebody_moved_in_the_ui_are_left_alone(two_champions):
    tracking = store.locate(two_champions.paths.root)
    tracking.client().set_registered_model_alias(MODEL, "champion", "1")
    tracking.client().delete_registered_model_alias(MODEL, "previous")
    with pytest.raises(HarError, match="no previous champion"):
        promote.rollback(two_champions.params(), two_champions.paths)
    assert aliases(two_champions)["champion"] == "1"


def test_verify_names_what_differs_in_the_registry(checkout):
    assert promote.verify_champion(checkout.params(), checkout.paths) == [f"{MODEL} has no champion in the registry"]
    promote.run(checkout.params(), checkout.paths)
    (artifacts,) = (checkout.paths.root / "mlruns").rglob("artifacts/artifacts")
    (artifacts / "har-web.tflite").write_bytes(b"other")
    (artifacts / "model.keras").unlink()
    (checkout.paths.root / "promotions.jsonl").unlink()
    what = f"version 1 of {MODEL}"
    assert promote.verify_champion(checkout.params(), checkout.paths) == [
        f"har-web.tflite of {what} is not the file that was registered",
        f"model.keras of {what} is missing from the registry",
        f"{checkout.paths.root / 'promotions.jsonl'} does not say that {what} became champion",
    ]


def test_a_champion_damaged_in_the_registry_is_named_and_not_compared_with(checkout):
    promote.run(checkout.params(), checkout.paths)
    (artifacts,) = (checkout.paths.root / "mlruns").rglob("artifacts/artifacts")
    (artifacts / "har.tflite").write_bytes(b"other")
    checkout.export(louder)
    with pytest.raises(HarError, match=r"har\.tflite of version 1 of har-cnn-lstm, the champion"):
        promote.run(checkout.params(), checkout.paths)
    assert aliases(checkout)["champion"] == "1"


def test_a_tampered_ledger_stops_the_stage(checkout):
    promote.run(checkout.params(), checkout.paths)
    book = checkout.paths.root / "promotions.jsonl"
    book.write_text(book.read_text().replace('"version": "1"', '"version": "7"'))
    checkout.export(louder)
    for command in (promote.run, promote.rollback, promote.verify_champion):
        with pytest.raises(HarError, match="line 1 was changed"):
            command(checkout.params(), checkout.paths)
    assert len(versions(checkout)) == 1


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda paths: (paths.exported / "model.keras").write_bytes(b"x"), r"model\.keras is corrupt"),
        (lambda paths: (paths.processed / "windows.npy").write_bytes(b"x"), r"windows\.npy is corrupt"),
        (lambda paths: paths.tflite.write_bytes(b"x"), r"har\.tflite is not the file"),
        (lambda paths: paths.tflite_web.unlink(), r"har-web\.tflite is missing"),
        (lambda paths: shutil.rmtree(paths.exported), r"manifest\.json is missing"),
    ],
)
def test_damaged_inputs_are_named_and_nothing_is_registered(checkout, damage, message):
    damage(checkout.paths)
    with pytest.raises(HarError, match=message):
        promote.run(checkout.params(), checkout.paths)
    assert versions(checkout) == []
    assert not (checkout.paths.reports / "promotion.json").exists()


def test_a_ledger_of_a_shared_registry_lies_in_the_repository(checkout, monkeypatch):
    monkeypatch.setattr(store.Store, "shared", True)
    promote.run(checkout.params(shared_ledger="docs/promotions.jsonl"), checkout.paths)
    assert len(ledger.verify(checkout.paths.root / "docs" / "promotions.jsonl")) == 1
    assert not (checkout.paths.root / "promotions.jsonl").exists()


def test_windows_of_activities_outside_the_set_are_left_out(checkout):
    labels = np.load(checkout.paths.processed / "windows.npy")
    assert len(labels) % 6 != 0
    promote.run(checkout.params(), checkout.paths)
    assert receipt(checkout)["reasons"][0]["value"] == 1.0


def artifact(checkout: Checkout, number: str) -> Path:
    """The TFLite file of a version, where the registry keeps it."""
    registry, _ = promote.open_registry(checkout.params(), checkout.paths)
    location = registry.client.get_model_version_download_uri(registry.name, number)
    return Path(urlsplit(location).path) / "artifacts" / "har.tflite"


def test_a_file_that_cannot_be_read_is_an_outage_and_not_a_missing_file(two_champions):
    path = artifact(two_champions, "2")
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(HarError, match=r"store of this checkout failed in the middle .*symbolic links"):
        promote.verify_champion(two_champions.params(), two_champions.paths)


def test_a_champion_whose_files_vanished_before_it_was_in_use_can_be_left(checkout, monkeypatch):
    params, paths = checkout.params(), checkout.paths
    promote.run(params, paths)
    former = files.sha256(paths.champion)
    checkout.export(louder)
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "move", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            promote.run(params, paths)
    artifact(checkout, "2").unlink()
    assert (
        promote.rollback(params, paths)
        == "rollback: version 1 of har-cnn-lstm is champion again, in place of version 2"
    )
    assert files.sha256(paths.champion) == former
    assert aliases(checkout) == {"challenger": "2", "champion": "1", "previous": "2"}
