"""Reading a recording from CSV or Parquet as it stands: columns of numbers, and what the header states about them.

The format is described in docs/recording-format.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.datasets.schema import CHANNELS
from har.errors import HarError

CLOCKS: Final = {"t": 1.0, "timestamp": 1e-3}  # column of times -> seconds a unit; the first one present is read
ACTIVITY: Final = "activity"  # column of labels


@dataclass(frozen=True)
class RecordingFile:
    """What a file holds, nothing converted but the times.

    header: key -> text, as stated. times: `[n]` s from the first sample, or None without a column of times.
    samples: `[n, 6]`, columns as in `CHANNELS`, in the units that the header states.
    activities: `[n]` words, empty where a row has none, or None without a column of activities.
    """

    path: Path
    header: dict[str, str]
    times: NDArray[np.float64] | None
    samples: NDArray[np.float64]
    activities: NDArray[np.str_] | None = None


def read(path: Path) -> RecordingFile:
    """Read `path`, a `.csv` or `.parquet` file.

    Raises `HarError`, with file, row and column, for a file that is missing or broken, a missing column, a cell that
    is empty, not a number or not finite, and times that do not increase. Rows count from 1, below the column names.
    """
    readers: dict[str, Callable[[Path], tuple[dict[str, str], Any]]] = {".csv": _read_csv, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise HarError(f"{path} is neither .csv nor .parquet: convert it (docs/recording-format.md describes both).")
    if not path.is_file():
        raise HarError(f"{path} is not there: name an existing recording.")
    header, table = readers[path.suffix.lower()](path)
    if not table.num_rows:
        raise HarError(f"{path} has no rows below its column names: record again.")
    samples = np.column_stack([_numbers(path, table, name) for name in CHANNELS])
    clock = next((name for name in CLOCKS if name in table.column_names), None)
    times = None if clock is None else _times(path, table, clock)
    return RecordingFile(path, header, times, samples, _words(path, table))


def _read_csv(path: Path) -> tuple[dict[str, str], Any]:
    """Header and table of a CSV file; types are inferred, so that only a faulty column arrives as text."""
    import pyarrow as pa
    from pyarrow import csv

    ragged: list[Any] = []

    def skip(row: Any) -> str:
        ragged.append(row)
        return "skip"

    try:
        with path.open(encoding="utf-8-sig") as file:
            comments = list(takewhile(lambda line: line.startswith("#"), file))
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(skip_rows=len(comments), use_threads=False),
            parse_options=csv.ParseOptions(invalid_row_handler=skip),
            convert_options=csv.ConvertOptions(null_values=[""]),
        )
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise HarError(f"{path} cannot be read as CSV in UTF-8 ({_line(error)}): save it as such.") from error
    if ragged:
        raise HarError(
            f"{path}: row {ragged[0].number - len(comments) - 1} has {ragged[0].actual_columns} cells and the line of "
            f"column names {ragged[0].expected_columns}: mend or remove that row."
        )
    stated = (comment.lstrip("# ").partition(":") for comment in comments)
    header = {key.strip(): text.strip() for key, colon, text in stated if colon}
    return header, table.rename_columns([name.strip() for name in table.column_names])


def _read_parquet(path: Path) -> tuple[dict[str, str], Any]:
    """Header (the schema's metadata) and table of a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path).read()
    except (OSError, pa.ArrowInvalid) as error:
        raise HarError(f"{path} cannot be read as Parquet ({_line(error)}): write it again.") from error
    stated = table.schema.metadata or {}
    return {key.decode(errors="replace"): text.decode(errors="replace") for key, text in stated.items()}, table


def _column(path: Path, table: Any, name: str) -> Any:
    if table.column_names.count(name) != 1:
        raise HarError(f"{path} needs the column {name} once: it has {', '.join(table.column_names)}.")
    return table.column(name)


def _words(path: Path, table: Any) -> NDArray[np.str_] | None:
    """The column of activities `[n]`, without spaces around its words."""
    if ACTIVITY not in table.column_names:
        return None
    cells = _column(path, table, ACTIVITY).to_pylist()
    return np.array(["" if cell is None else str(cell).strip() for cell in cells])


def _numbers(path: Path, table: Any, name: str) -> NDArray[np.float64]:
    """Column `name` as `[n]` finite numbers."""
    import pyarrow as pa

    column = _column(path, table, name)
    try:
        numbers = column.cast(pa.float64())
        faulty = numbers.null_count > 0
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        faulty = True
    if faulty:
        row, cell = next((row, cell) for row, cell in enumerate(column, 1) if not _is_number(cell))
        shown = repr(str(cell)) if cell.is_valid else "an empty cell"
        raise HarError(f"{path}: row {row}, column {name} holds {shown}: it must be a number.")
    # By DLPack, since pyarrow's own conversions import pandas, which costs more than all the rest.
    values = np.asarray(np.from_dlpack(numbers.combine_chunks()), dtype=np.float64)
    endless = np.flatnonzero(~np.isfinite(values))
    if len(endless):
        row = int(endless[0])
        raise HarError(f"{path}: row {row + 1}, column {name} holds {values[row]}: it must be a finite number.")
    return values


def _is_number(cell: Any) -> bool:
    """Whether a `pyarrow.Scalar` can be read as a number."""
    import pyarrow as pa

    try:
        return bool(cell.cast(pa.float64()).is_valid)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False


def _times(path: Path, table: Any, name: str) -> NDArray[np.float64]:
    """Times `[n]` in s from the first sample, strictly increasing."""
    values = _numbers(path, table, name)
    stuck = np.flatnonzero(np.diff(values) <= 0)
    if len(stuck):
        row = int(stuck[0]) + 1
        raise HarError(
            f"{path}: row {row + 1}, column {name}: the time {values[row]:.10g} does not come after "
            f"{values[row - 1]:.10g} in the row before: sort the rows and remove repeated ones."
        )
    times: NDArray[np.float64] = (values - values[0]) * CLOCKS[name]
    return times


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
