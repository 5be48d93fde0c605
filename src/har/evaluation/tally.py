"""Counts by subject, the sufficient statistics of every score: resampling subjects is then a sum of counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from har.errors import HarError

METRICS: Final = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "worst_subject_accuracy", "ece")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """What one seed's predictions come down to.

    subjects: `[s]` ids, ascending. confusion: `[s, k, k]` windows by subject, actual and predicted activity.
    bins: `[s, m, 3]` by subject and bin of confidence: windows, summed confidence, windows named correctly.
    """

    subjects: NDArray[np.int64]
    confusion: Floats
    bins: Floats


def tally(
    labels: ArrayLike, probabilities: ArrayLike, subjects: ArrayLike, activities: Sequence[str], bins: int
) -> Tally:
    """Count windows by subject, activity and bin of confidence.

    labels: `[n]` activities. probabilities: `[n, k]` in the order of `activities`. subjects: `[n]` ids.
    bins: how many equal bins of confidence, each open at its lower and closed at its upper edge (Guo et al. 2017).
    A label that is not among `activities` is a `HarError`.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    actual = pd.Index(activities).get_indexer(pd.Index(np.asarray(labels)))
    if (actual < 0).any():
        row = int(np.flatnonzero(actual < 0)[0])
        raise HarError(f"row {row}: label '{np.asarray(labels)[row]}' is not one of {', '.join(activities)}.")
    ids, subject = np.unique(np.asarray(subjects), return_inverse=True)
    named, confidence = values.argmax(axis=1), values.max(axis=1)
    confusion = np.zeros((len(ids), len(activities), len(activities)))
    np.add.at(confusion, (subject, actual, named), 1)
    bin_ = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence, side="left")
    sums = np.zeros((len(ids), bins, 3))
    np.add.at(sums, (subject, bin_), np.stack([np.ones_like(confidence), confidence, named == actual], axis=1))
    return Tally(ids.astype(np.int64), confusion, sums)


def metrics(counts: Tally, weights: Floats) -> dict[str, Floats]:
    """Score weighted sets of subjects, all at once.

    weights: `[b, s]`, how often each of the `s` subjects is in each of the `b` sets.
    Returns each of `METRICS` as `[b]`. Macro scores are means over the activities that the set has windows of; a
    precision without predictions is 0. The worst subject is the worst of those with a weight.
    """
    confusion = np.einsum("bs,sij->bij", weights, counts.confusion)
    precision, recall, f1, support = by_class(confusion)
    present = support > 0
    count = present.sum(axis=1)
    accuracy = np.einsum("sii->s", counts.confusion) / counts.confusion.sum(axis=(1, 2))
    return {
        "accuracy": np.einsum("bii->b", confusion) / confusion.sum(axis=(1, 2)),
        "macro_precision": (precision * present).sum(axis=1) / count,
        "macro_recall": (recall * present).sum(axis=1) / count,
        "macro_f1": (f1 * present).sum(axis=1) / count,
        "worst_subject_accuracy": np.where(weights > 0, accuracy, np.inf).min(axis=1),
        "ece": _calibration_error(np.einsum("bs,smv->bmv", weights, counts.bins)),
    }


def by_class(confusion: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Precision, recall, F1 and support of each activity, `[b, k]` each, from `[b, k, k]` counts; 0 for 0/0."""
    hits = np.einsum("bii->bi", confusion)
    support, named = confusion.sum(axis=2), confusion.sum(axis=1)
    return _ratio(hits, named), _ratio(hits, support), _ratio(2 * hits, support + named), support


def reliability(counts: Tally) -> pd.DataFrame:
    """One row a bin of confidence: `low`, `high`, `windows`, mean `confidence`, `accuracy` (NaN where it is empty)."""
    windows, confidence, hits = counts.bins.sum(axis=0).T
    edges = np.linspace(0, 1, len(windows) + 1)
    empty = np.where(windows > 0, windows, np.nan)
    columns: dict[str, Any] = {"low": edges[:-1], "high": edges[1:], "windows": windows.astype(np.int64)}
    return pd.DataFrame({**columns, "confidence": confidence / empty, "accuracy": hits / empty})


def _calibration_error(bins: Floats) -> Floats:
    """Mean gap between confidence and accuracy, weighted by windows (Guo et al. 2017, eq. 3): `[b, m, 3]` to `[b]`."""
    windows, confidence, hits = np.moveaxis(bins, -1, 0)
    result: Floats = abs(hits - confidence).sum(axis=1) / windows.sum(axis=1)
    return result


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
