"""The predictions table: one row a window and seed, from which every score, figure and comparison is computed."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.errors import HarError

WINDOW: Final = ["dataset", "recording", "start"]  # what names a window
COLUMNS: Final = (*WINDOW, "subject", "label", "split", "seed", "selected")
PREFIX: Final = "p_"  # of the columns with an activity's probability
ROUNDING: Final = 1e-3  # how far a row of float32 probabilities may sum from 1


def read(path: Path) -> pd.DataFrame:
    """Read and check one family's predictions; a missing or broken table is a `HarError` that names the file."""
    try:
        table = pd.read_parquet(path)
    except FileNotFoundError as error:
        raise HarError(f"{path} is missing: run the evaluate stage (`dvc repro`).") from error
    except (OSError, ValueError) as error:
        raise HarError(f"{path} is not a readable Parquet file: delete it and run `dvc repro`.") from error
    check(table, str(path))
    return table


def check(table: pd.DataFrame, name: str = "the predictions table") -> None:
    """Raise a `HarError` that says what in `table` cannot be scored: columns, split, labels, probabilities or seeds."""
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing or not activities(table):
        raise HarError(f"{name}: column {missing[0] if missing else f'{PREFIX}<activity>'} is missing; evaluate again.")
    if table.empty:
        raise HarError(f"{name} has no rows: evaluate on at least one test window.")
    _check_rows(table, name)
    _check_seeds(table, name)


def activities(table: pd.DataFrame) -> tuple[str, ...]:
    """Activities in the order of the model's outputs, from the names of the probability columns."""
    return tuple(str(column).removeprefix(PREFIX) for column in table.columns if str(column).startswith(PREFIX))


def probabilities(table: pd.DataFrame) -> NDArray[np.float64]:
    """Probability of each activity, `[n, k]`, columns in the order of `activities`."""
    return table[[PREFIX + activity for activity in activities(table)]].to_numpy(np.float64)


def predicted(table: pd.DataFrame) -> NDArray[np.object_]:
    """Most probable activity of each window, `[n]`; the first of equals."""
    names: NDArray[np.object_] = np.array(activities(table), dtype=object)
    best: NDArray[np.object_] = names.take(probabilities(table).argmax(axis=1))
    return best


def by_seed(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """One table a seed, seeds ascending, each sorted by window so that its rows match every other seed's."""
    ordered = table.sort_values([*WINDOW, "seed"], kind="stable")
    return {int(str(seed)): rows.reset_index(drop=True) for seed, rows in ordered.groupby("seed")}


def selected(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the seed that validation chose, sorted by window."""
    (rows,) = by_seed(table[table["selected"].astype(bool)]).values()
    return rows


def same_windows(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    """Whether two tables of one seed each, sorted by window, hold the same windows with the same labels."""
    columns = [*WINDOW, "subject", "label"]
    return len(left) == len(right) and bool((left[columns].to_numpy() == right[columns].to_numpy()).all())


def _check_rows(table: pd.DataFrame, name: str) -> None:
    strange = sorted(set(table["split"]) - {"test"})
    if strange:
        raise HarError(f"{name}: column split holds {strange[0]!r}; scores are of test subjects only, evaluate again.")
    unknown = sorted(set(table["label"]) - set(activities(table)))
    if unknown:
        raise HarError(f"{name}: label {unknown[0]!r} has no column {PREFIX}{unknown[0]}; evaluate again.")
    values = probabilities(table)
    valid = np.isfinite(values).all(axis=1) & (values >= 0).all(axis=1) & (abs(values.sum(axis=1) - 1) <= ROUNDING)
    if not valid.all():
        row = int(np.flatnonzero(~valid)[0])
        raise HarError(f"{name}: the probabilities of row {row} are not a distribution; train and evaluate again.")


def _check_seeds(table: pd.DataFrame, name: str) -> None:
    if table.duplicated([*WINDOW, "seed"]).any():
        row = int(np.flatnonzero(table.duplicated([*WINDOW, "seed"]))[0])
        raise HarError(f"{name}: row {row} repeats a window of the same seed; evaluate again.")
    chosen = table.loc[table["selected"].astype(bool), "seed"].nunique()
    if chosen != 1 or table.groupby("seed")["selected"].nunique().max() != 1:
        raise HarError(f"{name}: column selected must mark all rows of exactly one seed (it marks {chosen} seeds).")
    first, *others = by_seed(table).items()
    for seed, rows in others:
        if not same_windows(first[1], rows):
            raise HarError(f"{name}: seeds {first[0]} and {seed} were scored on different windows; evaluate again.")
