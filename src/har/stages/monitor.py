"""Monitoring: what arrives held against the training, and the reference that stands for it. No stage of dvc.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from har.errors import HarError
from har.export.runtime import Runner
from har.files import digest, read_json, sha256, write_json, write_text
from har.monitoring import collection, folder, log, page, verdict, watched
from har.monitoring import reference as references
from har.monitoring.batch import Batch
from har.monitoring.finding import Finding
from har.monitoring.reference import Reference
from har.monitoring.verdict import Verdict
from har.params import Monitor, Params
from har.paths import Paths
from har.stages import inputs

LOGS: Final = (".parquet", ".jsonl")


@dataclass(frozen=True)
class Options:
    """What is judged.

    source: a folder of recordings, or a log of windows, one file or a folder of parts; None means `data/recordings`.
    model: a .tflite file; None means the champion or, before the first promotion, the exported one. output: folder of
    `report.html` and `verdict.json`; None means `reports/monitoring`. log: where to write the windows' features and
    answers, if anywhere.
    """

    source: Path | None = None
    model: Path | None = None
    output: Path | None = None
    log: Path | None = None


def run(params: Params, paths: Paths, options: Options) -> Verdict:
    """Judge recordings or a log, and write `report.html` and `verdict.json`.

    A reference that is missing, or of another model or other data, is made first where the training data are there.
    Raises: HarError for a source that is not there or holds nothing to judge, and without a reference.
    """
    source = options.source or paths.recordings
    runner = Runner(options.model or champion(paths))
    reference = current(params, paths, runner)
    batch, others = _read(source, reference, runner, params.monitor)
    if options.log is not None:
        log.write(batch, reference.model_sha256, options.log)
    found = verdict.judge(source.name, batch, reference, params.monitor, others)
    output = options.output or home(paths)
    write_json(output / "verdict.json", found.document())
    write_text(output / "report.html", page.html(found))
    return found


def _read(source: Path, reference: Reference, runner: Runner, knobs: Monitor) -> tuple[Batch, list[Finding]]:
    """The windows of a log or of a folder of recordings, and what is to be said of them before they are judged."""
    if source.is_file() and source.suffix.lower() not in LOGS:
        raise HarError(f"{source} is no log (.parquet, .jsonl): name a folder to judge recordings.")
    if not source.is_file() and not log.parts(source):
        return folder.read(source, reference, runner.probabilities, knobs)
    batch = log.read(source, reference)
    return batch, collection.of_log(batch, knobs)


def home(paths: Paths) -> Path:
    """Where the reference is, and the report unless another folder is named."""
    return paths.reports / "monitoring"


def champion(paths: Paths) -> Path:
    """The model that phones have: the champion's or, before the first promotion, the exported one's."""
    return paths.champion_web if paths.champion_web.is_file() else paths.tflite_web


def current(params: Params, paths: Paths, runner: Runner) -> Reference:
    """The reference of the model, made anew where the one that is there is of another model, other data or damaged.

    Raises: HarError where it would have to be made and the training data are not there.
    """
    path = home(paths) / "reference.json"
    there = all((part / "manifest.json").is_file() for part in (paths.processed, paths.features))
    try:
        found = references.read(path) if path.is_file() else None
    except HarError:
        if not there:
            raise
        found = None
    if found is not None and _fits(found, params, paths, runner, there):
        return found
    if there:
        return _make(params, paths, runner)
    what = f"{path} is missing" if found is None else f"{path} is of another model than {runner.path}"
    raise HarError(f"{what}: run `dvc repro` or `dvc pull`, then `har monitor --reference`.")


def make(params: Params, paths: Paths, model: Path | None = None) -> str:
    """Condense the windows of the training and validation subjects into `reports/monitoring/reference.json`."""
    runner = Runner(model or champion(paths))
    found = _make(params, paths, runner)
    return (
        f"monitor: {home(paths) / 'reference.json'} holds {found.windows:,} windows of {found.people} people, "
        f"answered by {runner.path}"
    )


def _make(params: Params, paths: Paths, runner: Runner) -> Reference:
    table, columns = inputs.read(params, paths, "windows"), inputs.read(params, paths, "features").x
    rows = np.flatnonzero((table.index["split"] != "test").to_numpy())
    index, about = table.index.iloc[rows], runner.metadata
    sources = index["recording"].to_numpy(np.str_)
    batch = Batch(folder.chosen(columns[rows]), runner.probabilities(table.x[rows]), sources, about.activities)
    facts = {
        "model_sha256": sha256(runner.path),
        "data_sha256": _data(params, paths),
        "rate_hz": about.rate_hz,
        "window": about.window,
        "step": about.step,
        "filters": params.featurize.model_dump(),
    }
    found = references.build(batch, index["subject"].to_numpy(np.int64), facts)
    references.write(found, home(paths) / "reference.json")
    return found


def _fits(found: Reference, params: Params, paths: Paths, runner: Runner, there: bool) -> bool:
    """Whether the reference is of this model and, if they are there, of these data."""
    return found.model_sha256 == sha256(runner.path) and (not there or found.data_sha256 == _data(params, paths))


def _data(params: Params, paths: Paths) -> str:
    """SHA-256 of what the reference follows from, but for the model."""
    manifests = [read_json(part / "manifest.json") for part in (paths.processed, paths.features)]
    return digest([manifests, params.activities, params.featurize.model_dump(), list(watched.names())])
