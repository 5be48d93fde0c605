"""Which samples will be in no window, and why: nothing is left out silently."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from har.datasets.schema import LABELS, Recording, word
from har.params import Preprocess

COLUMNS: Final = ("recording", "subject", "activity", "start", "end", "samples", "reason")
UNLABELLED: Final = "no label"
SHORT: Final = "interval shorter than a window"
REMAINDER: Final = "left over by the windows of an interval"
OTHER: Final = "activity not in the chosen set"

Row = tuple[str, int | str, str, int | str, int | str, int | str, str]


def rejects(recordings: Sequence[Recording], knobs: Preprocess, activities: Sequence[str] = LABELS) -> list[Row]:
    """Rows of `COLUMNS`, in samples of the source: the unlabelled samples, the intervals of other activities than the
    given ones and the left-over ends of intervals as one sum a recording each, every interval that is shorter than a
    window on its own.
    """
    return [row for recording in recordings for row in _of_recording(recording, knobs, activities)]


def files(rejected: Mapping[str, str]) -> list[Row]:
    """Rows of `COLUMNS` for files that were rejected whole: name of the file to the reason."""
    return [(name, "", "", "", "", "", f"file rejected: {reason}") for name, reason in sorted(rejected.items())]


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV with a header."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue()


def _of_recording(recording: Recording, knobs: Preprocess, activities: Sequence[str]) -> Iterator[Row]:
    ratio = recording.rate_hz / knobs.rate_hz
    window, step = round(knobs.window * ratio), round(knobs.step * ratio)
    chosen = [item for item in recording.intervals if word(item.activity, activities) in activities]
    other = sum(item.end - item.start for item in recording.intervals if item not in chosen)
    short = [item for item in chosen if item.end - item.start < window]
    remainder = sum((item.end - item.start - window) % step for item in chosen if item not in short)
    unlabelled = len(recording.samples) - sum(item.end - item.start for item in recording.intervals)
    if unlabelled:
        yield recording.name, recording.subject, "", "", "", unlabelled, UNLABELLED
    if other:
        yield recording.name, recording.subject, "", "", "", other, OTHER
    if remainder:
        yield recording.name, recording.subject, "", "", "", remainder, REMAINDER
    for item in short:
        samples = item.end - item.start
        yield recording.name, recording.subject, item.activity, item.start, item.end, samples, SHORT
