import numpy as np
import pytest

from har.errors import HarError
from har.models.examples import Examples, both, check, class_weights, cooled, scores, temperature

ACTIVITIES = ("walking", "sitting")


def examples(subjects: list[int], y: list[int]) -> Examples:
    return Examples(np.zeros((len(y), 128, 6), np.float32), np.array(y, int), np.array(subjects, int))


def test_a_subject_on_both_sides_is_refused_by_number() -> None:
    with pytest.raises(HarError, match="subjects 3 are on both"):
        check(examples([1, 3], [0, 1]), examples([3, 5], [0, 1]), ACTIVITIES)


def test_an_empty_side_is_refused() -> None:
    with pytest.raises(HarError, match="no validation windows"):
        check(examples([1, 3], [0, 1]), examples([], []), ACTIVITIES)


def test_an_activity_without_windows_is_named() -> None:
    with pytest.raises(HarError, match="labelled sitting"):
        check(examples([1, 3], [0, 0]), examples([4], [1]), ACTIVITIES)


def test_examples_that_do_not_pair_up_are_refused() -> None:
    with pytest.raises(ValueError, match="2 inputs, 3 labels"):
        Examples(np.zeros((2, 128, 6), np.float32), np.zeros(3, int), np.zeros(2, int))


def test_class_weights_make_every_activity_count_the_same() -> None:
    y = np.array([0] * 30 + [1] * 10)
    weights = class_weights(y, 2)
    totals = np.bincount(y, weights=weights[y])
    assert totals[0] == pytest.approx(totals[1])
    assert weights[y].mean() == pytest.approx(1)


def test_without_balance_every_window_counts_the_same() -> None:
    y = np.array([0, 0, 0, 1])
    np.testing.assert_array_equal(class_weights(y, 2, balance=0.0), [1, 1])
    half = class_weights(y, 2, balance=0.5)
    np.testing.assert_allclose(half**2, class_weights(y, 2), rtol=1e-6)


def test_scores_of_known_predictions() -> None:
    y = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.1, 0.9]])
    found = scores(probabilities, y)
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert found["loss"] == pytest.approx(-np.mean(np.log([0.9, 0.4, 0.8, 0.9])))


def test_an_activity_that_nobody_did_does_not_lower_macro_f1() -> None:
    assert scores(np.array([[0.9, 0.1, 0.0]]), np.array([0]))["macro_f1"] == 1


def test_the_temperature_undoes_what_the_logits_were_multiplied_by() -> None:
    generator = np.random.default_rng(0)
    true = cooled(np.exp(generator.normal(0, 2, (20000, 3))), 1.0)
    y = (true.cumsum(axis=1) < generator.random((len(true), 1))).sum(axis=1)
    timid = cooled(true, 2.5)
    assert temperature(timid, y) == pytest.approx(1 / 2.5, rel=0.05)
    np.testing.assert_allclose(cooled(timid, 1 / 2.5), true, atol=1e-6)
    np.testing.assert_array_equal(timid.argmax(axis=1), true.argmax(axis=1))


def test_the_temperature_is_finite_where_every_window_is_named_rightly() -> None:
    certain = np.array([[0.9, 0.1], [0.2, 0.8]])
    found = cooled(certain, temperature(certain, np.array([0, 1])))
    assert np.isfinite(found).all()
    assert found[0, 0] > 0.9


def test_both_sides_together_keep_every_window_with_its_label() -> None:
    joined = both(examples([1, 3], [0, 1]), examples([5], [1]))
    assert joined.subjects.tolist() == [1, 3, 5]
    assert joined.y.tolist() == [0, 1, 1]
    assert joined.x.shape == (3, 128, 6)
