"""What one dataset is: facts about its source, and the routes by which its recordings can be had."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from har.datasets.schema import Recording
from har.errors import HarError
from har.params import Download

Route = Callable[[Download, Path], list[Recording]]
"""Takes the download section of params.yaml and a folder for partial files, returns the recordings."""


@dataclass(frozen=True)
class Dataset:
    """One source of recordings.

    rate_hz: nominal rate of the source in Hz.
    test_subjects: the authors' where they split by subject; all others are for training and validation.
        Where people go on recording, params.yaml names them (`har.datasets.split.sides`).
    activities: the source's own label for each activity it has, to this project's word.
    content_sha256: `content_sha256` of the recordings, the same by every route; empty where people go on recording.
    routes: name of a route to the function that takes it.
    to_canonical: samples `[n, 6]` in the source's units and axes to m/s^2 and rad/s in Android's axes `[n, 6]`.
    licence: the sentence that a model trained on it carries.
    nobody: the subject of recordings that name nobody, and may be of anybody.
    """

    name: str
    rate_hz: float
    test_subjects: tuple[int, ...]
    activities: Mapping[int | str, str]
    content_sha256: str
    routes: Mapping[str, Route]
    to_canonical: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    licence: str
    nobody: int | None = None

    @property
    def published(self) -> bool:
        """Whether its content is known beforehand, rather than whatever was recorded so far."""
        return bool(self.content_sha256)

    def retrieve(self, route: str, settings: Download, cache: Path) -> list[Recording]:
        """Recordings by one route, checked against `content_sha256`; other content is a `HarError`."""
        if route not in self.routes:
            raise HarError(f"dataset {self.name} has no {route} route: choose from {', '.join(self.routes)}.")
        recordings = self.routes[route](settings, cache)
        found = content_sha256(recordings)
        if found != self.content_sha256:
            raise HarError(
                f"the recordings of {self.name} by the {route} route are not the published ones "
                f"(content hash {found[:12]}, expected {self.content_sha256[:12]}): use another route."
            )
        return recordings


def content_sha256(recordings: Sequence[Recording]) -> str:
    """SHA-256 of names, subjects, rates, samples and intervals, in hex, whatever file format they were kept in.

    Recordings count in the order of their names. Each is one line of JSON (which tells the number of samples,
    so that no two contents share a serialisation) followed by its samples as little-endian float64, row by row.
    """
    total = hashlib.sha256()
    for recording in sorted(recordings, key=lambda recording: recording.name):
        header = {
            "name": recording.name,
            "subject": recording.subject,
            "rate_hz": float(recording.rate_hz),
            "shape": recording.samples.shape,
            "intervals": [[item.activity, item.start, item.end] for item in recording.intervals],
        }
        total.update(json.dumps(header, sort_keys=True, separators=(",", ":")).encode() + b"\n")
        total.update(np.ascontiguousarray(recording.samples, dtype="<f8").data)
    return total.hexdigest()


def read_only(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples as a contiguous, write-protected array: recordings are shared, and nobody may change them."""
    frozen = np.ascontiguousarray(samples, dtype=np.float64)
    frozen.flags.writeable = False
    return frozen
