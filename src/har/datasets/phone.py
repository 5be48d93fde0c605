"""Phone: what people recorded with this project's page, or put into `data/recordings` by hand.

The files' format is described in docs/recording-format.md. Whoever records a file joins the data set; nothing of it is
published.
"""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.datasets import canonical, recording_file, store
from har.datasets.canonical import NOTHING_STATED
from har.datasets.dataset import Dataset, read_only
from har.datasets.schema import LABELS, Interval, Recording
from har.errors import HarError

RATE_HZ: Final = 50.0  # that files are resampled to
SUBJECT: Final = "subject"  # the header's key for a person's name
# Six digits, so that no number is also one of HAPT's (1 to 30) or MotionSense's (101 to 124) people.
NOBODY: Final = 100_000  # of all recordings that name nobody
LAST_NUMBER: Final = 999_999
REJECTED: Final = "rejected.json"  # beside the recordings: name of a file that is left out, to the reason


@dataclass
class Collection:
    """What a folder of recordings holds.

    recordings: by name, in canonical units at `RATE_HZ`. files: name of a recording to its file's name.
    people: name of a person, as written, to number. rejected: name of a file to the reason, in one sentence.
    """

    recordings: list[Recording] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)


def collect(folder: Path) -> Collection:
    """Read every file of `folder`, hidden ones left out; one that cannot be read is rejected and the others go on.

    Two people with one number are a `HarError` that names both.
    """
    found = Collection()
    contents: dict[str, str] = {}
    for path in sorted(path for path in folder.glob("*") if not path.name.startswith(".")):
        try:
            person, recording = read(path)
            content = hashlib.sha256(recording.samples.data).hexdigest()
            if twin := contents.get(content) or found.files.get(recording.name):
                raise HarError(f"{path} is the same recording as {twin}, or has its name: keep one of them.")
        except HarError as error:
            found.rejected[path.name] = str(error)
            continue
        contents[content] = found.files[recording.name] = path.name
        found.recordings.append(recording)
        if person:
            found.people[person] = recording.subject
    _check_numbers(found.people)
    return found


def read(path: Path) -> tuple[str, Recording]:
    """The person's name, empty where the file names nobody, and the recording in canonical units at `RATE_HZ`.

    A file that is not as docs/recording-format.md describes is a `HarError`.
    """
    if not store.can_name(path.stem):
        raise HarError(f"{path}: use only letters, digits, dots, hyphens and underscores in the name of the file.")
    file = recording_file.read(path)
    # Interpolation lets what stands still waver in its last bits, so that a stuck sensor would go unnoticed. Windows
    # are of single precision anyway.
    samples = canonical.samples(file, RATE_HZ, NOTHING_STATED).astype(np.float32).astype(np.float64)
    person = " ".join(file.header.get(SUBJECT, "").split())
    labels = _on_grid(file, len(samples))
    return person, Recording(path.stem, number(person), RATE_HZ, read_only(samples), _runs(labels))


def number(person: str) -> int:
    """A number for a person, from the name alone: the same whoever else records, `NOBODY` without a name.

    Case, spaces and the way an accent is encoded do not matter.
    """
    name = _spelt(person)
    if not name:
        return NOBODY
    digest = hashlib.sha256(name.encode()).digest()
    return NOBODY + 1 + int.from_bytes(digest[:8]) % (LAST_NUMBER - NOBODY)


def _spelt(person: str) -> str:
    """A name as it is compared with others."""
    return " ".join(unicodedata.normalize("NFKC", person).casefold().split())


def _check_numbers(people: dict[str, int]) -> None:
    """Refuse two people with one number; two spellings of one name are one person."""
    known: dict[int, str] = {}
    for person, of_person in people.items():
        other = known.setdefault(of_person, person)
        if _spelt(other) != _spelt(person):
            raise HarError(
                f"data/recordings: the subjects {other!r} and {person!r} come to the same number, {of_person}: "
                "write one of them with a second name in the headers of its files."
            )


def _on_grid(file: recording_file.RecordingFile, count: int) -> NDArray[np.str_]:
    """The activity of each of `count` samples at `RATE_HZ`: that of the latest row, `[count]`."""
    if file.activities is None:
        return np.full(count, "")
    times = canonical.clock(file, NOTHING_STATED)
    grid = (np.arange(count) + canonical.ON_GRID) / RATE_HZ  # a row that misses the grid by that much is still on it
    return file.activities[np.searchsorted(times, grid, side="right") - 1]


def _runs(labels: NDArray[np.str_]) -> tuple[Interval, ...]:
    """Intervals of equal labels `[n]`; what has none is in no interval."""
    bounds = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    starts, ends = [0, *bounds.tolist()], [*bounds.tolist(), len(labels)]
    return tuple(
        Interval(str(labels[start]), start, end) for start, end in zip(starts, ends, strict=True) if labels[start]
    )


def to_canonical(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples `[n, 6]` as they are: `read` has made them canonical, as each file states its own units and axes."""
    return samples


DATASET: Final = Dataset(
    name="phone",
    rate_hz=RATE_HZ,
    test_subjects=(),  # those of preprocess.test_subjects
    activities={label: label for label in LABELS},
    content_sha256="",
    routes={},  # the stage `collect` brings it
    to_canonical=to_canonical,
    licence="Trained on recordings that people made for this project; ask them before you pass it on.",
    nobody=NOBODY,
)
