"""A model that could be promoted, and what its version in the registry says of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from har import files

DIGEST = "har.candidate"  # tag of a version: the digest of its candidate
FILE = "har.sha256."  # prefix of a version's tags: the SHA-256 of one of its files


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

    @property
    def tags(self) -> dict[str, str]:
        """What its version is tagged with."""
        tags = {DIGEST: self.digest, "data.sha256": self.data_sha256, "params.sha256": self.params_sha256}
        tags |= {FILE + name: value for name, value in self.sha256.items()}
        tags |= {name: f"{value:.6g}" for name, value in self.metrics.items()}
        return tags if self.commit is None else tags | {"git.commit": self.commit}
