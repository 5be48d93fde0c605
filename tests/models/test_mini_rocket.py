import functools
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from motion import lying, sitting, walking

from har import params
from har.errors import HarError
from har.models.examples import Examples, Trained, both
from har.models.families import family, family_knobs, mini_rocket

ACTIVITIES = ("walking", "sitting", "laying")
FAMILY = family("mini_rocket")
RAW = {**params.load(Path(__file__).parents[2] / "params.yaml").train.family("mini_rocket"), "features": 500}


def people(subjects: range) -> Examples:
    makers = enumerate((walking, sitting, lying))
    windows = [(maker(s * 100 + i), label, s) for label, maker in makers for s in subjects for i in range(8)]
    x, y, s = zip(*windows, strict=True)
    return Examples(np.stack(x), np.array(y), np.array(s))


TRAIN, VALIDATION, PEOPLE = people(range(1, 5)), people(range(5, 7)), people(range(7, 9))


@functools.cache
def trained(seed: int = 0, validated: bool = False) -> Trained:
    knobs = family_knobs("mini_rocket", RAW)
    sides = (TRAIN, VALIDATION) if validated else (both(TRAIN, VALIDATION), None)
    return FAMILY.fit(*sides, knobs, ACTIVITIES, seed, 1)


def test_it_learns_and_its_file_predicts(tmp_path: Path) -> None:
    path = tmp_path / f"model{trained().suffix}"
    path.write_bytes(trained().payload)
    probabilities = FAMILY.load(path)(PEOPLE.x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == PEOPLE.y) > 0.9
    np.testing.assert_allclose(FAMILY.load(path)(PEOPLE.x[5:6]), probabilities[5:6], atol=0.01)


def test_with_validation_the_model_learns_from_both_sides_and_its_twin_is_scored() -> None:
    made, whole = trained(validated=True), trained()
    assert made.payload == whole.payload
    assert made.validation["macro_f1"] > 0.9
    assert made.history["validation_loss"] == [made.validation["loss"]]
    assert whole.validation == whole.history == {}


def test_another_process_gives_the_same_bytes_and_another_seed_others() -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import hashlib, test_mini_rocket as t;"
        "print(hashlib.sha256(t.trained().payload).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(trained().payload).hexdigest()
    assert trained().payload != trained(seed=1).payload


def test_outputs_for_unseen_subjects_are_those_of_a_ridge_without_them() -> None:
    """The closed form against models that are fitted anew."""
    random = np.random.default_rng(0)
    y, subjects = np.tile([0, 1, 2], 40), np.repeat([1, 2, 3, 4], 30)
    features = random.standard_normal((120, 7)).astype(np.float32) + y[:, None]
    _, _, unseen = mini_rocket.ridge(features, Examples(features, y, subjects), 3, 5.0)
    z = (features - features.mean(axis=0)) / features.std(axis=0)
    targets = mini_rocket.HEIGHT * (np.eye(3)[y] - 1 / 3)
    for subject in (1, 2, 3, 4):
        rest = subjects != subject
        weights = np.linalg.solve(z[rest].T @ z[rest] + 5.0 * np.eye(7), z[rest].T @ targets[rest])
        np.testing.assert_allclose(unseen[~rest], z[~rest] @ weights, atol=1e-3)


def test_one_subject_is_too_few_to_calibrate() -> None:
    with pytest.raises(HarError, match="two training subjects"):
        FAMILY.fit(people(range(1, 2)), None, family_knobs("mini_rocket", RAW), ACTIVITIES, 0, 1)


def test_a_sensor_that_never_moves_is_survived(tmp_path: Path) -> None:
    still = Examples(TRAIN.x * np.array([1, 1, 1, 0, 0, 0], np.float32), TRAIN.y, TRAIN.subjects)
    made = FAMILY.fit(still, None, family_knobs("mini_rocket", RAW), ACTIVITIES, 0, 1)
    path = tmp_path / "still.npz"
    path.write_bytes(made.payload)
    assert np.isfinite(FAMILY.load(path)(PEOPLE.x)).all()


@pytest.mark.parametrize("content", [b"", b"no archive", "damaged", "pickled", "foreign"])
def test_a_file_that_is_no_such_model_is_named(content: bytes | str, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "damaged":
        path.write_bytes(trained().payload[:-100])
    elif content == "pickled":
        np.savez(path, **{name: np.array([Path]) for name in ("mean", "weights")})
    else:
        np.savez(path, mean=np.zeros(3))
    with pytest.raises(HarError, match=r"bad\.npz cannot be loaded"):
        FAMILY.load(path)
