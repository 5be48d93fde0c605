"""One MLflow run a trained model, logged once however often it is trained again."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from har import files
from har.errors import HarError
from har.tracking import environment
from har.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

BATCH = 1000  # metrics that one request may carry (mlflow/utils/validation.py)
SMALL_BATCH = 100  # params or tags that one request may carry (same)
DIGEST = 36  # characters that MLflow keeps of a dataset's digest (same)


@dataclass(frozen=True)
class Data:
    """What a model was trained on: its name, the SHA-256 of its content in hex, and how many windows."""

    name: str
    sha256: str
    windows: int


@dataclass(frozen=True)
class RunRecord:
    """All that is known of one trained model.

    experiment: the dataset's name. params: flat. history: one value an epoch, in order. metrics: one value each, with
    the same names whatever the family, so that families can be compared; none of the names of `history`, whose last
    epoch need not be the chosen one. model: the model's file. duration_s: seconds
    of training, not part of the key. code: the checkout whose commit is noted.
    """

    experiment: str
    family: str
    seed: int
    stage: str
    activities: tuple[str, ...]
    params: Mapping[str, Any]
    data: Data
    history: Mapping[str, Sequence[float]]
    metrics: Mapping[str, float]
    model: Path
    threads: int = 1
    duration_s: float | None = None
    code: Path = Path()

    @cached_property
    def model_sha256(self) -> str:
        """SHA-256 of the model's file, in hex."""
        return files.sha256(self.model)

    @cached_property
    def key(self) -> str:
        """Digest of what determines the model and of the model itself: changed code makes another run, as it should."""
        return files.digest(
            {
                "experiment": self.experiment,
                "family": self.family,
                "seed": self.seed,
                "stage": self.stage,
                "activities": list(self.activities),
                "params": {name: str(value) for name, value in self.params.items()},
                "data": asdict(self.data),
                "threads": self.threads,
                "model": self.model_sha256,
            }
        )


def ensure(store: Store, record: RunRecord) -> str:
    """The id of the run of `record`: the finished one where there is one, else one that is logged now.

    What a killed process left unfinished under the same key is deleted first, in a store of this machine's own: on a
    server, another machine may be writing it. Raises `HarError` where the model's file is missing or a metric is not a
    number.
    """
    _check(record)
    experiment = store.experiment(record.experiment)
    client = store.client()
    with store.writing():
        for run in with_tag(client, experiment, "har.key", record.key):
            if run.info.status == "FINISHED":
                return str(run.info.run_id)
            if store.own:
                client.delete_run(run.info.run_id)
        return _log(client, experiment, record)


def find_model(store: Store, experiment: str, sha256: str) -> str | None:
    """The id of the newest finished run of `experiment` whose model file has this SHA-256, or None."""
    client = store.client()
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return None
    runs = with_tag(client, found.experiment_id, "har.model_sha256", sha256)
    return next((str(run.info.run_id) for run in runs if run.info.status == "FINISHED"), None)


def attach(
    store: Store, run_id: str, metrics: Mapping[str, float], artifacts: Mapping[Path, str] | None = None
) -> None:
    """Add an evaluation's metrics, and files or folders (each to the artifact folder it is mapped to), to a run.

    Attaching the same again changes nothing; a metric with another value gets it as its latest.
    """
    from mlflow.entities import Metric

    client = store.client()
    with store.writing():
        known = client.get_run(run_id).data.metrics
        now = now_ms()
        changed = {name: value for name, value in metrics.items() if not _same(known.get(name), value)}
        log_metrics(client, run_id, [Metric(name, float(value), now, 0) for name, value in changed.items()])
        for path, folder in (artifacts or {}).items():
            log = client.log_artifacts if path.is_dir() else client.log_artifact
            log(run_id, str(path), folder)


