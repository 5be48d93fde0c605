"""One family's folder of results: scores and plot data as files, figures as PNG."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from har.errors import HarError
from har.evaluation import figures, predictions, scores, words
from har.evaluation.tally import METRICS, reliability
from har.files import replacing, write_json
from har.params import Params


def write(table: pd.DataFrame, history: pd.DataFrame | None, folder: Path, params: Params) -> dict[str, Any]:
    """Write the results of the family that `folder` is named for, whole or not at all, and return its scores.

    table: the family's predictions. history: one row a seed and epoch, columns seed, epoch and measures such as
    loss, validation_loss, validation_macro_f1; None for a family that is not trained by epochs.
    Writes `scores.json` (what is returned), `confusion.csv` (actual, predicted: one row a window), `subjects.csv`,
    `reliability.csv`, `learning.csv` and the figures `confusion.png`, `subjects.png`, `reliability.png`,
    `learning.png`; both of learning only with a history of two epochs or more. Tables and figures are of the selected
    seed, but for the dots of the subjects and the curves, which are of all.
    A table or history that cannot be read is a `HarError`.
    """
    predictions.check(table, f"the predictions of {folder.name}")
    bins = params.evaluate.calibration_bins
    rows = predictions.selected(table)
    seeds = {seed: scores.score_rows(part, bins) for seed, part in predictions.by_seed(table).items()}
    chosen = int(rows["seed"].iloc[0])
    result = {
        "family": folder.name,
        "metrics": scores.family(table, params.evaluate.bootstrap, bins),
        "selected_seed": chosen,
        "selected": seeds[chosen],
        "seeds": {str(seed): {name: found[name] for name in METRICS} for seed, found in seeds.items()},
    }
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_json(temporary / "scores.json", result)
        _selected(rows, result, temporary, bins)
        _subjects(people(seeds, chosen), temporary, folder.name)
        if history is not None and _epochs(history, folder.name) > 1:
            _learning(history, chosen, temporary, folder.name)
    return result


def _selected(rows: pd.DataFrame, result: dict[str, Any], folder: Path, bins: int) -> None:
    """Write the confusion matrix and the calibration of the selected seed's `rows`."""
    title = words.family(result["family"])
    named = pd.DataFrame({"actual": rows["label"], "predicted": predictions.predicted(rows)})
    _csv(named, folder / "confusion.csv")
    counts = scores.tally_rows(rows, bins)
    activities = predictions.activities(rows)
    figures.confusion(counts.confusion.sum(axis=0), activities, folder / "confusion.png", f"{title}: confusion matrix")
    table = reliability(counts)
    _csv(table, folder / "reliability.csv")
    figures.reliability(table, result["selected"]["ece"], folder / "reliability.png", f"{title}: reliability diagram")


def people(seeds: Mapping[int, Mapping[str, Any]], chosen: int) -> pd.DataFrame:
    """One row a seed and subject: seed, selected, subject, windows, accuracy, macro_f1.

    seeds: `scores.score` of each seed. chosen: the seed that validation selected.
    """
    rows = [
        {"seed": seed, "selected": seed == chosen, **person}
        for seed, found in seeds.items()
        for person in found["subjects"]
    ]
    return pd.DataFrame(rows)


def _subjects(table: pd.DataFrame, folder: Path, family: str) -> None:
    """Write the scores by subject, rows of `people`: those of the selected seed with the mean over seeds, and bars."""
    mean = table.groupby("subject")["accuracy"].mean()
    chosen = table.loc[table["selected"], ["subject", "windows", "accuracy", "macro_f1"]]
    _csv(chosen.assign(mean_accuracy=chosen["subject"].map(mean)), folder / "subjects.csv")
    figures.subjects(table, folder / "subjects.png", f"{words.family(family)}: accuracy by test subject")


def _epochs(history: pd.DataFrame, family: str) -> int:
    """How many epochs a training history has; one without seed and epoch is a `HarError`."""
    missing = [column for column in ("seed", "epoch") if column not in history.columns]
    if missing or history.empty:
        what = f"has no column {missing[0]}" if missing else "has no rows"
        raise HarError(f"the training history of {family} {what}: train the family again.")
    return int(history["epoch"].nunique())


def _learning(history: pd.DataFrame, chosen: int, folder: Path, family: str) -> None:
    """Write the curves over epochs of every seed; `family` is the name in the title's words."""
    ordered = history.sort_values(["seed", "epoch"], kind="stable")
    _csv(ordered, folder / "learning.csv")
    figures.learning(ordered, folder / "learning.png", f"{words.family(family)}: learning curves", chosen)


def _csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table for people and plots: six significant digits, the same line ends on every system."""
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
