"""promote: register the exported model, let the gate decide, and say so."""

import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from har import files
from har.errors import HarError
from har.evaluation.scores import resamples
from har.evaluation.tally import Tally, by_class, metrics, tally
from har.export import metadata, runtime
from har.params import Params
from har.paths import Paths
from har.revisions import Revision
from har.stages import inputs
from har.tracking import environment, outage, policy, promotion, store
from har.tracking.candidate import Candidate
from har.tracking.registry import Registry

MEASURED = "latency_ms"  # the check whose value differs each time it is measured; the receipt leaves the value out


def run(params: Params, paths: Paths) -> str:
    """Promote the exported model, or say why not.

    Reads `models/exported/`, both TFLite files and the test windows; registers the model, moves the aliases, writes
    the ledger, `models/champion*.tflite` and `reports/promotion.json`. The same candidate is registered once, and
    judged once in the same situation. A candidate that does not pass is a result and no error.
    """
    started = time.perf_counter()
    registry, book = open_registry(params, paths)
    candidate, judge = _prepare(params, paths)
    with outage.told(registry.store):
        entry = promotion.promote(registry, book, candidate, params.promote, judge)
    files.write_json(paths.reports / "promotion.json", _receipt(entry))
    return f"promote: {_sentence(entry)} ({time.perf_counter() - started:.1f} s)"


def dry_run(params: Params, paths: Paths, base: str | None = None) -> promotion.Preview:
    """What `run` would decide about the exported model; nothing is registered, moved or written anywhere.

    base: a revision whose `models/har.tflite` stands for the champion, if it has one; no registry is asked then. Raises
    `HarError` for a revision that is not there, and for a file of it that is no model of ours.
    """
    candidate, judge = _prepare(params, paths)
    if base is not None:
        revision = Revision.find(paths.root, base)
        with tempfile.TemporaryDirectory() as folder:
            decision = judge(_committed(revision, paths.root, paths.tflite, Path(folder)), False)
        return promotion.Preview(candidate.digest, decision.promote, decision.as_list(), base=str(revision))
    tracking = store.locate(paths.root)
    if not tracking.shared and not store.database(tracking.registry_uri).is_file():  # asking MLflow would make it
        decision = judge(None, False)
        return promotion.Preview(candidate.digest, decision.promote, decision.as_list())
    registry, book = open_registry(params, paths)
    with outage.told(registry.store):
        return promotion.preview(registry, book, candidate, params.promote, judge)


def rollback(params: Params, paths: Paths) -> str:
    """Give the alias `champion` back to the previous champion; write the ledger and `models/champion*.tflite`.

    Raises `HarError` where there is no previous champion or its files are damaged.
    """
    registry, book = open_registry(params, paths)
    with outage.told(registry.store):
        entry = promotion.rollback(registry, book)
    what = f"version {entry['version']} of {entry['model']}"
    return f"rollback: {what} is champion again, in place of version {entry['former_version']}"


def verify_champion(params: Params, paths: Paths) -> list[str]:
    """What differs between the champion's files in the registry and what was recorded of them; empty if nothing."""
    registry, book = open_registry(params, paths)
    with outage.told(registry.store):
        return promotion.differences(registry, book)


def open_registry(params: Params, paths: Paths) -> tuple[Registry, Path]:
    """The registry of the model that params.yaml names, and its ledger. Raises `HarError` where it cannot be used."""
    tracking = store.locate(paths.root)
    tracking.check()
    return Registry(tracking, params.promote.model), tracking.ledger(params.promote.shared_ledger)


def _prepare(params: Params, paths: Paths) -> tuple[Candidate, promotion.Judge]:
    """The exported model, whose files are checked, and what judges it on the test windows."""
    files.check_manifest(paths.exported)
    table = inputs.read(params, paths, "windows").side("test")
    return _candidate(params, paths, table.sha256), partial(_judge, params, paths, table)


def _committed(revision: Revision, root: Path, tflite: Path, folder: Path) -> dict[str, Path] | None:
    """The revision's model as a champion's files, written into `folder`; None where it has none."""
    content = revision.read(tflite.relative_to(root).as_posix())
    if content is None:
        return None
    found = {name: folder / name for name in ("har.tflite", "metadata.json")}
    found["har.tflite"].write_bytes(content)
    files.write_json(found["metadata.json"], metadata.read(content))
    return found


def _candidate(params: Params, paths: Paths, data_sha256: str) -> Candidate:
    artifacts = {
        "har.tflite": paths.tflite,
        "har-web.tflite": paths.tflite_web,
        "model.keras": paths.exported / "model.keras",
        "metadata.json": paths.exported / "metadata.json",
    }
    for path in artifacts.values():
        if not path.is_file():
            raise HarError(f"{path} is missing: run the export stage (`dvc repro`).")
    form, _ = _chosen(paths)
    shaping = {
        "dataset": params.data_name,
        "activities": params.activities,
        "preprocess": params.preprocess.model_dump(mode="json"),
        "threads": params.train.threads,
        "page": params.train.page,
        **{name: params.train.family(name) for name in (params.train.deploy, params.train.page)},
    }
    return Candidate(
        experiment=params.data_name,
        files=artifacts,
        data_sha256=data_sha256,
        params_sha256=files.digest(shaping),
        metrics={name: form[name] for name in ("macro_f1", "agreement") if name in form},
        commit=environment.stamp(paths.root),
    )


