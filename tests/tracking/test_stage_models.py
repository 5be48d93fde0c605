import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from exported_checkout import Checkout, louder, without
from typer.testing import CliRunner

from har import cli, files
from har.errors import HarError
from har.stages import models, promote
from har.tracking import store
from har.tracking.registry import Registry

MODEL = "har-cnn-lstm"


@pytest.fixture
def two_champions(checkout: Checkout) -> Checkout:
    """Version 2 is champion, version 1 was before."""
    promote.run(checkout.params(), checkout.paths)
    checkout.export(louder)
    promote.run(checkout.params(), checkout.paths)
    return checkout


def client(checkout: Checkout):
    return store.locate(checkout.paths.root).client()


def listed(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> tuple[bool, dict, list[str]]:
    """Whether registry and ledger agree, what machines read, and the sentences on stderr."""
    capsys.readouterr()
    agree = models.run(checkout.params(), checkout.paths, as_json=True)
    printed = capsys.readouterr()
    return agree, json.loads(printed.out), printed.err.splitlines()


def content(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_versions_and_moves_are_listed_with_who_and_when(two_champions, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "ada")
    promote.rollback(two_champions.params(), two_champions.paths)
    agree, found, said = listed(two_champions, capsys)
    assert (agree, said, found["differences"]) == (True, [], [])
    assert [(version["version"], version["aliases"]) for version in found["versions"]] == [
        ("2", ["challenger", "previous"]),
        ("1", ["champion"]),
    ]
    assert found["versions"][0]["metrics"] == {"agreement": 1.0, "macro_f1": 1.0}
    last = found["decisions"][-1]
    assert (last["decision"], last["version"], last["former_version"], last["by"]) == ("rollback", "1", "2", "ada")
    models.run(two_champions.params(), two_champions.paths)
    printed = capsys.readouterr().out
    assert "Registry and ledger agree." in printed
    assert f"{last['time'][:16].replace('T', ' ')} │ ada" in printed


def test_the_commands_end_with_1_where_registry_and_ledger_differ_and_else_with_0(two_champions, monkeypatch):
    monkeypatch.chdir(two_champions.paths.root)
    run = CliRunner().invoke
    assert run(cli.app, ["models", "--json"]).exit_code == 0
    exported = run(cli.app, ["models", "export", "champion", "bundle"])
    assert exported.output.startswith("models: version 2 of har-cnn-lstm is in bundle")
    client(two_champions).set_registered_model_alias(MODEL, "champion", "1")
    listed = run(cli.app, ["models"])
    assert listed.exit_code == 1
    assert "somebody moved it past har" in listed.stderr


def move(alias: str, number: str):
    return lambda client: client.set_registered_model_alias(MODEL, alias, number)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (move("champion", "1"), "made version 2 of har-cnn-lstm champion, but version 1 has that alias"),
        (move("previous", "2"), "but version 2 has the alias previous"),
        (lambda client: client.delete_registered_model_alias(MODEL, "champion"), "but no version has that alias"),
        (lambda client: client.delete_registered_model_alias(MODEL, "previous"), "no version has the alias previous"),
    ],
)
def test_an_alias_that_was_moved_past_har_is_one_sentence(two_champions, capsys, change, sentence):
    change(client(two_champions))
    agree, found, said = listed(two_champions, capsys)
    assert not agree
    assert len(said) == len(found["differences"]) == 1
    assert said[0].startswith("har: decision 2 (promote)")
    assert sentence in said[0]


def test_a_ledger_whose_end_was_cut_off_is_told_by_the_marks_in_the_registry(two_champions, capsys):
    book = two_champions.paths.root / "promotions.jsonl"
    book.write_text(book.read_text().splitlines(keepends=True)[0])
    agree, _, said = listed(two_champions, capsys)
    assert not agree
    assert said[0] == (
        "har: version 2 of har-cnn-lstm was moved by a decision that the ledger does not have: restore the ledger from "
        "Git or a copy."
    )
    book.unlink()
    assert "the ledger does not say how it became it" in listed(two_champions, capsys)[2][-1]


