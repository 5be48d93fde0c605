import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from har.errors import HarError
from har.evaluation.scores import resamples
from har.evaluation.tally import METRICS, metrics, reliability, tally

ACTIVITIES = ("walking", "sitting", "standing", "laying")


def random_windows(random: int, windows: int, subjects: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(random)
    labels = np.array(ACTIVITIES)[generator.integers(0, generator.integers(1, 5), windows)]
    probabilities = generator.dirichlet(np.full(4, 0.5), windows)
    return labels, probabilities, generator.integers(1, subjects + 1, windows)


def reference(labels: np.ndarray, probabilities: np.ndarray, subjects: np.ndarray, bins: int) -> dict[str, float]:
    """The same scores from scikit-learn and, for the calibration error, from a plain loop over its definition."""
    named = np.array(ACTIVITIES)[probabilities.argmax(axis=1)]
    present = [activity for activity in ACTIVITIES if activity in labels]
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, named, labels=present, average="macro", zero_division=0
    )
    confidence, error = probabilities.max(axis=1), 0.0
    for low in np.arange(bins) / bins:
        inside = (confidence > low) & (confidence <= low + 1 / bins)
        if inside.any():
            error += inside.mean() * abs((named == labels)[inside].mean() - confidence[inside].mean())
    worst = min(accuracy_score(labels[subjects == s], named[subjects == s]) for s in np.unique(subjects))
    values = (accuracy_score(labels, named), precision, recall, f1, worst, error)
    return dict(zip(METRICS, map(float, values), strict=True))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 80), st.integers(1, 6), st.sampled_from([1, 5, 15]))
def test_scores_are_those_of_scikit_learn(random: int, windows: int, subjects: int, bins: int) -> None:
    labels, probabilities, people = random_windows(random, windows, subjects)
    counts = tally(labels, probabilities, people, ACTIVITIES, bins)
    found = metrics(counts, np.ones((1, len(counts.subjects))))
    expected = reference(labels, probabilities, people, bins)
    assert {name: values[0] for name, values in found.items()} == pytest.approx(expected, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_a_resample_scores_as_if_its_windows_were_repeated(random: int) -> None:
    labels, probabilities, people = random_windows(random, windows=40, subjects=4)
    counts = tally(labels, probabilities, people, ACTIVITIES, 10)
    weights = resamples(len(counts.subjects), 5)
    found = metrics(counts, weights)
    for index, weight in enumerate(weights):
        times = weight.astype(int)[np.searchsorted(counts.subjects, people)]
        rows = np.repeat(np.arange(len(labels)), times)
        expected = reference(labels[rows], probabilities[rows], people[rows], 10)
        assert {name: values[index] for name, values in found.items()} == pytest.approx(expected, abs=1e-9)


def test_calibration_error_of_four_windows_by_hand() -> None:
    probabilities = [[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.3, 0.7]]
    counts = tally(["a", "b", "a", "b"], probabilities, [1, 1, 1, 1], ("a", "b"), 2)
    # All four in the upper of two bins: confidence (0.9 + 0.9 + 0.6 + 0.7) / 4 = 0.775, three of four right.
    assert metrics(counts, np.ones((1, 1)))["ece"][0] == pytest.approx(0.025)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below() -> None:
    table = reliability(tally(["a", "a"], [[0.5, 0.5], [1.0, 0.0]], [1, 1], ("a", "b"), 2))
    assert table["windows"].tolist() == [1, 1]
    assert table["confidence"].tolist() == [0.5, 1.0]


def test_reliability_leaves_empty_bins_empty() -> None:
    table = reliability(tally(["a"], [[0.95, 0.05]], [1], ("a", "b"), 4))
    assert table["windows"].tolist() == [0, 0, 0, 1]
    assert table["accuracy"].isna().tolist() == [True, True, True, False]


def test_unknown_label_is_named_with_its_row() -> None:
    with pytest.raises(HarError, match="row 1: label 'cycling'"):
        tally(["a", "cycling"], [[1, 0], [1, 0]], [1, 1], ("a", "b"), 2)
