"""Scores of out-of-fold predictions: over folds, over all windows pooled, and by subject."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.evaluation import predictions, scores
from har.evaluation.tally import metrics
from har.params import Evaluate

Row = dict[str, Any]


def summarise(table: pd.DataFrame, knobs: Evaluate) -> Row:
    """Score an out-of-fold table (as `predictions` has it, and the column fold).

    Returns, in shares of 1: `macro_f1_folds` (mean and sd over folds, each the mean over seeds, and n);
    `macro_f1_pooled`, `accuracy` and `ece` of all out-of-fold windows at once (mean and sd over seeds, n, and for the
    first two low and high: 95 % by bootstrap over subjects); `folds` (a list of fold, windows, macro_f1, accuracy);
    `classes` (activity to its F1, mean over seeds); `subjects` (a list: subject, windows, accuracy, macro_f1, means
    over seeds, and `taken`: its most frequent mistake); and `worst` (the one of `subjects` with the lowest accuracy).
    """
    whole = scores.family(table, knobs.bootstrap, knobs.calibration_bins)
    seeds = [scores.score_rows(rows, knobs.calibration_bins) for rows in predictions.by_seed(table).values()]
    folds = _folds(table, knobs)
    people = _people(table, seeds, knobs)
    return {
        "windows": seeds[0]["windows"],
        "macro_f1_folds": spread([fold["macro_f1"] for fold in folds]),
        "macro_f1_pooled": _over_seeds(whole["macro_f1"]),
        "accuracy": _over_seeds(whole["accuracy"]),
        "ece": spread([seed["ece"] for seed in seeds]),
        "folds": folds,
        "classes": {name: _mean([seed["classes"][name]["f1"] for seed in seeds]) for name in seeds[0]["classes"]},
        "subjects": people,
        "worst": min(people, key=lambda person: float(person["accuracy"])),
    }


def cell(table: pd.DataFrame, fold: int, seed: int, knobs: Evaluate) -> dict[str, float]:
    """Macro-F1, accuracy and calibration error of one model on what its fold holds out."""
    rows = table[(table["fold"] == fold) & (table["seed"] == seed)]
    found = scores.score_rows(rows, knobs.calibration_bins)
    return {name: float(found[name]) for name in ("macro_f1", "accuracy", "ece")}


def flat(result: Mapping[str, Any]) -> dict[str, float]:
    """The figures of `summarise` as one number each."""
    names = ("macro_f1_folds", "macro_f1_pooled", "accuracy", "ece")
    figures = {f"{name}_{part}": float(result[name][part]) for name in names for part in ("mean", "sd")}
    return figures | {"worst_subject_accuracy": float(result["worst"]["accuracy"])}


def spread(values: list[float]) -> dict[str, float]:
    """Mean, standard deviation (n - 1; 0 of one value) and n."""
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": _mean(values), "sd": sd, "n": len(values)}


def paired(table: pd.DataFrame, full: pd.DataFrame, knobs: Evaluate) -> dict[str, float]:
    """Difference in pooled macro-F1, mean over seeds, of one out-of-fold table to the full model's.

    Returns `mean`, `low` and `high` (95 % by bootstrap over subjects, the same ones drawn for both).
    """
    everybody = np.ones((1, table["subject"].nunique()))
    weights = scores.resamples(everybody.shape[1], knobs.bootstrap)
    point, cloud = (_macro_f1(table, sets, knobs) - _macro_f1(full, sets, knobs) for sets in (everybody, weights))
    low, high = np.percentile(cloud, scores.INTERVAL)
    return {"mean": float(point[0]), "low": float(low), "high": float(high)}


def _macro_f1(table: pd.DataFrame, weights: NDArray[np.float64], knobs: Evaluate) -> NDArray[np.float64]:
    """Mean over seeds of the macro-F1 of each weighted set of subjects: weights `[b, s]` to `[b]`."""
    seeds = predictions.by_seed(table).values()
    found = [metrics(scores.tally_rows(rows, knobs.calibration_bins), weights)["macro_f1"] for rows in seeds]
    mean: NDArray[np.float64] = np.mean(found, axis=0)
    return mean


def _folds(table: pd.DataFrame, knobs: Evaluate) -> list[Row]:
    rows = []
    for fold, part in table.groupby("fold"):
        cells = [cell(part, int(str(fold)), int(seed), knobs) for seed in sorted(part["seed"].unique())]
        means = {name: _mean([one[name] for one in cells]) for name in ("macro_f1", "accuracy")}
        rows.append({"fold": int(str(fold)), "windows": len(part) // len(cells), **means})
    return rows


def _people(table: pd.DataFrame, seeds: list[Row], knobs: Evaluate) -> list[Row]:
    counts = [scores.tally_rows(rows, knobs.calibration_bins) for rows in predictions.by_seed(table).values()]
    confusion = np.sum([count.confusion for count in counts], axis=0)
    names = predictions.activities(table)
    people = []
    for i, same in enumerate(zip(*(seed["subjects"] for seed in seeds), strict=True)):
        means = {name: _mean([person[name] for person in same]) for name in ("accuracy", "macro_f1")}
        one = {"subject": same[0]["subject"], "windows": same[0]["windows"], **means}
        people.append(one | {"taken": _taken(confusion[i], names)})
    return people


def _taken(confusion: NDArray[np.float64], names: tuple[str, ...]) -> Row | None:
    """The most frequent mistake in `[k, k]` counts, actual by predicted: what, for what, and the share of all windows.

    None where there is no mistake.
    """
    wrong = confusion - np.diag(np.diag(confusion))
    actual, named = np.unravel_index(int(wrong.argmax()), wrong.shape)
    if wrong[actual, named] == 0:
        return None
    return {"actual": names[actual], "predicted": names[named], "share": float(wrong.max() / confusion.sum())}


def _over_seeds(value: Mapping[str, float]) -> dict[str, float]:
    return {**{name: value[name] for name in ("mean", "sd", "low", "high")}, "n": value["n_seeds"]}


def _mean(values: list[float]) -> float:
    return float(np.mean(values))
