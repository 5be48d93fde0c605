"""Killed at any moment, the next `dvc repro` ends in the same bytes as one that was left alone."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_checkout import MARKS, Checkout, end

from har.tracking import ledger, store
from har.tracking.registry import Registry

pytestmark = MARKS
MOMENTS = {  # stage, and up to how many seconds after its beginning it is killed
    "download@hapt": 3.0,
    "preprocess": 4.0,
    "train@cnn_lstm": 10.0,
    "promote": 5.0,
}


@pytest.fixture
def interrupted(finished: Checkout, tmp_path: Path) -> Iterator[Checkout]:
    """A clone in which the pipeline was killed during each stage of MOMENTS, and never reached its end undisturbed."""
    clone = finished.clone(tmp_path / "clone")
    chance = random.Random(20161)
    for stage, longest in MOMENTS.items():
        kill_during(clone, stage, chance.uniform(0.2, longest), tmp_path / "log.txt")
    yield clone
    shutil.rmtree(clone.root)


def kill_during(checkout: Checkout, stage: str, delay: float, log: Path) -> None:
    """Start `dvc repro` and kill it with all its processes `delay` seconds after `stage` began."""
    process = checkout.start("dvc", "repro", log=log)
    try:
        while f"Running stage '{stage}'" not in log.read_text():
            assert process.poll() is None, f"dvc repro ended before {stage}:\n{log.read_text()}"
            time.sleep(0.1)
        time.sleep(delay)
    finally:
        end(process)


def test_what_was_killed_converges_to_the_same_bytes(finished: Checkout, interrupted: Checkout) -> None:
    interrupted.repro()
    assert interrupted.hashes() == finished.hashes()
    assert "up to date" in interrupted.dvc("status").out
    made = [path for name in ("data", "models", "reports") for path in interrupted.at(name).rglob("*.part")]
    assert made == []

    tracking = store.locate(interrupted.root)
    client = tracking.client()
    runs = client.search_runs([client.get_experiment_by_name("hapt").experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert Counter((run.data.tags["family"], run.data.tags["seed"]) for run in runs) == {
        ("cnn_lstm", "0"): 1,
        ("cnn_lstm", "1"): 1,
        ("logistic_regression", "0"): 1,
    }
    registry = Registry(tracking, "har-cnn-lstm")
    assert registry.aliases() == {"challenger": "1", "champion": "1"}
    assert len(client.search_model_versions("name = 'har-cnn-lstm'")) == 1
    assert [entry["decision"] for entry in ledger.verify(interrupted.at("promotions.jsonl"))] == ["promote"]
    assert interrupted.har("verify").code == 0
