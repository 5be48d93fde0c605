from pathlib import Path

import numpy as np
import pytest
import skops.io

from har import params
from har.errors import HarError
from har.models.examples import Examples, Trained, both
from har.models.families import family, family_knobs

ACTIVITIES = ("walking", "sitting", "laying")
FAMILY = family("rbf_svm")
RAW = params.load(Path(__file__).parents[2] / "params.yaml").train.family("rbf_svm")


def people(subjects: range, confusion: float = 0.1, activities: int = 3) -> Examples:
    """Rings about one centre, which no plane parts, beside a feature a thousand times larger that says nothing."""
    random = np.random.default_rng(subjects.start)
    y = np.tile(np.arange(activities), 20 * len(subjects))
    radius, angle = y + confusion * random.standard_normal(len(y)), random.uniform(0, 2 * np.pi, len(y))
    noise = 1000 * random.standard_normal(len(y))
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle), noise], axis=1)
    return Examples(x, y, np.repeat(list(subjects), 20 * activities))


TRAIN, VALIDATION, PEOPLE = people(range(1, 5)), people(range(5, 7)), people(range(7, 10))


def trained(train: Examples, validation: Examples | None, activities: tuple[str, ...] = ACTIVITIES) -> Trained:
    knobs = family_knobs("rbf_svm", {**RAW, "kernel_scale": 3.0})
    return FAMILY.fit(train, validation, knobs, activities, 0, 1)


def predicted(made: Trained, examples: Examples, folder: Path) -> np.ndarray:
    path = folder / f"model{made.suffix}"
    path.write_bytes(made.payload)
    return FAMILY.load(path)(examples.x)


def test_it_learns_what_no_plane_parts_and_its_file_predicts(tmp_path: Path) -> None:
    probabilities = predicted(trained(TRAIN, None), PEOPLE, tmp_path)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == PEOPLE.y) > 0.9


def test_with_validation_the_model_learns_from_both_sides_and_its_twin_is_scored() -> None:
    made, whole = trained(TRAIN, VALIDATION), trained(both(TRAIN, VALIDATION), None)
    assert made.payload == whole.payload
    assert made.validation["macro_f1"] > 0.9
    assert made.history["validation_accuracy"] == [made.validation["accuracy"]]
    assert whole.validation == whole.history == {}


def test_it_is_less_sure_where_subjects_differ(tmp_path: Path) -> None:
    unclear = people(range(11, 15), confusion=0.5)
    clear, doubtful = (predicted(trained(train, None), PEOPLE, tmp_path).max(axis=1) for train in (TRAIN, unclear))
    assert clear.mean() > 0.9 > doubtful.mean()


def test_two_activities_have_probabilities_too(tmp_path: Path) -> None:
    two, others = people(range(1, 5), activities=2), people(range(7, 9), activities=2)
    probabilities = predicted(trained(two, None, ACTIVITIES[:2]), others, tmp_path)
    assert np.mean(probabilities.argmax(axis=1) == others.y) > 0.9


def test_one_subject_is_too_few_to_calibrate() -> None:
    with pytest.raises(HarError, match="two training subjects"):
        trained(people(range(1, 2)), None)


def test_an_activity_of_a_single_subject_is_refused() -> None:
    alone = Examples(TRAIN.x, np.where(TRAIN.subjects == 1, TRAIN.y, TRAIN.y % 2), TRAIN.subjects)
    with pytest.raises(HarError, match=r"train\.rbf_svm\.calibration_folds"):
        trained(alone, None)


def test_a_file_with_a_foreign_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.skops"
    path.write_bytes(skops.io.dumps(Path.home))
    with pytest.raises(HarError, match=r"foreign\.skops cannot be loaded"):
        FAMILY.load(path)
