import json

import numpy as np
import pytest

from har.errors import HarError
from har.live.smoother import Exponential, Forward, document, from_document, smooth

BLIP = np.array([[0.9, 0.1]] * 5 + [[0.2, 0.8]] + [[0.9, 0.1]] * 5)
CHANGE = np.array([[0.9, 0.1]] * 5 + [[0.1, 0.9]] * 6)
SMOOTHERS = (Forward(stay=0.95, evidence=0.5), Exponential(memory=0.6))


@pytest.mark.parametrize("smoother", SMOOTHERS)
def test_one_odd_answer_is_passed_over_and_a_change_is_followed(smoother: Forward | Exponential) -> None:
    assert (smooth(smoother, BLIP).argmax(axis=1) == 0).all()
    found = smooth(smoother, CHANGE).argmax(axis=1)
    assert found[:6].tolist() == [0] * 6
    assert found[-3:].tolist() == [1] * 3


@pytest.mark.parametrize("smoother", SMOOTHERS)
def test_what_is_believed_does_not_depend_on_later_answers(smoother: Forward | Exponential) -> None:
    random = np.random.default_rng(0).dirichlet(np.ones(6), size=40)
    assert np.array_equal(smooth(smoother, random)[:25], smooth(smoother, random[:25]))


@pytest.mark.parametrize("smoother", SMOOTHERS)
def test_beliefs_are_probabilities_even_of_certain_answers_that_disagree(smoother: Forward | Exponential) -> None:
    certain = np.eye(3)[[0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2]]
    beliefs = smooth(smoother, certain)
    assert np.isfinite(beliefs).all()
    assert beliefs.sum(axis=1) == pytest.approx(1)
    assert beliefs[-1].argmax() == 2


def test_the_forward_filter_is_bayes_rule() -> None:
    answers = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]])
    stay = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    first = answers[0] / answers[0].sum()
    second = (stay.T @ first) * answers[1]
    assert smooth(Forward(stay=0.8, evidence=1.0), answers) == pytest.approx(np.stack([first, second / second.sum()]))


def test_several_recordings_at_once_are_smoothed_as_each_alone() -> None:
    both = np.random.default_rng(1).dirichlet(np.ones(4), size=(20, 2))
    together = smooth(SMOOTHERS[0], both)
    assert np.allclose(together[:, 1], smooth(SMOOTHERS[0], both[:, 1]))


@pytest.mark.parametrize("smoother", SMOOTHERS)
def test_a_smoother_goes_through_json(smoother: Forward | Exponential) -> None:
    assert from_document(json.loads(json.dumps(document(smoother)))) == smoother


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "median"},
        {"kind": "forward", "stay": 0.9},
        {"kind": "exponential", "memory": "much"},
        {"kind": "exponential", "memory": 1.0},
        {"kind": "forward", "stay": 1.0, "evidence": 1.0},
        [1],
        {},
    ],
)
def test_other_json_is_refused_in_a_sentence(value: object) -> None:
    with pytest.raises(HarError, match="smoother"):
        from_document(value)
