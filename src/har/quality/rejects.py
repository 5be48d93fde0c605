"""Which samples will be in no window, and why: nothing is left out silently."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from har.datasets.schema import Interval, Recording
from har.params import Preprocess

COLUMNS: Final = ("recording", "subject", "activity", "start", "end", "samples", "reason")
UNLABELLED: Final = "no label"
SHORT: Final = "interval shorter than a window"
REMAINDER: Final = "left over by the windows of an interval"

Row = tuple[str, int, str, int | str, int | str, int, str]


def rejects(recordings: Sequence[Recording], knobs: Preprocess) -> list[Row]:
    """Rows of `COLUMNS`, in samples of the source: the unlabelled samples and the left-over ends of intervals as one
    sum a recording, every interval that is shorter than a window on its own.
    """
    return [row for recording in recordings for row in _of_recording(recording, knobs)]


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV with a header."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue()


def _of_recording(recording: Recording, knobs: Preprocess) -> Iterator[Row]:
    ratio = recording.rate_hz / knobs.rate_hz
    window, step = round(knobs.window * ratio), round(knobs.step * ratio)
    short = [item for item in recording.intervals if item.end - item.start < window]
    remainder = sum(_remainder(item, window, step) for item in recording.intervals if item not in short)
    unlabelled = len(recording.samples) - sum(item.end - item.start for item in recording.intervals)
    if unlabelled:
        yield recording.name, recording.subject, "", "", "", unlabelled, UNLABELLED
    if remainder:
        yield recording.name, recording.subject, "", "", "", remainder, REMAINDER
    for item in short:
        samples = item.end - item.start
        yield recording.name, recording.subject, item.activity, item.start, item.end, samples, SHORT


def _remainder(interval: Interval, window: int, step: int) -> int:
    """Samples in no window of an interval that holds at least one: its end, and gaps where steps exceed windows."""
    beyond_first = interval.end - interval.start - window
    return beyond_first - beyond_first // step * min(step, window)