def _chosen(paths: Paths) -> tuple[dict[str, Any], dict[str, Any]]:
    """The export stage's figures of `models/har.tflite` and `models/har-web.tflite`, which must be its files."""
    path = paths.exported / "table.json"
    table = files.read_json(path)
    for file, name in ((paths.tflite, table["chosen"]), (paths.tflite_web, "page")):
        if files.sha256(file) != files.sha256(paths.exported / f"{name}.tflite"):
            raise HarError(f"{file} is not the file that {path} is about: run the export stage (`dvc repro`).")
    return table["variants"][table["chosen"]], table["page"]


def _judge(
    params: Params, paths: Paths, table: inputs.Table, champion: Mapping[str, Path] | None, withdrawn: bool
) -> policy.Decision:
    """Score the candidate, and the champion beside it, on the test windows and ask the gate."""
    counts = _tally(paths.tflite, table)
    scores = _scores(counts, _tally(paths.tflite_web, table), params, paths, table.activities)
    if champion is None:
        return policy.gate(scores, None, params.promote, withdrawn=withdrawn)
    if tuple(files.read_json(champion["metadata.json"])["activities"]) != table.activities:
        return policy.gate(scores, None, params.promote, same_activities=False, withdrawn=withdrawn)
    theirs = _tally(champion["har.tflite"], table)
    weights = resamples(len(counts.subjects), params.promote.bootstrap)
    comparison = policy.compare(
        _macro_f1(counts)[0], _macro_f1(theirs)[0], _macro_f1(counts, weights), _macro_f1(theirs, weights)
    )
    return policy.gate(scores, comparison, params.promote, withdrawn=withdrawn)


def _tally(tflite: Path, table: inputs.Table) -> Tally:
    probabilities = runtime.Runner(tflite).probabilities(table.x)
    if probabilities.shape[1] != len(table.activities):
        raise HarError(
            f"{tflite} names {probabilities.shape[1]} activities, params.yaml {len(table.activities)}: run `dvc repro`."
        )
    return tally(table.index["label"], probabilities, table.index["subject"], table.activities, bins=1)


def _macro_f1(counts: Tally, weights: Any = None) -> Any:
    """Macro-F1 `[b]` of weighted sets of subjects `[b, s]`; of all subjects once, without weights."""
    return metrics(counts, np.ones((1, len(counts.subjects))) if weights is None else weights)["macro_f1"]


def _scores(counts: Tally, page: Tally, params: Params, paths: Paths, activities: tuple[str, ...]) -> policy.Scores:
    _, recall, _, support = (values[0] for values in by_class(counts.confusion.sum(axis=0, keepdims=True)))
    accuracy = counts.confusion.trace(axis1=1, axis2=2) / counts.confusion.sum(axis=(1, 2))
    return policy.Scores(
        macro_f1=float(_macro_f1(counts)[0]),
        page_macro_f1=float(_macro_f1(page)[0]),
        class_recall={name: float(recall[i]) for i, name in enumerate(activities) if support[i] > 0},
        subject_accuracy=dict(zip(counts.subjects.tolist(), accuracy.tolist(), strict=True)),
        agreement=min(float(row["agreement"]) for row in _chosen(paths)),
        kilobytes=paths.tflite.stat().st_size / 1000,
        page_kilobytes=paths.tflite_web.stat().st_size / 1000,
        latency_ms=runtime.latency_ms(paths.tflite, params.export.latency_runs)["p50"],
    )


def _receipt(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the pipeline keeps of a decision in this machine's registry: nothing that was timed, no time and no id."""
    kept = {name: entry[name] for name in ("model", "version", "candidate", "decision")}
    reasons = [
        {name: value for name, value in reason.items() if name != "value" or reason["check"] != MEASURED}
        for reason in entry["reasons"]
    ]
    return {**kept, "reasons": reasons}


def _sentence(entry: Mapping[str, Any]) -> str:
    what = f"version {entry['version']} of {entry['model']}"
    if entry["decision"] == "promote":
        return f"{what} is champion, macro-F1 {entry['reasons'][0]['value']:.4f} on the test subjects"
    failed = [reason for reason in entry["reasons"] if not reason["passed"]]
    return f"{what} is not promoted: " + "; ".join(
        f"{reason['check']} {reason['value']:.4g} against a limit of {reason['limit']:g}"
        + (f" ({reason['of']})" if "of" in reason else "")
        for reason in failed
    )
