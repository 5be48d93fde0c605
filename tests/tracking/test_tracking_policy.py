from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from har.params import load
from har.tracking.policy import Comparison, Scores, compare, gate

LIMITS = load(Path(__file__).parents[2] / "params.yaml").promote
GOOD = Scores(
    macro_f1=0.97,
    page_macro_f1=0.96,
    class_recall={"walking": 0.99, "sitting": 0.9},
    subject_accuracy={2: 0.99, 10: 0.9},
    agreement=0.999,
    kilobytes=60.0,
    page_kilobytes=90.0,
    latency_ms=0.1,
)


def test_a_good_first_candidate_is_promoted_with_every_check_on_record():
    decision = gate(GOOD, None, LIMITS)
    assert decision.promote
    assert [check.check for check in decision.reasons] == [
        "macro_f1",
        "page_macro_f1",
        "worst_class_recall",
        "worst_subject_accuracy",
        "agreement_with_keras",
        "kilobytes",
        "page_kilobytes",
        "latency_ms",
    ]


@pytest.mark.parametrize(
    ("scores", "failed", "of"),
    [
        (replace(GOOD, macro_f1=0.9), "macro_f1", None),
        (replace(GOOD, page_macro_f1=0.9), "page_macro_f1", None),
        (replace(GOOD, class_recall={"walking": 0.99, "sitting": 0.5}), "worst_class_recall", "sitting"),
        (replace(GOOD, subject_accuracy={2: 0.4, 10: 0.9}), "worst_subject_accuracy", "subject 2"),
        (replace(GOOD, agreement=0.99), "agreement_with_keras", None),
        (replace(GOOD, kilobytes=101.0), "kilobytes", None),
        (replace(GOOD, page_kilobytes=101.0), "page_kilobytes", None),
        (replace(GOOD, latency_ms=3.0), "latency_ms", None),
        (replace(GOOD, macro_f1=float("nan")), "macro_f1", None),
    ],
)
def test_each_floor_alone_keeps_a_candidate_out(scores, failed, of):
    decision = gate(scores, None, LIMITS)
    assert not decision.promote
    assert [(check.check, check.of) for check in decision.reasons if not check.passed] == [(failed, of)]


def test_values_at_their_limits_pass():
    at_the_limit = Scores(
        LIMITS.min_macro_f1,
        LIMITS.min_page_macro_f1,
        {"walking": LIMITS.min_class_recall},
        {2: LIMITS.min_subject_accuracy},
        LIMITS.min_agreement,
        LIMITS.max_kilobytes,
        LIMITS.max_page_kilobytes,
        LIMITS.max_latency_ms,
    )
    tie = Comparison(0.0, -LIMITS.champion_tolerance, 0.0)
    assert gate(at_the_limit, tie, LIMITS).promote


def test_worse_than_the_champion_is_kept_out_although_all_floors_hold():
    decision = gate(GOOD, Comparison(-0.01, -0.02, 0.001), LIMITS)
    assert [check.check for check in decision.reasons if not check.passed] == ["macro_f1_against_champion_low"]


def test_other_activities_and_a_candidate_rolled_back_by_hand_are_kept_out():
    assert not gate(GOOD, None, LIMITS, same_activities=False).promote
    assert not gate(GOOD, None, LIMITS, withdrawn=True).promote


def test_comparison_is_paired_so_that_hard_resamples_cancel_out():
    hardness = np.random.default_rng(0).normal(0.9, 0.05, 1000)
    result = compare(0.91, 0.9, hardness + 0.01, hardness)
    assert (result.low, result.high) == pytest.approx((0.01, 0.01))
    assert result.difference == pytest.approx(0.01)
