import numpy as np
import pandas as pd
import prediction_tables as tables
import pytest

from har.evaluation import scores
from har.evaluation.tally import METRICS

HAND = [  # subject, label, predicted
    (1, "walking", "walking"),
    (1, "walking", "walking"),
    (1, "sitting", "sitting"),
    (1, "sitting", "standing"),
    (2, "standing", "standing"),
    (2, "standing", "sitting"),
    (2, "walking", "walking"),
]
TRIO = ("walking", "sitting", "standing")


def one_seed(table: pd.DataFrame) -> dict:
    return scores.score_rows(table, bins=10)


def test_scores_of_seven_windows_by_hand() -> None:
    found = one_seed(tables.named(HAND, TRIO, confidence=0.8))
    assert found["accuracy"] == pytest.approx(5 / 7)
    assert found["classes"]["walking"] == {"precision": 1, "recall": 1, "f1": 1, "support": 3}
    assert found["classes"]["sitting"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert found["macro_f1"] == pytest.approx(2 / 3)
    assert found["ece"] == pytest.approx(0.8 - 5 / 7)
    assert (found["worst_subject"], found["worst_subject_accuracy"]) == (2, pytest.approx(2 / 3))
    assert [person["accuracy"] for person in found["subjects"]] == pytest.approx([3 / 4, 2 / 3])
    assert found["windows"] == 7


def test_a_subject_without_an_activity_is_scored_on_those_it_has() -> None:
    found = one_seed(tables.named(HAND, TRIO))
    # Subject 2 never sits: walking F1 1, standing F1 2/3 (one of two found, none wrong), and sitting does not count.
    assert found["subjects"][1]["macro_f1"] == pytest.approx((1 + 2 / 3) / 2)


def test_an_activity_that_nobody_did_does_not_lower_the_macro_scores() -> None:
    found = one_seed(tables.named([(1, "walking", "walking"), (2, "sitting", "sitting")], TRIO))
    assert found["macro_f1"] == found["macro_recall"] == found["macro_precision"] == 1
    assert found["classes"]["standing"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}


def test_the_first_of_equally_bad_subjects_is_the_worst() -> None:
    pairs = [(5, "walking", "sitting"), (3, "walking", "sitting"), (4, "walking", "walking")]
    assert one_seed(tables.named(pairs, TRIO))["worst_subject"] == 3


def test_a_family_has_mean_spread_and_the_chosen_seed() -> None:
    table = tables.predictions(3.0, seeds=(0, 1, 2), selected=1)
    found = scores.family(table, bootstrap=100, bins=10)
    each = [one_seed(table[table["seed"] == seed]) for seed in (0, 1, 2)]
    assert set(found) == set(METRICS)
    for name in METRICS:
        values = [seed[name] for seed in each]
        assert found[name]["mean"] == pytest.approx(np.mean(values))
        assert found[name]["sd"] == pytest.approx(np.std(values, ddof=1))
        assert found[name]["selected"] == pytest.approx(values[1])
        assert found[name]["n_seeds"] == 3


def test_one_seed_has_no_spread() -> None:
    found = scores.family(tables.predictions(3.0, seeds=(4,)), bootstrap=100, bins=15)
    assert [value["sd"] for value in found.values()] == [0.0] * len(METRICS)
    assert found["accuracy"]["selected"] == found["accuracy"]["mean"]


def test_one_subject_leaves_nothing_to_resample() -> None:
    found = scores.family(tables.predictions(3.0, subjects=(8,)), bootstrap=100, bins=15)
    assert found["macro_f1"]["low"] == found["macro_f1"]["high"] == pytest.approx(found["macro_f1"]["mean"])


def test_scores_do_not_depend_on_the_order_of_rows_or_the_run() -> None:
    table = tables.predictions(3.0)
    shuffled = table.sample(frac=1, random_state=1).reset_index(drop=True)
    assert scores.family(table, 200, 15) == scores.family(table, 200, 15)
    again = scores.family(shuffled, 200, 15)
    assert again["ece"] == pytest.approx(scores.family(table, 200, 15)["ece"])
    assert again["macro_f1"] == scores.family(table, 200, 15)["macro_f1"]


def test_resamples_keep_the_number_of_subjects() -> None:
    weights = scores.resamples(9, 500)
    assert weights.shape == (500, 9)
    assert (weights.sum(axis=1) == 9).all()


def test_subjects_that_differ_more_give_a_wider_interval() -> None:
    def width(accuracies: list[float]) -> float:
        pairs = [
            (subject, "walking", "walking" if window < 100 * accuracy else "sitting")
            for subject, accuracy in enumerate(accuracies)
            for window in range(100)
        ]
        value = scores.family(tables.named(pairs, TRIO), 500, 15)["accuracy"]
        return value["high"] - value["low"]

    assert width([0.9] * 9) == 0
    assert (
        width([0.6, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0])
        > width([0.86, 0.88, 0.9, 0.9, 0.9, 0.9, 0.9, 0.92, 0.94])
        > 0
    )


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(3)
    trials, truth, inside = 150, 0.8, 0
    for _ in range(trials):
        skills = generator.beta(16, 4, size=12)  # mean 0.8 over the population of subjects
        right = generator.random((12, 40)) < skills[:, None]
        labels = np.full(right.size, "walking")
        probabilities = np.where(right.reshape(-1, 1), [0.8, 0.2], [0.2, 0.8])
        counts = scores.tally(labels, probabilities, np.repeat(np.arange(12), 40), ("walking", "sitting"), 5)
        cloud = scores.metrics(counts, scores.resamples(12, 400))["accuracy"]
        low, high = np.percentile(cloud, scores.INTERVAL)
        inside += low <= truth <= high
    assert 0.85 <= inside / trials <= 0.99  # a percentile interval over 12 subjects runs a little short of 95 %
