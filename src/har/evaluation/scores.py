"""Scores of one seed, and of a family: mean and spread over seeds, with an interval over subjects."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from har.evaluation import predictions
from har.evaluation.tally import METRICS, Tally, by_class, metrics, tally

INTERVAL: Final = (2.5, 97.5)  # percentiles of the bootstrap, 95 %
RANDOM_SEED: Final = 20160101  # of the resamples; any number, but always the same, so that reports are reproducible


def score(
    labels: ArrayLike, probabilities: ArrayLike, subjects: ArrayLike, activities: Sequence[str], bins: int
) -> dict[str, Any]:
    """Score one seed.

    labels: `[n]` activities. probabilities: `[n, k]` in the order of `activities`. subjects: `[n]` ids.
    bins: equal-width bins of the expected calibration error (Guo et al. 2017).
    Returns the six `METRICS` (shares of 1), `windows`, `worst_subject` (the first of equals), `classes` (activity:
    precision, recall, f1, support) and `subjects` (a list: subject, windows, accuracy, macro_f1, ids ascending).
    Macro scores are means over the activities with at least one window. A label outside `activities` is a `HarError`.
    """
    counts = tally(labels, probabilities, subjects, activities, bins)
    people = _subjects(counts)
    return {
        **{name: float(values[0]) for name, values in metrics(counts, _everybody(counts)).items()},
        "windows": int(counts.confusion.sum()),
        "worst_subject": min(people, key=lambda person: float(person["accuracy"]))["subject"],
        "classes": _classes(counts, activities),
        "subjects": people,
    }


def score_rows(rows: pd.DataFrame, bins: int) -> dict[str, Any]:
    """`score` of one seed's rows of a predictions table."""
    return score(rows["label"], predictions.probabilities(rows), rows["subject"], predictions.activities(rows), bins)


def family(table: pd.DataFrame, bootstrap: int, bins: int) -> dict[str, dict[str, float]]:
    """Score all seeds of a family's predictions table.

    bootstrap: resamples of the test subjects, with replacement. bins: as for `score`.
    Returns for each of `METRICS`: `mean` and `sd` over seeds (n - 1; 0 with one seed), `low` and `high` (95 %
    percentile interval of the mean over seeds, by bootstrap over subjects), `selected` (the seed that validation
    chose) and `n_seeds`. The same resamples serve every family with the same number of subjects.
    The worst subject of a resample is never worse than the worst of all, so that interval only reaches upwards.
    """
    predictions.check(table)
    seeds = {seed: tally_rows(rows, bins) for seed, rows in predictions.by_seed(table).items()}
    chosen = list(seeds).index(int(predictions.selected(table)["seed"].iloc[0]))
    weights = resamples(len(next(iter(seeds.values())).subjects), bootstrap)
    points = [metrics(counts, _everybody(counts)) for counts in seeds.values()]
    clouds = [metrics(counts, weights) for counts in seeds.values()]
    result: dict[str, dict[str, float]] = {}
    for name in METRICS:
        values = np.array([point[name][0] for point in points])
        low, high = np.percentile(np.mean([cloud[name] for cloud in clouds], axis=0), INTERVAL)
        result[name] = {
            "mean": float(values.mean()),
            "sd": float(values.std(ddof=1)) if len(values) > 1 else 0.0,
            "low": float(low),
            "high": float(high),
            "selected": float(values[chosen]),
            "n_seeds": len(values),
        }
    return result


def resamples(subjects: int, count: int) -> NDArray[np.float64]:
    """How often each subject is in each resample, `[count, subjects]`: draws with replacement, the same every time."""
    generator = np.random.default_rng(RANDOM_SEED)
    drawn = generator.multinomial(subjects, np.full(subjects, 1 / subjects), size=count)
    return drawn.astype(np.float64)


def tally_rows(rows: pd.DataFrame, bins: int) -> Tally:
    """Counts by subject of one seed's rows of a predictions table."""
    return tally(rows["label"], predictions.probabilities(rows), rows["subject"], predictions.activities(rows), bins)


def _everybody(counts: Tally) -> NDArray[np.float64]:
    return np.ones((1, len(counts.subjects)))


def _classes(counts: Tally, activities: Sequence[str]) -> dict[str, dict[str, float]]:
    columns = [values[0] for values in by_class(counts.confusion.sum(axis=0, keepdims=True))]
    return {
        activity: {"precision": float(precision), "recall": float(recall), "f1": float(f1), "support": int(support)}
        for activity, precision, recall, f1, support in zip(activities, *columns, strict=True)
    }


def _subjects(counts: Tally) -> list[dict[str, float]]:
    alone = metrics(counts, np.eye(len(counts.subjects)))
    return [
        {"subject": int(subject), "windows": int(windows), "accuracy": float(accuracy), "macro_f1": float(f1)}
        for subject, windows, accuracy, f1 in zip(
            counts.subjects, counts.confusion.sum(axis=(1, 2)), alone["accuracy"], alone["macro_f1"], strict=True
        )
    ]
