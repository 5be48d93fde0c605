"""Run one family's models on the test subjects and score them."""

import time

import pandas as pd

from har.evaluation import report
from har.files import check_manifest, read_json, replacing
from har.models.families import family as find
from har.params import Params
from har.paths import Paths
from har.stages import inputs
from har.stages.train import describe
from har.tracking import runs, store


def run(params: Params, paths: Paths, family: str) -> str:
    """Write the family's predictions table, its scores and figures, and tell MLflow.

    `data/predictions/<family>.parquet`: a row a window and seed (dataset, recording, subject, start, label, split,
    seed, selected, a probability an activity). `reports/families/<family>/`: everything computed from that table.
    """
    started = time.perf_counter()
    tracking = store.locate(paths.root)
    tracking.check()
    folder = paths.model(family)
    check_manifest(folder)
    training = read_json(folder / "training.json")
    module = find(family)
    table = inputs.read(params, paths, module.inputs).side("test")
    predictions, histories = [], []
    for seed in training["seeds"]:
        probabilities = module.load(folder / f"seed_{seed}{training['suffix']}")(table.x)
        columns = {f"p_{name}": probabilities[:, i] for i, name in enumerate(table.activities)}
        predictions.append(table.index.assign(seed=seed, selected=seed == training["selected"], **columns))
        history = read_json(folder / f"seed_{seed}.json")["history"]
        histories.append(pd.DataFrame(history).assign(seed=seed).rename_axis("epoch").reset_index())
    rows = pd.concat(predictions, ignore_index=True)
    with replacing(paths.predictions(family)) as temporary:
        rows.to_parquet(temporary, compression="zstd")
    history_rows = pd.concat(histories, ignore_index=True)
    results = paths.reports / "families" / family
    scores = report.write(rows, history_rows if len(history_rows) else None, results, params)
    for seed in training["seeds"]:
        record = read_json(folder / f"seed_{seed}.json")
        model = folder / f"seed_{seed}{training['suffix']}"
        run_id = runs.ensure(tracking, describe(family, seed, record, model, paths))
        metrics = {f"test_{name}": value for name, value in scores["seeds"][str(seed)].items()}
        metrics["selected"] = float(seed == training["selected"])
        figures = sorted(results.glob("*.png")) if seed == training["selected"] else []
        runs.attach(tracking, run_id, metrics, dict.fromkeys(figures, "figures"))
    f1 = scores["metrics"]["macro_f1"]
    return (
        f"evaluate {family}: macro-F1 {f1['mean']:.4f} (sd {f1['sd']:.4f} over "
        f"{len(training['seeds'])} seeds) on {len(table.index):,} windows of {table.index['subject'].nunique()} test "
        f"subjects ({time.perf_counter() - started:.1f} s)"
    )
