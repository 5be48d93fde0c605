"""The registered model: its versions, and which of them is challenger, champion and previous champion."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from har import files
from har.errors import HarError
from har.tracking import lease, outage, packaging, runs
from har.tracking.candidate import DIGEST, FILE, Candidate
from har.tracking.store import Store, variables

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

JUDGED = ("har.tflite", "har-web.tflite", "metadata.json")  # what the gate and whoever uses a version need of it
CHALLENGER, CHAMPION, PREVIOUS = "challenger", "champion", "previous"
APPLIED = "har.applied."  # prefix of a version's tags: the ledger entries that were acted on, by their hash
HASH = 12  # characters of that hash
WITHDRAWN = "withdrawn"  # in place of an entry that was taken back: deleting is not for everybody
ENTRY = "har.ledger."  # prefix of a version's tags in a shared registry: the ledger entries about it, whole


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

    @contextmanager
    def turn(self) -> Iterator[lease.Turn | None]:
        """Be the only one who decides about this model, on all machines that use a shared registry."""
        with self.store.writing():
            if not self.store.shared:
                yield None
            else:
                self._make_model()
                with lease.turn(self.client, self.name) as mine:
                    yield mine

    def versions(self) -> "list[ModelVersion]":
        """All versions, the newest first."""
        found: list[ModelVersion] = []
        token: str | None = ""
        while token is not None:
            page = self.client.search_model_versions(f"name = '{self.name}'", page_token=token or None)
            found, token = found + list(page), page.token or None
        return sorted(found, key=lambda version: -int(version.version))

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

    def register(self, candidate: Candidate, permit: Callable[[], None]) -> str:
        """The version of `candidate`, made where there is none, as challenger, after a call of `permit`."""
        number = self.find(candidate.digest) or self._create(candidate)
        if self.aliases().get(CHALLENGER) != number:
            permit()
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
        self.client.set_model_version_tag(self.name, entry["version"], applied_tag(entry), entry["decision"])

    def publish(self, entry: Mapping[str, Any]) -> None:
        """Write a ledger entry down in the registry, where every machine that uses it finds it.

        Raises `HarError` where somebody published another entry of the same number, as two may do who both took the
        other's turn for abandoned; this one is taken back then.
        """
        key = f"{ENTRY}{entry['sequence']:06d}.{str(entry['hash'])[:HASH]}"
        self.client.set_model_version_tag(self.name, entry["version"], key, json.dumps(entry, sort_keys=True))
        if [one["hash"] for one in self.published() if one["sequence"] == entry["sequence"]] != [entry["hash"]]:
            self.client.set_model_version_tag(self.name, entry["version"], key, WITHDRAWN)
            raise HarError(
                f"Nothing was decided about {self.name}: somebody else decided at the same moment. Run the same "
                "command again."
            )

    def published(self) -> list[dict[str, Any]]:
        """The ledger entries that a shared registry knows; a local one leaves them to the file beside it."""
        if not self.store.shared:
            return []
        tags = [tag for version in self.versions() for tag in version.tags.items()]
        return [json.loads(value) for key, value in tags if key.startswith(ENTRY) and value != WITHDRAWN]

    def applied(self, entry: Mapping[str, Any]) -> bool:
        """Whether nothing is left to do for a ledger entry: it was carried out, or is not about a version of this
        registry, as where the store was moved away, or the entry is of another server.
        """
        found = self._existing(entry["version"])
        return found is None or found.tags.get(DIGEST) != entry["candidate"] or applied_tag(entry) in found.tags

    def download(self, number: str, names: tuple[str, ...], folder: Path) -> dict[str, Path]:
        """Fetch files of a version into `folder` and return their paths; one that is not there is left out.

        Raises `HarError` where the store of artifacts does not answer.
        """
        from mlflow.artifacts import download_artifacts, list_artifacts

        location = f"{self.client.get_model_version_download_uri(self.name, number).rstrip('/')}/artifacts"
        try:
            there = {Path(found.path).name for found in list_artifacts(location, tracking_uri=self.store.tracking_uri)}
            return {
                name: Path(
                    download_artifacts(
                        artifact_uri=f"{location}/{name}",
                        dst_path=str(folder),
                        tracking_uri=self.store.tracking_uri,
                        registry_uri=self.store.registry_uri,
                    )
                )
                for name in names
                if name in there
            }
        except Exception as error:  # each kind of artifact store has errors of its own
            raise outage.failed(self.store, error) from error

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

    def checked_files(
        self, number: str, folder: Path, role: str, instead: str, names: tuple[str, ...] = JUDGED
    ) -> dict[str, Path]:
        """Files of a version in `folder`. Raises `HarError` where they are not as registered, which names the
        version's `role` and what to do `instead` of restoring them.
        """
        tags = self.version(number).tags
        found = self.download(number, names, folder)
        for name in names:
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

    def _make_model(self) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self.client.get_registered_model(self.name)
        except MlflowException as missing:
            if missing.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            try:
                self.client.create_registered_model(self.name)
            except MlflowException as error:  # another process was faster
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise

    def _create(self, candidate: Candidate) -> str:
        self._make_model()
        run_id = runs.find_model(self.store, candidate.experiment, candidate.sha256["model.keras"])
        model_id = self._log_model(candidate, run_id)
        # To find the model behind models:/, MLflow looks into the store of the environment, not into the client's.
        with variables({"MLFLOW_TRACKING_URI": self.store.tracking_uri}):
            made = self.client.create_model_version(
                self.name, f"models:/{model_id}", run_id, tags=candidate.tags, model_id=model_id
            )
        return str(made.version)

    def _log_model(self, candidate: Candidate, run_id: str | None) -> str:
        """Log the candidate as an MLflow model and return its id. What a killed attempt left is completed."""
        experiment = self.store.experiment(candidate.experiment)
        query = f"tags.`{DIGEST}` = '{candidate.digest}'"
        begun = self.client.search_logged_models([experiment], query)
        model = (
            begun[0]
            if begun
            else self.client.create_logged_model(experiment, self.name, run_id, tags={DIGEST: candidate.digest})
        )
        with tempfile.TemporaryDirectory() as folder:
            packaging.save(candidate.files, Path(folder) / "model", model.model_id, run_id)
            self.client.log_model_artifacts(model.model_id, str(Path(folder) / "model"))
        self.client.finalize_logged_model(model.model_id, "READY")
        if run_id is not None:
            from mlflow.entities import LoggedModelOutput

            self.client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
        return str(model.model_id)


def applied_tag(entry: Mapping[str, Any]) -> str:
    """The tag of a version that says that a ledger entry was carried out."""
    return APPLIED + str(entry["hash"])[:HASH]
