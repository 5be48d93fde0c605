"""Labelling a recording with a model's file: a table of intervals or of windows.

Tables are columns of NumPy arrays, which `pandas.DataFrame` takes as they are: importing pandas here would cost more
time than labelling a file.
"""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, Union

import numpy as np
from numpy.typing import NDArray

from har.datasets import canonical, recording_file
from har.datasets.canonical import NOTHING_STATED, Stated
from har.errors import HarError
from har.export.metadata import Metadata
from har.export.runtime import Runner
from har.files import replacing
from har.signals.windows import cut

if TYPE_CHECKING:
    from har.live.network_runner import NetworkRunner
    from har.models.families.scratch_mlp import Origin

Columns = dict[str, NDArray[Any]]
About = Union[Metadata, "Origin"]
"""What a model's file says about the windows that it takes, and the names of its answers."""


def predict(file: Path, model: Path, *, windows: bool = False, stated: Stated = NOTHING_STATED) -> Columns:
    """Label the recording `file` with the file `model`, TFLite or JSON; returns a table, column by column.

    windows: one row a window instead of one row an interval (`window_table`, `interval_table`). stated: what is known
    of the recording and overrides its header. Raises `HarError` for input that cannot be read or be right, and for a
    recording shorter than one window.
    """
    runner = _open(model)
    about = runner.metadata
    samples = canonical.samples(recording_file.read(file), about.rate_hz, stated)
    if len(samples) < about.window:
        raise HarError(
            f"{file} lasts {len(samples) / about.rate_hz:.2f} s and one window needs "
            f"{about.window / about.rate_hz:.2f} s: record for longer."
        )
    probabilities = runner.probabilities(cut(samples, about.window, about.step))
    return window_table(probabilities, about) if windows else interval_table(probabilities, about)


def run(
    file: Path, model: Path, *, windows: bool = False, output: Path | None = None, stated: Stated = NOTHING_STATED
) -> None:
    """Label `file` and print the table: for people on a terminal, as CSV elsewhere; into `output` (CSV) if given."""
    if output is not None and output.resolve() in (file.resolve(), model.resolve()):
        raise HarError(f"{output} is an input: name another file for the output.")
    table = predict(file, model, windows=windows, stated=stated)
    if output is not None:
        with replacing(output) as temporary, temporary.open("w", encoding="utf-8", newline="") as text:
            _write_csv(table, text)
    elif sys.stdout.isatty():
        _show(table, file.name)
    else:
        _write_csv(table, sys.stdout)


def _open(model: Path) -> "Runner | NetworkRunner":
    if model.suffix.lower() != ".json":
        return Runner(model)
    from har.live.network_runner import NetworkRunner  # brings scipy.signal, which a TFLite model does not need

    return NetworkRunner(model)


def window_table(probabilities: NDArray[np.float32], about: About) -> Columns:
    """One row a window of `probabilities [n, a]`: start_s, end_s (s), activity, confidence and `p_<activity>` each.

    Confidence is the probability of the activity that is named.
    """
    starts = np.arange(len(probabilities)) * about.step
    table = _table(starts, starts + about.window, probabilities, probabilities.argmax(axis=1), about)
    return table | {f"p_{activity}": probabilities[:, index] for index, activity in enumerate(about.activities)}


def interval_table(probabilities: NDArray[np.float32], about: About) -> Columns:
    """One row a stretch of equal activity: start_s, end_s (s), activity, confidence.

    Where windows overlap, their `probabilities [n, a]` are averaged; neighbours of equal activity are merged.
    Confidence is the mean probability of that activity over the interval.
    """
    edges, means = _averaged(probabilities, about.window, about.step)
    named = means.argmax(axis=1)
    first = np.flatnonzero(np.diff(named, prepend=-1))
    starts, ends = edges[first], np.append(edges[first[1:]], edges[-1])
    sums = np.add.reduceat(means * np.diff(edges)[:, None], first)
    return _table(starts, ends, sums / (ends - starts)[:, None], named[first], about)


def _averaged(
    probabilities: NDArray[np.float32], window: int, step: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Edges `[s + 1]` (samples) between which the same windows overlap, and the mean `[s, a]` of those windows."""
    starts = np.arange(len(probabilities), dtype=np.int64) * step
    ends = starts + window
    edges = np.union1d(starts, ends)
    first = np.searchsorted(ends, edges[:-1], side="right")
    last = np.searchsorted(starts, edges[:-1], side="right")
    totals = np.cumsum(probabilities, axis=0, dtype=np.float64)
    totals = np.concatenate([np.zeros_like(totals[:1]), totals])
    return edges, (totals[last] - totals[first]) / (last - first)[:, None]


def _table(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    probabilities: NDArray[np.floating[Any]],
    named: NDArray[np.int64],
    about: About,
) -> Columns:
    """Columns start_s, end_s (s, to the microsecond), activity and confidence `[n]`, of samples and indices `[n]`."""
    return {
        "start_s": np.round(starts / about.rate_hz, 6),
        "end_s": np.round(ends / about.rate_hz, 6),
        "activity": np.array(about.activities)[named],
        "confidence": probabilities[np.arange(len(named)), named].astype(np.float32),
    }


def _write_csv(table: Columns, text: TextIO) -> None:
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))


def _show(table: Columns, title: str) -> None:
    """Print the table for people."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title)
    for name in table:
        heading = name.removesuffix("_s").removeprefix("p_").replace("_", " ")
        shown.add_column(heading, justify="left" if name == "activity" else "right")
    for row in zip(*table.values(), strict=True):
        shown.add_row(*(_cell(name, value) for name, value in zip(table, row, strict=True)))
    Console().print(shown)


def _cell(name: str, value: Any) -> str:
    if name == "activity":
        return str(value).replace("_", " ")
    return f"{value:.2f} s" if name.endswith("_s") else f"{value:.0%}"
