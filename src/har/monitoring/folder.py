"""From a folder of recordings to windows with features and answers, and what is to be said of the files."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError
from har.monitoring import arrivals, collection, watched
from har.monitoring.arrivals import Arrival
from har.monitoring.batch import Batch
from har.monitoring.finding import Finding
from har.monitoring.reference import Reference
from har.params import Monitor
from har.signals import features

Answer = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Probabilities `[n, a]` of windows `[n, window, 6]` (m/s^2 with gravity, rad/s)."""


def read(folder: Path, reference: Reference, answer: Answer, knobs: Monitor) -> tuple[Batch, list[Finding]]:
    """Windows of all recordings of a folder, cut as the reference's were, and findings about the files.

    Raises: HarError where no file can be read, or none lasts for a window.
    """
    found: list[Arrival] = []
    refused: dict[str, str] = {}
    for path in arrivals.paths_in(folder):
        name = path.relative_to(folder).as_posix()
        try:
            found.append(arrivals.read(path, name, reference.rate_hz))
        except HarError as error:
            refused[name] = str(error)
    if not found:
        raise HarError(f"{folder}: none of its files can be read as a recording: {next(iter(refused.values()))}")
    parts = {item.name: arrivals.windows_of(item.pieces, reference.window, reference.step) for item in found}
    if not any(map(len, parts.values())):
        need = reference.window / reference.rate_hz
        raise HarError(f"{folder}: no recording lasts for {need:.2f} s without a gap: record for longer.")
    batch = _batch(parts, reference, answer)
    return batch, collection.find(found, refused, reference.rate_hz, knobs)


def chosen(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of all features `[n, F]`, the watched ones `[n, f]`."""
    names = features.names()
    return np.ascontiguousarray(columns[:, [names.index(name) for name in watched.names()]])


def extract(windows: NDArray[np.float32], rate_hz: float, filters: Mapping[str, float]) -> NDArray[np.float32]:
    """The watched features `[n, f]` of windows `[n, window, 6]`; filters: in front of them, as in `Reference`."""
    columns = features.extract(
        windows,
        rate_hz,
        median_samples=int(filters["median_samples"]),
        noise_cutoff_hz=filters["noise_cutoff_hz"],
        gravity_cutoff_hz=filters["gravity_cutoff_hz"],
    )
    return chosen(columns)


def _batch(parts: Mapping[str, NDArray[np.float32]], reference: Reference, answer: Answer) -> Batch:
    x = np.concatenate(list(parts.values()))
    sources = np.repeat(list(parts), [len(part) for part in parts.values()])
    return Batch(extract(x, reference.rate_hz, reference.filters), answer(x), sources, reference.activities)
