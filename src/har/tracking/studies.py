"""A study in MLflow: one parent run with a child a model, logged once however often the study is run again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from har import files
from har.errors import HarError
from har.tracking import environment
from har.tracking.runs import SMALL_BATCH, Data, log_data, log_metrics, now_ms, origin, with_tag
from har.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Child:
    """One model of a study: what sets it apart, what it scored, and how it was trained.

    history: one value an epoch, in order. duration_s: seconds of training, not part of the key. failed: whether its
    training failed.
    """

    name: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    history: Mapping[str, Sequence[float]]
    duration_s: float
    model_sha256: str
    failed: bool = False


@dataclass(frozen=True)
class Study:
    """All that is known of one study. experiment: kept apart from the pipeline's. artifacts: small files."""

    experiment: str
    kind: str
    family: str
    name: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    data: Data
    children: tuple[Child, ...]
    artifacts: tuple[Path, ...] = ()
    code: Path = Path()

    @cached_property
    def key(self) -> str:
        """Digest of what the study follows from and of what it found."""
        return files.digest(
            {
                "kind": self.kind,
                "name": self.name,
                "params": {name: str(value) for name, value in self.params.items()},
                "metrics": dict(self.metrics),
                "data": asdict(self.data),
                "children": [
                    [child.name, {name: str(value) for name, value in child.params.items()}, child.model_sha256]
                    for child in self.children
                ],
            }
        )


def ensure(store: Store, study: Study) -> str:
    """The id of the parent run of `study`: the finished one where there is one, else one that is logged now.

    What a killed process left unfinished under the same key is deleted first, children and all, in a store of this
    machine's own: on a server, another machine may be writing it. Raises `HarError` where a metric is not a number.
    """
    _check(study)
    experiment = store.experiment(study.experiment)
    client = store.client()
    with store.writing():
        for run in with_tag(client, experiment, "har.key", study.key):
            if run.info.status == "FINISHED":
                return str(run.info.run_id)
            if store.own:
                for child in with_tag(client, experiment, "mlflow.parentRunId", run.info.run_id):
                    client.delete_run(child.info.run_id)
                client.delete_run(run.info.run_id)
        return _log(client, experiment, study)


def _check(study: Study) -> None:
    for name, metrics in ((study.name, study.metrics), *((child.name, child.metrics) for child in study.children)):
        lonely = [metric for metric, value in metrics.items() if not math.isfinite(value)]
        if lonely:
            raise HarError(f"{name}: the metric {lonely[0]} is not a finite number: see to train.{study.family}.")


def _log(client: "MlflowClient", experiment: str, study: Study) -> str:
    tags = {"family": study.family, "stage": study.kind, **origin(study.code, study.kind)}
    start = now_ms()
    run_id: str = client.create_run(experiment, start, tags | {"har.key": study.key}, study.name).info.run_id
    for child in study.children:
        log_child(client, experiment, child, tags | {"mlflow.parentRunId": run_id})
    log_params(client, run_id, {"family": study.family, **study.params})
    log_values(client, run_id, study.metrics)
    log_data(client, run_id, study.data)
    client.log_dict(run_id, environment.describe(), "environment.json")
    for path in study.artifacts:
        client.log_artifact(run_id, str(path))
    client.set_terminated(run_id, "FINISHED", now_ms())
    return run_id


def log_child(client: "MlflowClient", experiment: str, child: Child, tags: dict[str, str]) -> None:
    """Log one model as a run of its own; `tags` name its parent."""
    from mlflow.entities import Metric

    end = now_ms()
    own = tags | {"har.model_sha256": child.model_sha256}
    run_id = client.create_run(experiment, end - round(1000 * child.duration_s), own, child.name).info.run_id
    log_params(client, run_id, child.params)
    epochs = [
        Metric(name, float(value), end, epoch)
        for name, values in child.history.items()
        for epoch, value in enumerate(values, start=1)
    ]
    log_metrics(client, run_id, epochs)
    log_values(client, run_id, {**child.metrics, "duration_s": child.duration_s})
    client.set_terminated(run_id, "FAILED" if child.failed else "FINISHED", end)


def log_params(client: "MlflowClient", run_id: str, params: Mapping[str, Any]) -> None:
    """Log any number of params, in requests that MLflow takes."""
    from mlflow.entities import Param

    entities = [Param(name, str(value)) for name, value in params.items()]
    for first in range(0, len(entities), SMALL_BATCH):
        client.log_batch(run_id, params=entities[first : first + SMALL_BATCH])


def log_values(client: "MlflowClient", run_id: str, metrics: Mapping[str, float]) -> None:
    """Log metrics that have one value each."""
    from mlflow.entities import Metric

    log_metrics(client, run_id, [Metric(name, float(value), now_ms(), 0) for name, value in metrics.items()])