class Killed(BaseException):
    """What a test raises where a process might be killed."""


def kill(*_args, **_kwargs):
    raise Killed


def test_a_decision_that_was_not_carried_out_is_told_and_the_next_promotion_finishes_it(
    two_champions, capsys, monkeypatch
):
    two_champions.export(lambda weights: weights * 2)
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "move", kill)
        with pytest.raises(Killed):
            promote.run(two_champions.params(), two_champions.paths)
    agree, _, said = listed(two_champions, capsys)
    assert not agree
    assert said == [
        "har: decision 3 (promote) made version 3 of har-cnn-lstm champion, and was not carried out to its end: run "
        "`har promote`, which finishes it."
    ]
    preview = promote.dry_run(two_champions.params(), two_champions.paths)
    assert (preview.unfinished["sequence"], preview.champion, preview.promote) == (3, "3", True)
    promote.run(two_champions.params(), two_champions.paths)
    assert listed(two_champions, capsys)[0]


def test_decisions_about_a_registry_that_was_moved_away_are_no_difference(two_champions, capsys):
    tracking = client(two_champions)
    tracking.delete_registered_model(MODEL)
    agree, found, _ = listed(two_champions, capsys)
    assert agree
    assert (found["versions"], len(found["decisions"])) == ([], 2)


def test_listing_makes_nothing_where_nothing_was_promoted_yet(checkout, capsys):
    for name in ("mlflow.db", "mlruns/.lock"):
        (checkout.paths.root / name).unlink()
    before = content(checkout.paths.root)
    agree, found, _ = listed(checkout, capsys)
    assert (agree, found["versions"]) == (True, [])
    models.run(checkout.params(), checkout.paths)
    assert "no versions yet" in capsys.readouterr().out
    assert promote.dry_run(checkout.params(), checkout.paths).promote
    assert content(checkout.paths.root) == before


def test_a_dry_run_says_what_the_gate_would_do_and_writes_nothing_anywhere(two_champions, capsys):
    two_champions.export(without("standing"))
    params, paths = two_champions.params(), two_champions.paths
    before = content(paths.root)
    preview = promote.dry_run(params, paths)
    assert content(paths.root) == before
    assert (preview.promote, preview.champion, preview.decided) == (False, "2", None)
    failed = {reason["check"] for reason in preview.reasons if not reason["passed"]}
    assert "macro_f1_against_champion_low" in failed
    models.show_preview(preview)
    printed = capsys.readouterr().out
    assert "worst_class_recall (standing)" in printed
    assert "would not be promoted; the champion is version 2. Nothing was written." in printed
    promote.run(params, paths)
    after = promote.dry_run(params, paths)
    assert after.decided["sequence"] == 3
    assert {reason["check"] for reason in after.reasons if not reason["passed"]} == failed


def test_a_dry_run_and_the_promotion_after_it_come_to_the_same_decision(checkout):
    preview = promote.dry_run(checkout.params(), checkout.paths)
    assert (preview.promote, preview.champion) == (True, None)
    said = promote.run(checkout.params(), checkout.paths)
    assert "version 1 of har-cnn-lstm is champion" in said


