import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from har.errors import HarError
from har.evaluation.abstain import at, curve, threshold

CONFIDENCE = np.array([0.9, 0.5, 0.7, 0.7, 0.99])
CORRECT = np.array([True, False, True, False, True])


def test_the_curve_of_five_windows() -> None:
    found = curve(CONFIDENCE, CORRECT)
    assert found["threshold"].tolist() == [0.5, 0.7, 0.9, 0.99]
    assert found["coverage"].tolist() == [1.0, 0.8, 0.4, 0.2]
    assert found["accuracy"].tolist() == [3 / 5, 3 / 4, 1.0, 1.0]


@pytest.mark.parametrize(("target", "limit"), [(0.6, 0.0), (0.7, 0.7), (0.76, 0.9), (1.0, 0.9)])
def test_the_lowest_threshold_that_reaches_the_target(target: float, limit: float) -> None:
    assert threshold(CONFIDENCE, CORRECT, target) == limit


def test_a_target_out_of_reach_says_what_can_be_had() -> None:
    with pytest.raises(HarError, match=r"accuracy of 0\.99 \(the best is 0\.7500\)"):
        threshold(np.array([0.5, 0.6, 0.7, 0.99]), np.array([True, True, True, False]), 0.99)


def test_no_windows_are_refused() -> None:
    with pytest.raises(HarError, match="no window"):
        curve(np.array([]), np.array([], dtype=bool))


def test_a_threshold_above_everything_leaves_no_answer() -> None:
    assert at(CONFIDENCE, CORRECT, 1.0) == {"coverage": 0.0, "accuracy": None}


windows = st.lists(st.tuples(st.sampled_from([0.3, 0.5, 0.6, 0.9]), st.booleans()), min_size=1, max_size=30)


@given(windows)
def test_the_curve_says_what_answering_at_its_thresholds_gives(rows: list[tuple[float, bool]]) -> None:
    confidence, correct = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    for row in curve(confidence, correct).to_dict("records"):
        found = at(confidence, correct, row["threshold"])
        assert (found["coverage"], found["accuracy"]) == pytest.approx((row["coverage"], row["accuracy"]))
