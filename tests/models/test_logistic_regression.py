from pathlib import Path

import numpy as np
import pytest
import skops.io

from har.errors import HarError
from har.models.examples import Examples, Trained
from har.models.families import family, family_knobs

ACTIVITIES = ("walking", "sitting")
FAMILY = family("logistic_regression")


def people(subjects: range) -> Examples:
    """Two features in units that are a thousand times apart; the small one tells the activities apart."""
    random = np.random.default_rng(subjects.start)
    y = np.tile([0, 1, 1, 1], 20 * len(subjects))
    x = np.stack([1000 * random.standard_normal(len(y)), y + 0.1 * random.standard_normal(len(y))], axis=1)
    return Examples(x, y, np.repeat(list(subjects), 80))


def trained(seed: int = 0) -> Trained:
    raw = {"seeds": [seed], "inverse_regularisation": 1.0, "max_iterations": 200}
    knobs = family_knobs("logistic_regression", raw)
    return FAMILY.fit(people(range(1, 4)), people(range(4, 6)), knobs, ACTIVITIES, seed, 1)


def test_the_same_inputs_give_the_same_bytes() -> None:
    noise = [object() for _ in range(1000)]  # so that addresses differ
    first = trained()
    assert noise
    assert trained().payload == first.payload


def test_its_file_predicts_what_training_measured(tmp_path: Path) -> None:
    made = trained()
    path = tmp_path / f"model{made.suffix}"
    path.write_bytes(made.payload)
    validation = people(range(4, 6))
    probabilities = FAMILY.load(path)(validation.x)
    assert np.mean(probabilities.argmax(axis=1) == validation.y) == made.validation["accuracy"] > 0.95
    assert made.history["validation_accuracy"] == [made.validation["accuracy"]]


def test_a_file_with_a_foreign_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.skops"
    path.write_bytes(skops.io.dumps(Path.home))
    with pytest.raises(HarError, match=r"foreign\.skops cannot be loaded"):
        FAMILY.load(path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "damaged.skops"
    path.write_bytes(trained().payload[:-100])
    with pytest.raises(HarError, match=r"damaged\.skops cannot be loaded"):
        FAMILY.load(path)
