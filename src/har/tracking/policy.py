"""The gate in front of the registry: what a candidate must show to become champion."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from har.params import Promote

INTERVAL = (2.5, 97.5)  # percentiles of the bootstrap, 95 %


@dataclass(frozen=True)
class Scores:
    """What is known of a candidate's TFLite files.

    Shares of 1 on the test windows, `class_recall` by activity and `subject_accuracy` by subject; agreement with
    Keras; size in kB (1000 bytes); p50 latency of a window in ms. page_macro_f1, page_kilobytes: of the phone page's
    file; agreement is that of the worse of the two files, all else is of `har.tflite`.
    """

    macro_f1: float
    page_macro_f1: float
    class_recall: Mapping[str, float]
    subject_accuracy: Mapping[int, float]
    agreement: float
    kilobytes: float
    page_kilobytes: float
    latency_ms: float


@dataclass(frozen=True)
class Comparison:
    """Macro-F1 of the candidate minus the champion's on the same windows, with its 95 % interval."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Check:
    """One question to a candidate: the value found, the limit, and whether the value is on the right side of it.

    `of` says which activity or subject the value belongs to, where it is the worst of several.
    """

    check: str
    value: float
    limit: float
    passed: bool
    of: str | None = None


@dataclass(frozen=True)
class Decision:
    """Whether to promote, and every check with its outcome."""

    promote: bool
    reasons: tuple[Check, ...]

    def as_list(self) -> list[dict[str, object]]:
        """The checks as JSON values."""
        return [{name: value for name, value in asdict(check).items() if value is not None} for check in self.reasons]


def compare(
    candidate: float, champion: float, candidates: NDArray[np.float64], champions: NDArray[np.float64]
) -> Comparison:
    """Compare two models scored on the same windows.

    candidate, champion: macro-F1 on all subjects. candidates, champions: macro-F1 on the same resamples of the
    subjects, `[b]` each, so that what is hard about a subject cancels out.
    """
    low, high = np.percentile(candidates - champions, INTERVAL)
    return Comparison(candidate - champion, float(low), float(high))


def gate(
    scores: Scores,
    comparison: Comparison | None,
    limits: Promote,
    *,
    same_activities: bool = True,
    withdrawn: bool = False,
) -> Decision:
    """Decide about a candidate.

    comparison: None where there is no other champion to compare with. same_activities: whether the champion names
    the same activities in the same order; a model of other activities is no successor. withdrawn: whether this very
    candidate was rolled back by hand; a machine does not overrule that.
    """
    activity, recall = min(scores.class_recall.items(), key=lambda item: item[1])
    subject, accuracy = min(scores.subject_accuracy.items(), key=lambda item: item[1])
    checks = [
        _at_least("macro_f1", scores.macro_f1, limits.min_macro_f1),
        _at_least("page_macro_f1", scores.page_macro_f1, limits.min_page_macro_f1),
        _at_least("worst_class_recall", recall, limits.min_class_recall, activity),
        _at_least("worst_subject_accuracy", accuracy, limits.min_subject_accuracy, f"subject {subject}"),
        _at_least("agreement_with_keras", scores.agreement, limits.min_agreement),
        _at_most("kilobytes", scores.kilobytes, limits.max_kilobytes),
        _at_most("page_kilobytes", scores.page_kilobytes, limits.max_page_kilobytes),
        _at_most("latency_ms", scores.latency_ms, limits.max_latency_ms),
    ]
    if not same_activities:
        checks.append(Check("same_activities_as_champion", 0.0, 1.0, False))
    if comparison is not None:
        checks.append(_at_least("macro_f1_against_champion_low", comparison.low, -limits.champion_tolerance))
    if withdrawn:
        checks.append(Check("rolled_back_by_hand", 1.0, 0.0, False))
    return Decision(all(check.passed for check in checks), tuple(checks))


def _at_least(name: str, value: float, limit: float, of: str | None = None) -> Check:
    return Check(name, value, limit, bool(value >= limit), of)


def _at_most(name: str, value: float, limit: float) -> Check:
    return Check(name, value, limit, bool(value <= limit))
