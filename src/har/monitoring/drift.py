"""Drift of a whole batch: its features (Kolmogorov-Smirnov, population stability), its answers, their confidence."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.monitoring import distance, watched
from har.monitoring.batch import Batch
from har.monitoring.finding import Finding
from har.monitoring.reference import Reference, confidence_change
from har.params import Monitor

NAMED: Final = 3  # features that the sentence names
RETRAIN: Final = "Look at the faults above first; if the recordings are right, retrain with recordings of this kind."


@dataclass(frozen=True)
class Features:
    """What became of each watched feature, `[f]` each.

    ks: Kolmogorov-Smirnov distance, 0 to 1. psi: population stability index. q: probability that another person is as
    far off, corrected for the number of features (Benjamini and Hochberg 1995). drifted: whether q is below
    `false_discovery` and psi above `min_psi`.
    """

    ks: NDArray[np.float64]
    psi: NDArray[np.float64]
    q: NDArray[np.float64]
    drifted: NDArray[np.bool_]

    def table(self) -> list[dict[str, Any]]:
        """A row a feature, those that are farthest off first."""
        order = np.lexsort((-self.ks, self.q))
        names = watched.names()
        return [
            {
                "feature": names[i],
                "ks": round(float(self.ks[i]), 4),
                "psi": round(float(self.psi[i]), 4),
                "q": float(f"{self.q[i]:.3g}"),
                "drifted": bool(self.drifted[i]),
            }
            for i in order
        ]


def features(batch: Batch, reference: Reference, knobs: Monitor) -> Features:
    """Hold each feature of the batch against the training people's, at the batch's own mix of activities."""
    from scipy.stats import false_discovery_control

    found = distance.counts(
        distance.bins(batch.features, np.array(reference.edges)), batch.answers, len(reference.activities)
    )
    ks, psi = distance.distances(found, np.array(reference.counts, np.float64))
    q = false_discovery_control(reference.people_differ.p_values(ks, len(batch)))
    return Features(ks, psi, q, (q < knobs.false_discovery) & (psi > knobs.min_psi))


def find(batch: Batch, reference: Reference, knobs: Monitor) -> tuple[Features, list[Finding]]:
    """The features, and what drifted: features, confidence, the mix of answers. Too few windows are a notice."""
    found = features(batch, reference, knobs)
    findings = []
    if len(batch) < knobs.min_windows:
        sentence = f"{len(batch)} windows are too few to judge drift: {knobs.min_windows} are needed."
        return found, [Finding("few_windows", "notice", sentence, "Collect for longer.")]
    if found.drifted.any():
        findings.append(_features(found))
    findings += _confidence(batch, reference, knobs) + _mix(batch, reference, knobs)
    return found, findings


def _features(found: Features) -> Finding:
    rows = [row for row in found.table() if row["drifted"]]
    strongest = ", ".join(f"{row['feature']} (KS {row['ks']:.2f}, PSI {row['psi']:.1f})" for row in rows[:NAMED])
    return Finding(
        "feature_drift",
        "alarm",
        f"{len(rows)} of {len(found.ks)} features are farther from the training than people are from each other; "
        f"the strongest: {strongest}.",
        RETRAIN,
        figures={"drifted": len(rows), "watched": len(found.ks)},
    )


def _confidence(batch: Batch, reference: Reference, knobs: Monitor) -> list[Finding]:
    from scipy import stats

    change = confidence_change(batch, np.array(reference.confidence))
    spread = reference.confidence_sd * np.sqrt(1 + 1 / reference.people)
    limit = knobs.confidence_margin + spread * stats.t.isf(knobs.false_discovery, reference.people - 1)
    if change > -limit:
        return []
    sentence = (
        f"the model is less sure: the median probability of its answers is {-change:.2f} lower than in training at the "
        f"same activities, more than the {limit:.2f} that another person explains."
    )
    return [Finding("confidence_drift", "alarm", sentence, RETRAIN, figures={"change": change, "limit": float(limit)})]


def _mix(batch: Batch, reference: Reference, knobs: Monitor) -> list[Finding]:
    """What people do is not what a model is retrained for, as long as it looks as in training: a notice."""
    mix = np.bincount(batch.answers, minlength=len(reference.activities)) / len(batch)
    moved = float(np.abs(mix - reference.mix).sum() / 2)
    if moved <= knobs.mix_shift:
        return []
    changes = np.abs(mix - reference.mix)
    most = int(changes.argmax())
    name = reference.activities[most].replace("_", " ")
    sentence = (
        f"the answers are other ones: {moved:.0%} of them would have to change to match the training; "
        f"{name} makes up {mix[most]:.0%}, {reference.mix[most]:.0%} in training."
    )
    advice = "No cause for retraining by itself: each activity is held against the same in training."
    return [Finding("prediction_drift", "notice", sentence, advice, figures={"moved": moved})]
