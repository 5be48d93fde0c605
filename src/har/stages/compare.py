"""compare: all families' predictions to one table of scores, a figure, and the model card of the deployed family."""

import time
from typing import Any

import pandas as pd

from har.errors import HarError
from har.evaluation import card, comparison, figures, predictions, scores, significance, words
from har.files import read_json, write_json, write_text
from har.params import Params
from har.paths import Paths


def run(params: Params, paths: Paths) -> str:
    """Write `metrics.json`, `comparison.md`, `comparison.png` and `model_card.md` into the reports; say which is best.

    Reads the predictions of every family in params.yaml, the index of windows (for the subjects of each split) and the
    export stage's `table.json`. What is missing, broken or of other windows than the rest is a `HarError`, before
    anything is written.
    """
    started = time.perf_counter()
    names, deploy = params.train.families, params.train.deploy
    if deploy not in names:
        raise HarError(f"params.yaml: train.deploy is {deploy!r}, which is not in train.families: add it there.")
    tables = {name: predictions.read(paths.predictions(name)) for name in names}
    _check_windows(tables)
    metrics = _metrics(tables, params)
    families = metrics["families"]
    text = _card(tables[deploy], families[deploy], params, paths)
    write_json(paths.reports / "metrics.json", metrics)
    write_text(paths.reports / "comparison.md", comparison.markdown(metrics))
    figures.comparison(families, paths.reports / "comparison.png", "Families on the test subjects")
    write_text(paths.reports / "model_card.md", text)
    best = comparison.ranked(families)[0]
    f1 = families[best]["macro_f1"]
    windows = len(predictions.selected(tables[best]))
    count = "1 family" if len(names) == 1 else f"{len(names)} families"
    return (
        f"compare: {count} on {windows:,} test windows: best is {words.family(best)}, macro-F1"
        f" {comparison.spread(f1)} %, 95 % interval {comparison.interval(f1)} ({time.perf_counter() - started:.1f} s)"
    )


def _check_windows(tables: dict[str, pd.DataFrame]) -> None:
    first, *others = tables
    reference = predictions.selected(tables[first])
    for name in others:
        same = predictions.same_windows(reference, predictions.selected(tables[name]))
        if not same or predictions.activities(tables[name]) != predictions.activities(tables[first]):
            raise HarError(
                f"{first} and {name} were evaluated on different windows or activities: run `dvc repro` for both."
            )


def _metrics(tables: dict[str, pd.DataFrame], params: Params) -> dict[str, Any]:
    limits = params.evaluate
    families = {name: scores.family(table, limits.bootstrap, limits.calibration_bins) for name, table in tables.items()}
    tests = {}
    if significance.BASELINE in tables:
        others = {name: table for name, table in tables.items() if name != significance.BASELINE}
        baseline = tables[significance.BASELINE]
        tests = {name: significance.mcnemar(table, baseline) for name, table in others.items()}
    return {"families": families, "mcnemar": tests, "baseline": significance.BASELINE}


def _card(table: pd.DataFrame, metrics: dict[str, dict[str, float]], params: Params, paths: Paths) -> str:
    rows = predictions.selected(table)
    found = {
        "metrics": metrics,
        "selected_seed": int(rows["seed"].iloc[0]),
        "selected": scores.score_rows(rows, params.evaluate.calibration_bins),
    }
    exported = read_json(paths.exported / "table.json")
    return card.markdown(params.train.deploy, found, exported, _subjects(paths), params)


def _subjects(paths: Paths) -> dict[str, list[int]]:
    """Subject ids by split, from the index of windows."""
    path = paths.processed / "index.parquet"
    try:
        index = pd.read_parquet(path, columns=["subject", "split"]).drop_duplicates()
    except FileNotFoundError as error:
        raise HarError(f"{path} is missing: run the preprocess stage (`dvc repro`).") from error
    except (OSError, ValueError) as error:
        raise HarError(f"{path} is not a readable index of windows: delete it and run `dvc repro`.") from error
    return {
        split: sorted(int(subject) for subject in index.loc[index["split"] == split, "subject"])
        for split in ("train", "validation", "test")
    }