def _check(record: RunRecord) -> None:
    if not record.model.is_file():
        raise HarError(f"{record.model}, the model of {_name(record)}, is missing: run `dvc repro`.")
    lonely = [name for name, value in record.metrics.items() if not math.isfinite(value)]
    if lonely:
        raise HarError(f"{_name(record)}: the metric {lonely[0]} is not a finite number: see to train.{record.family}.")
    shared = sorted(record.history.keys() & record.metrics.keys())
    if shared:  # MLflow would show the last epoch's value as the run's
        raise ValueError(f"{shared[0]} is both a metric and a history: give the chosen epoch's value another name")


def _name(record: RunRecord) -> str:
    return f"{record.family} seed {record.seed}"


def with_tag(client: "MlflowClient", experiment: str, name: str, value: str) -> list[Any]:
    """Runs of an experiment (its id) whose tag has this value, the newest first."""
    return list(client.search_runs([experiment], f"tags.`{name}` = '{value}'", order_by=["attributes.start_time DESC"]))


def _log(client: "MlflowClient", experiment: str, record: RunRecord) -> str:
    from mlflow.entities import Metric, Param

    end = now_ms()
    start = end - round(1000 * (record.duration_s or 0))
    run_id: str = client.create_run(experiment, start, _tags(record), _name(record)).info.run_id
    params = {"family": record.family, "seed": record.seed, "threads": record.threads, **record.params}
    entities = [Param(name, str(value)) for name, value in params.items()]
    for first in range(0, len(entities), SMALL_BATCH):
        client.log_batch(run_id, params=entities[first : first + SMALL_BATCH])
    metrics = [
        Metric(name, float(value), end, epoch)
        for name, values in record.history.items()
        for epoch, value in enumerate(values, start=1)
    ]
    single = dict(record.metrics) | ({} if record.duration_s is None else {"duration_s": record.duration_s})
    log_metrics(client, run_id, metrics + [Metric(name, float(value), end, 0) for name, value in single.items()])
    log_data(client, run_id, record.data)
    client.log_dict(run_id, environment.describe() | {"threads": str(record.threads)}, "environment.json")
    client.log_artifact(run_id, str(record.model), "model")
    client.set_terminated(run_id, "FINISHED", end)
    return run_id


def log_metrics(client: "MlflowClient", run_id: str, metrics: "Sequence[Metric]") -> None:
    """Log any number of metrics, in requests that MLflow takes."""
    for first in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[first : first + BATCH])


def log_data(client: "MlflowClient", run_id: str, data: Data) -> None:
    """Note what was trained on as the run's dataset."""
    import json

    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = json.dumps({"sha256": data.sha256})
    profile = json.dumps({"num_rows": data.windows})
    dataset = Dataset(data.name, data.sha256[:DIGEST], "local", source, profile=profile)
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])


def _tags(record: RunRecord) -> dict[str, str]:
    """Tags to group, filter and find runs by: the compare view groups seeds by `family`."""
    return {
        "family": record.family,
        "seed": str(record.seed),
        "stage": record.stage,
        "har.key": record.key,
        "har.model_sha256": record.model_sha256,
        "har.data_sha256": record.data.sha256,
        "har.activities": ",".join(record.activities),
        **origin(record.code, record.stage),
    }


def origin(code: Path, command: str) -> dict[str, str]:
    """Tags that say where a run comes from: the command, the commit of the checkout `code`, DVC's experiment."""
    import os

    tags = {"mlflow.source.name": f"har {command}", "mlflow.source.type": "LOCAL"}
    found = environment.commit(code)
    if found is not None:
        tags |= {"mlflow.source.git.commit": found[0], "git.dirty": str(found[1]).lower()}
    if "DVC_EXP_NAME" in os.environ:
        tags["dvc.experiment"] = os.environ["DVC_EXP_NAME"]
    return tags


def _same(known: float | None, value: float) -> bool:
    return known is not None and (known == value or (math.isnan(known) and math.isnan(value)))


def now_ms() -> int:
    """The time as MLflow counts it, in ms since 1970."""
    return time.time_ns() // 1_000_000
