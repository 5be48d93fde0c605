import numpy as np
import pytest

from har.evaluation.temperature import tempered

PROBABILITIES = np.random.default_rng(0).dirichlet(np.ones(6), size=50)


def test_a_temperature_divides_the_logits_and_changes_no_answer() -> None:
    cooler = tempered(PROBABILITIES, 0.5)
    assert cooler == pytest.approx(PROBABILITIES**2 / (PROBABILITIES**2).sum(axis=1, keepdims=True))
    assert (cooler.argmax(axis=1) == PROBABILITIES.argmax(axis=1)).all()
    assert (cooler.max(axis=1) >= PROBABILITIES.max(axis=1)).all()


def test_the_inverse_temperature_takes_it_back() -> None:
    assert tempered(tempered(PROBABILITIES, 2.5), 1 / 2.5) == pytest.approx(PROBABILITIES)
    assert tempered(PROBABILITIES, 1.0) == pytest.approx(PROBABILITIES)


def test_certain_answers_stay_finite() -> None:
    assert np.isfinite(tempered(np.eye(3, dtype=np.float32), 0.1)).all()
