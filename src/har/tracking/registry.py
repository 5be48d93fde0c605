"""The registered model: its versions, and which of them is challenger, champion and previous champion."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from har import files
from har.errors import HarError
from har.tracking import packaging, runs
from har.tracking.store import Store, variables

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

CHALLENGER, CHAMPION, PREVIOUS = "challenger", "champion", "previous"
DIGEST = "har.candidate"  # tag of a version: the digest of its candidate
FILE = "har.sha256."  # prefix of a version's tags: the SHA-256 of one of its files
APPLIED = (
    "har.applied."  # prefix of a version's tags: the ledger entries (12 characters of the hash) that were acted on
)


@dataclass(frozen=True)
class Candidate:
    """A trained and exported model that could be promoted.

    experiment: the dataset's name. files: paths by the name that the registry gives them, `packaging.FILES`.
    data_sha256, params_sha256: of the windows it was trained on and the params that shaped it, in hex. metrics: what
    its version is tagged with. commit: of the code, as `environment.stamp` has it.
    """

    experiment: str
    files: Mapping[str, Path]
    data_sha256: str
    params_sha256: str
    metrics: Mapping[str, float]
    commit: str | None

    @cached_property
    def sha256(self) -> dict[str, str]:
        """SHA-256 of every file, in hex."""
        return {name: files.sha256(path) for name, path in self.files.items()}

    @cached_property
    def digest(self) -> str:
        """What makes it the same candidate: its TFLite files, its data and its params."""
        tflite = {name: value for name, value in self.sha256.items() if name.endswith(".tflite")}
        return files.digest({"files": tflite, "data": self.data_sha256, "params": self.params_sha256})


class Registry:
    """One registered model in the registry of a store."""

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = name
        self.client = store.client()

    def aliases(self) -> dict[str, str]:
        """The version behind each alias; empty where nothing was registered yet."""
        from mlflow.exceptions import MlflowException

        try:
            aliases = self.client.get_registered_model(self.name).aliases
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return {}
        return {alias: str(number) for alias, number in aliases.items()}  # numbers or text, as the store has it

    def version(self, number: str) -> "ModelVersion":
        """The version `number`. Raises `HarError` where it does not exist (any more)."""
        found = self._existing(number)
        if found is None:
            raise HarError(f"Version {number} of {self.name} is not in the registry: it was deleted there.")
        return found

    def holds(self, number: str, digest: str | None) -> bool:
        """Whether the version `number` exists here and was made of the candidate `digest`."""
        found = self._existing(number)
        return found is not None and found.tags.get(DIGEST) == digest

    def find(self, digest: str) -> str | None:
        """The version that was made of a candidate, or None."""
        query = f"name = '{self.name}' AND tags.`{DIGEST}` = '{digest}'"
        found = sorted(int(version.version) for version in self.client.search_model_versions(query))
        return str(found[0]) if found else None

    def register(self, candidate: Candidate) -> str:
        """The version of `candidate`, made where there is none, as challenger."""
        number = self.find(candidate.digest) or self._create(candidate)
        if self.aliases().get(CHALLENGER) != number:
            self.client.set_registered_model_alias(self.name, CHALLENGER, number)
        return number

    def move(self, entry: Mapping[str, Any]) -> None:
        """Move the aliases as a ledger entry says; may be repeated."""
        former = entry["former_version"]
        if former not in (None, entry["version"]) and self.holds(former, entry["former"]):
            self.client.set_registered_model_alias(self.name, PREVIOUS, former)
        self.client.set_registered_model_alias(self.name, CHAMPION, entry["version"])

    def note(self, entry: Mapping[str, Any]) -> None:
        """Note on the version that a ledger entry was carried out."""
        self.client.set_model_version_tag(self.name, entry["version"], _applied(entry), entry["decision"])

    def applied(self, entry: Mapping[str, Any]) -> bool:
        """Whether nothing is left to do for a ledger entry: it was carried out, or is not about a version of this
        registry, as where the store was moved away, or the entry is of another server.
        """
        found = self._existing(entry["version"])
        return found is None or found.tags.get(DIGEST) != entry["candidate"] or _applied(entry) in found.tags

    def download(self, number: str, names: tuple[str, ...], folder: Path) -> dict[str, Path]:
        """Fetch files of a version into `folder` and return their paths; one that is not there is left out."""
        from mlflow.artifacts import download_artifacts

        location = self.client.get_model_version_download_uri(self.name, number)
        found = {}
        for name in names:
            try:
                path = download_artifacts(
                    artifact_uri=f"{location.rstrip('/')}/artifacts/{name}",
                    dst_path=str(folder),
                    tracking_uri=self.store.tracking_uri,
                    registry_uri=self.store.registry_uri,
                )
            except Exception:  # each kind of artifact store has its own error for a missing file
                continue
            found[name] = Path(path)
        return found

    def differences(self, number: str, folder: Path) -> list[str]:
        """What differs between a version's files, fetched into `folder`, and the digests it was registered with."""
        tags = self.version(number).tags
        found = self.download(number, packaging.FILES, folder)
        what = f"version {number} of {self.name}"
        lines = []
        for name in packaging.FILES:
            if name not in found:
                lines.append(f"{name} of {what} is missing from the registry")
            elif files.sha256(found[name]) != tags.get(FILE + name):
                lines.append(f"{name} of {what} is not the file that was registered")
        return lines

    def champion_files(self, folder: Path) -> dict[str, Path]:
        """The champion's TFLite file and metadata in `folder`. Raises `HarError` where they are not as registered."""
        number = self.aliases().get(CHAMPION)
        if number is None:
            raise HarError(f"{self.name} has no champion yet: run `dvc repro` to promote one.")
        return self.checked_files(number, folder, "the champion", "run `har rollback`")

    def checked_files(self, number: str, folder: Path, role: str, instead: str) -> dict[str, Path]:
        """A version's TFLite file and metadata in `folder`. Raises `HarError` where they are not as registered, which
        names the version's `role` and what to do `instead` of restoring them.
        """
        tags = self.version(number).tags
        found = self.download(number, ("har.tflite", "metadata.json"), folder)
        for name in ("har.tflite", "metadata.json"):
            if name not in found or files.sha256(found[name]) != tags.get(FILE + name):
                raise HarError(
                    f"{name} of version {number} of {self.name}, {role}, is missing or not the file that was "
                    f"registered: restore it at {self.version(number).source} or {instead}."
                )
        return found

    def _existing(self, number: str) -> "ModelVersion | None":
        from mlflow.exceptions import MlflowException

        try:
            return self.client.get_model_version(self.name, number)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None

    def _create(self, candidate: Candidate) -> str:
        from mlflow.exceptions import MlflowException

        try:
            self.client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        run_id = runs.find_model(self.store, candidate.experiment, candidate.sha256["model.keras"])
        model_id = self._log_model(candidate, run_id)
        # To find the model behind models:/, MLflow looks into the store of the environment, not into the client's.
        with variables({"MLFLOW_TRACKING_URI": self.store.tracking_uri}):
            made = self.client.create_model_version(
                self.name, f"models:/{model_id}", run_id, tags=_tags(candidate), model_id=model_id
            )
        return str(made.version)

    def _log_model(self, candidate: Candidate, run_id: str | None) -> str:
        """Log the candidate as an MLflow model and return its id. What a killed attempt left is deleted first."""
        experiment = self.store.experiment(candidate.experiment)
        query = f"tags.`{DIGEST}` = '{candidate.digest}'"
        for leftover in self.client.search_logged_models([experiment], query):
            self.client.delete_logged_model(leftover.model_id)
        model = self.client.create_logged_model(experiment, self.name, run_id, tags={DIGEST: candidate.digest})
        with tempfile.TemporaryDirectory() as folder:
            packaging.save(candidate.files, Path(folder) / "model", model.model_id, run_id)
            self.client.log_model_artifacts(model.model_id, str(Path(folder) / "model"))
        self.client.finalize_logged_model(model.model_id, "READY")
        if run_id is not None:
            from mlflow.entities import LoggedModelOutput

            self.client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
        return str(model.model_id)


def _tags(candidate: Candidate) -> dict[str, str]:
    tags = {DIGEST: candidate.digest, "data.sha256": candidate.data_sha256, "params.sha256": candidate.params_sha256}
    tags |= {FILE + name: value for name, value in candidate.sha256.items()}
    tags |= {name: f"{value:.6g}" for name, value in candidate.metrics.items()}
    return tags if candidate.commit is None else tags | {"git.commit": candidate.commit}


def _applied(entry: Mapping[str, Any]) -> str:
    return APPLIED + str(entry["hash"])[:12]
