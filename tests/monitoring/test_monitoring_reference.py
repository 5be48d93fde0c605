"""The reference that Git keeps: with it, a fresh checkout monitors without data."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from har.monitoring import reference as references

ROOT = Path(__file__).parents[2]


def committed(path: str) -> bytes:
    """A file as Git has it: a pipeline that ran since then may have made another model and no reference yet."""
    done = subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip(f"{path} is not committed: there is nothing to compare")
    return done.stdout


def test_git_keeps_the_reference_of_the_model_that_it_keeps() -> None:
    model = hashlib.sha256(committed("models/har-web.tflite")).hexdigest()
    found = json.loads(committed("reports/monitoring/reference.json"))
    assert found["model_sha256"] == model


def test_the_reference_that_git_keeps_is_of_the_features_that_are_watched(tmp_path: Path) -> None:
    path = tmp_path / "reference.json"
    path.write_bytes(committed("reports/monitoring/reference.json"))
    assert references.read(path).people == 21