def committed(checkout: Checkout, tag: str) -> None:
    """The checkout's model as the only file of a tagged commit."""
    git = ["git", "-C", str(checkout.paths.root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (
        ["init", "-q"],
        ["rm", "-q", "--cached", "--ignore-unmatch", "-r", "."],
        ["add", "-f", "models/har.tflite"],
        ["commit", "-qm", tag],
        ["tag", tag],
    ):
        subprocess.run([*git, *command], check=True)


def test_without_a_registry_the_model_of_a_revision_stands_for_the_champion(checkout, capsys):
    shutil.rmtree(checkout.paths.root / "mlruns")
    (checkout.paths.root / "mlflow.db").unlink()
    committed(checkout, "good")
    checkout.export(without("standing"))
    before = content(checkout.paths.root)
    preview = promote.dry_run(checkout.params(min_class_recall=0.0, min_macro_f1=0.5), checkout.paths, "good")
    assert content(checkout.paths.root) == before
    failed = [reason["check"] for reason in preview.reasons if not reason["passed"]]
    assert (preview.promote, failed) == (False, ["page_macro_f1", "macro_f1_against_champion_low"])
    models.show_preview(preview)
    assert "compared with the model of `good`" in " ".join(capsys.readouterr().out.split())
    committed(checkout, "bad")
    checkout.export()
    assert promote.dry_run(checkout.params(), checkout.paths, "bad").promote


def test_a_revision_that_cannot_stand_for_the_champion_is_told(checkout):
    committed(checkout, "good")
    checkout.paths.tflite.rename(checkout.paths.root / "kept")
    checkout.paths.tflite.write_bytes(b"none")
    committed(checkout, "broken")
    (checkout.paths.root / "kept").rename(checkout.paths.tflite)
    with pytest.raises(HarError, match=r"not a .*TFLite model"):
        promote.dry_run(checkout.params(), checkout.paths, "broken")
    with pytest.raises(HarError, match="--base nowhere is no revision of this repository"):
        promote.dry_run(checkout.params(), checkout.paths, "nowhere")


def test_only_a_dry_run_compares_with_a_revision():
    done = CliRunner().invoke(cli.app, ["promote", "--base", "main"])
    assert isinstance(done.exception, HarError)
    assert "go with --dry-run" in str(done.exception)


def test_a_bundle_stands_alone_and_its_checksums_hold(two_champions, tmp_path):
    folder = tmp_path / "bundle"
    said = models.export(two_champions.params(), two_champions.paths, "2", folder)
    assert said.startswith(f"models: version 2 of har-cnn-lstm is in {folder}: har.tflite, har-web.tflite, ")
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == 4
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["SHA256SUMS", "har-web.tflite", "har.tflite", "metadata.json", "model_card.md"]
    )
    assert files.sha256(folder / "har.tflite") == files.sha256(two_champions.paths.tflite)
    card = (folder / "model_card.md").read_text(encoding="utf-8")
    assert "# Model card: har-cnn-lstm, version 2" in card
    assert "| worst class recall (walking) | 1 | 0.85 | yes |" in card
    before = content(folder)
    models.export(two_champions.params(), two_champions.paths, "champion", folder)
    assert content(folder) == before
    models.export(two_champions.params(), two_champions.paths, "previous", folder)
    assert "version 1" in (folder / "model_card.md").read_text(encoding="utf-8")


def test_an_export_that_cannot_be_leaves_the_folder_as_it_was(two_champions, tmp_path):
    params, paths = two_champions.params(), two_champions.paths
    folder = tmp_path / "bundle"
    models.export(params, paths, "2", folder)
    before = content(folder)
    with pytest.raises(HarError, match="Version 7 of har-cnn-lstm is not in the registry"):
        models.export(params, paths, "7", folder)
    with pytest.raises(HarError, match="'newest' is neither a version's number nor an alias"):
        models.export(params, paths, "newest", folder)
    for path in (paths.root / "mlruns").rglob("artifacts/artifacts/har-web.tflite"):
        path.write_bytes(b"other")
    with pytest.raises(HarError, match=r"har-web\.tflite of version 1 of har-cnn-lstm, to be exported"):
        models.export(params, paths, "1", folder)
    assert content(folder) == before
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(HarError, match=r"bundle holds notes\.txt"):
        models.export(params, paths, "2", folder)
    with pytest.raises(HarError, match="is a file: name a folder"):
        models.export(params, paths, "2", folder / "notes.txt")
