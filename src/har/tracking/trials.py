"""A search in MLflow: one parent run that grows by a child a trial, each logged once however often it is resumed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from har.tracking import environment
from har.tracking.runs import Data, log_data, now_ms, origin, with_tag
from har.tracking.store import Store
from har.tracking.studies import Child, log_child, log_params, log_values

OVER = ("FINISHED", "FAILED")  # status of a run that is logged whole
DESCRIBED = "har.described"  # tag of a parent whose params are all logged: a killed process leaves one without
NUMBER = "har.trial"  # tag of a child: the number of its trial


class HasNumber(Protocol):
    """A trial, as far as it matters here."""

    @property
    def number(self) -> int:
        """Which one it is, counted from 0."""


Numbered = TypeVar("Numbered", bound=HasNumber)


@dataclass(frozen=True)
class Search:
    """One search. experiment: kept apart from the pipeline's. key: digest of what its trials follow from."""

    experiment: str
    kind: str
    family: str
    name: str
    key: str
    params: Mapping[str, Any]
    data: Data
    code: Path = Path()

    @property
    def tags(self) -> dict[str, str]:
        """Tags that the parent and its children share."""
        return {"family": self.family, "stage": self.kind, **origin(self.code, self.kind)}


def parent(store: Store, search: Search) -> str:
    """The id of the parent run of `search`, made where there is none yet, with all that is known before a trial."""
    experiment, client = store.experiment(search.experiment), store.client()
    with store.writing():
        runs = with_tag(client, experiment, "har.key", search.key)
        run = (
            runs[0]
            if runs
            else client.create_run(experiment, now_ms(), search.tags | {"har.key": search.key}, search.name)
        )
        run_id = str(run.info.run_id)
        if DESCRIBED not in run.data.tags:
            log_params(client, run_id, {"family": search.family, **search.params})
            log_data(client, run_id, search.data)
            client.log_dict(run_id, environment.describe(), "environment.json")
            client.set_tag(run_id, DESCRIBED, "true")
    return run_id


def ensure(
    store: Store, search: Search, run_id: str, trials: Sequence[Numbered], child: Callable[[Numbered], Child]
) -> None:
    """Log, as `child` describes them, the trials that the parent `run_id` has no whole run of yet.

    What a killed process left unfinished is deleted first, in a store of this machine's own.
    """
    experiment, client = store.experiment(search.experiment), store.client()
    with store.writing():
        known = set()
        for run in with_tag(client, experiment, "mlflow.parentRunId", run_id):
            if run.info.status in OVER:
                known.add(run.data.tags[NUMBER])
            elif store.own:
                client.delete_run(run.info.run_id)
        for trial in trials:
            if str(trial.number) not in known:
                own = {"mlflow.parentRunId": run_id, NUMBER: str(trial.number)}
                log_child(client, experiment, child(trial), search.tags | own)


def finish(store: Store, run_id: str, metrics: Mapping[str, float], artifacts: tuple[Path, ...]) -> None:
    """Note on the parent what was found, and that nothing runs any more; may be repeated."""
    client = store.client()
    with store.writing():
        log_values(client, run_id, metrics)
        for path in artifacts:
            client.log_artifact(run_id, str(path))
        client.set_terminated(run_id, "FINISHED", now_ms())
