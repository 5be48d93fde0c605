import os

import pytest
from exported_checkout import Checkout, louder, without

from har import files
from har.stages import promote, summary

LATENCY = {"p50": 0.1, "p99": 0.2}
PAGE = {"family": "cnn", "size_bytes": 1000, "agreement": 1.0, "macro_f1_change": 0.0, "latency_ms": LATENCY}


@pytest.fixture
def promoted(checkout: Checkout) -> Checkout:
    """Version 1 is champion; the reports that have nothing to do with it are empty."""
    files.write_json(checkout.paths.reports / "metrics.json", {"families": {}})
    files.write_json(checkout.paths.reports / "export.json", {"variants": {}, "chosen": "float32", "page": PAGE})
    promote.run(checkout.params(), checkout.paths)
    return checkout


def said(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> str:
    """What summary prints, on one line."""
    capsys.readouterr()
    summary.run(checkout.params(), checkout.paths)
    return " ".join(capsys.readouterr().out.split())


def test_the_champion_is_named(promoted, capsys):
    assert "har-cnn-lstm version 1 is the champion of the MLflow registry." in said(promoted, capsys)


def test_after_a_rollback_the_champion_is_the_one_of_the_registry(promoted, capsys):
    promoted.export(louder)
    promote.run(promoted.params(), promoted.paths)
    assert "version 2 is the champion" in said(promoted, capsys)
    promote.rollback(promoted.params(), promoted.paths)
    expected = "version 2 is no longer the champion; the champion of the MLflow registry: version 1 is."
    assert expected in said(promoted, capsys)


def test_a_rejected_candidate_is_named_with_what_it_failed_and_who_is_champion(promoted, capsys):
    promoted.export(without("standing"))
    promote.run(promoted.params(), promoted.paths)
    found = said(promoted, capsys)
    assert "version 2 was not promoted; the champion of the MLflow registry: version 1 is." in found
    assert "worst_class_recall: 0 against a limit of 0.85" in found


def test_in_another_registry_it_says_what_to_run(promoted, capsys, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{os.fspath(promoted.paths.root / 'other' / 'mlflow.db')}")
    found = said(promoted, capsys)
    assert "not in this registry: run `dvc repro -f -s promote`" in found
    assert "is the champion" not in found
