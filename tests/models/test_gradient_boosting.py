import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skops.io

from har import params
from har.errors import HarError
from har.models.examples import Examples, Trained, both
from har.models.families import family, family_knobs

ACTIVITIES = ("walking", "sitting")
FAMILY = family("gradient_boosting")
RAW = params.load(Path(__file__).parents[2] / "params.yaml").train.family("gradient_boosting")


def people(subjects: range) -> Examples:
    """Two features whose signs agree in one activity and differ in the other, three in four windows of the latter."""
    random = np.random.default_rng(subjects.start)
    y = np.tile([0, 1, 1, 1], 50 * len(subjects))
    x = random.standard_normal((len(y), 2)).astype(np.float32)
    x[:, 1] = np.abs(x[:, 1]) * np.sign(x[:, 0]) * np.where(y == 1, 1, -1)
    return Examples(x, y, np.repeat(list(subjects), 200))


TRAIN, VALIDATION, PEOPLE = people(range(1, 4)), people(range(4, 6)), people(range(7, 9))


def trained(train: Examples, validation: Examples | None, seed: int = 0) -> Trained:
    knobs = family_knobs("gradient_boosting", {**RAW, "feature_share": 0.5})
    return FAMILY.fit(train, validation, knobs, ACTIVITIES, seed, 1)


def test_it_learns_how_features_go_together_and_its_file_predicts(tmp_path: Path) -> None:
    made = trained(TRAIN, None)
    path = tmp_path / f"model{made.suffix}"
    path.write_bytes(made.payload)
    probabilities = FAMILY.load(path)(PEOPLE.x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == PEOPLE.y) > 0.95
    assert made.validation == made.history == {}


def test_with_validation_the_model_learns_from_both_sides_and_its_twin_is_scored() -> None:
    made, whole = trained(TRAIN, VALIDATION), trained(both(TRAIN, VALIDATION), None)
    assert made.payload == whole.payload
    assert made.validation["macro_f1"] > 0.9
    assert made.history["validation_loss"] == [made.validation["loss"]]


def test_another_process_gives_the_same_bytes_and_another_seed_others() -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import hashlib, test_gradient_boosting as t;"
        "print(hashlib.sha256(t.trained(t.TRAIN, None).payload).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(trained(TRAIN, None).payload).hexdigest()
    assert trained(TRAIN, None).payload != trained(TRAIN, None, seed=1).payload


def test_a_file_with_a_foreign_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.skops"
    path.write_bytes(skops.io.dumps(Path.home))
    with pytest.raises(HarError, match=r"foreign\.skops cannot be loaded"):
        FAMILY.load(path)
