"""The windows that every model gets wrong: where people should look at the data rather than at the model."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from har.errors import HarError
from har.evaluation import predictions
from har.evaluation.predictions import WINDOW

PLACES: Final = ("only", "first", "inside", "last")  # of a window among those of its interval


def unanimous(families: Mapping[str, pd.DataFrame], rate_hz: float) -> pd.DataFrame:
    """Windows that each seed of each family names wrongly, those whose label seems least likely first.

    families: name to predictions table; all must hold the same windows with the same labels.
    Returns dataset, recording, subject, start (sample), start_s (s), label, `named` (the activity with the highest mean
    probability), `confidence` (that probability) and `label_probability`, means over all models that weigh each
    family the same; `named_<family>` and `confidence_<family>`, of the mean over its seeds.
    """
    if not families:
        raise HarError("there are no predictions to audit: predict with at least one family.")
    means = {name: _mean(table) for name, table in families.items()}
    first_name, first = next(iter(means.items()))
    for name, table in means.items():
        if not predictions.same_windows(first, table) or predictions.activities(first) != predictions.activities(table):
            raise HarError(f"{first_name} and {name} were asked about other windows: predict with both on the same.")
    wrong = np.logical_and.reduce([table["always_wrong"].to_numpy(bool) for table in means.values()])
    activities = np.array(predictions.activities(first), dtype=object)
    together = np.mean([predictions.probabilities(table) for table in means.values()], axis=0)
    place = pd.Index(activities).get_indexer(pd.Index(first["label"]))
    result = first[[*WINDOW, "subject", "label"]].assign(
        start_s=first["start"] / rate_hz,
        named=activities[together.argmax(axis=1)],
        confidence=together.max(axis=1),
        label_probability=together[np.arange(len(first)), place],
    )
    for name, table in means.items():
        result[f"named_{name}"] = predictions.predicted(table)
        result[f"confidence_{name}"] = predictions.probabilities(table).max(axis=1)
    return result[wrong].sort_values(["label_probability", *WINDOW], kind="stable").reset_index(drop=True)


def by_families(families: Mapping[str, pd.DataFrame]) -> list[int]:
    """How many windows 0, 1, ... and all of the families name wrongly by the mean over their seeds."""
    means = [_mean(table) for table in families.values()]
    wrong = np.sum([predictions.predicted(table) != table["label"].to_numpy() for table in means], axis=0)
    return np.bincount(wrong, minlength=len(means) + 1).tolist()  # type: ignore[no-any-return]


def place_in_interval(index: pd.DataFrame, step: int) -> pd.Series:
    """One of `PLACES` for each row of `index [n]` (dataset, recording, start, label).

    Windows of one interval follow each other by `step` samples; the next interval starts elsewhere or is labelled
    otherwise.
    """
    ordered = index.sort_values(WINDOW, kind="stable")
    same = (
        (ordered["dataset"] == ordered["dataset"].shift())
        & (ordered["recording"] == ordered["recording"].shift())
        & (ordered["label"] == ordered["label"].shift())
        & (ordered["start"] - ordered["start"].shift() == step)
    ).to_numpy(bool)
    follows = np.append(same[1:], False)
    names = np.select([~same & ~follows, ~same, ~follows], ["only", "first", "last"], "inside")
    return pd.Series(names, index=ordered.index, name="place").reindex(index.index)


def stretches(wrong: pd.DataFrame, step: int, window: int, rate_hz: float) -> pd.DataFrame:
    """Neighbouring windows of `wrong` that are labelled and named alike, as one row each, the longest first.

    wrong: as `unanimous` gives them. step, window: samples. Returns dataset, recording, subject, label, named,
    start (sample), start_s, end_s (s), windows and the mean confidence.
    """
    ordered = wrong.sort_values(WINDOW, kind="stable")
    keys = ["dataset", "recording", "label", "named"]
    same = (ordered[keys] == ordered[keys].shift()).all(axis=1) & (ordered["start"].diff() == step)
    groups = ordered.groupby((~same).cumsum().to_numpy(), sort=False)
    result = groups.agg(
        dataset=("dataset", "first"),
        recording=("recording", "first"),
        subject=("subject", "first"),
        label=("label", "first"),
        named=("named", "first"),
        start=("start", "first"),
        last=("start", "last"),
        windows=("start", "size"),
        confidence=("confidence", "mean"),
    )
    result["start_s"], result["end_s"] = result["start"] / rate_hz, (result["last"] + window) / rate_hz
    return (
        result.drop(columns="last")
        .sort_values(["windows", "dataset", "recording", "start"], ascending=[False, True, True, True])
        .reset_index(drop=True)
    )


def _mean(table: pd.DataFrame) -> pd.DataFrame:
    """One row a window: probabilities averaged over seeds, and whether each seed alone is wrong."""
    seeds = list(predictions.by_seed(table).values())
    first = seeds[0]
    if not all(predictions.same_windows(first, rows) for rows in seeds):
        raise HarError("the seeds of a family were scored on different windows: predict them all again.")
    columns = [predictions.PREFIX + name for name in predictions.activities(table)]
    mean = np.mean([predictions.probabilities(rows) for rows in seeds], axis=0)
    wrong = np.logical_and.reduce([predictions.predicted(rows) != rows["label"].to_numpy() for rows in seeds])
    return first[[*WINDOW, "subject", "label"]].assign(
        always_wrong=wrong, **{column: mean[:, place] for place, column in enumerate(columns)}
    )
