"""Logs of windows: the watched features and the model's answers, never samples; what `har live --log` collects."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Final

import numpy as np
import pandas as pd

from har.errors import HarError
from har.files import replacing
from har.monitoring import watched
from har.monitoring.batch import Batch
from har.monitoring.reference import Reference

SOURCE, MODEL = "source", "model_sha256"
PARTS: Final = "windows-*.parquet"  # in a folder; their names follow the time


def write(batch: Batch, model_sha256: str, path: Path) -> None:
    """Write a Parquet log: a row a window, columns `source`, the watched features, `p_<activity>`, `model_sha256`."""
    features = pd.DataFrame(batch.features, columns=list(watched.names()))
    table = pd.concat([features, pd.DataFrame(batch.probabilities, columns=_answers(batch.activities))], axis=1)
    table.insert(0, SOURCE, batch.sources.tolist())
    table.insert(len(table.columns), MODEL, model_sha256)
    with replacing(path) as temporary:
        table.to_parquet(temporary, compression="zstd")


def write_part(batch: Batch, model_sha256: str, folder: Path) -> None:
    """Write one more part of the log in `folder`; several processes may write there."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    write(batch, model_sha256, folder / f"windows-{now}-{token_hex(4)}.parquet")


def parts(folder: Path) -> list[Path]:
    """The parts of the log in `folder`, oldest first; empty where it holds no log."""
    return sorted(folder.glob(PARTS))


def read(path: Path, reference: Reference) -> Batch:
    """Read a log as `write` writes it, the same as JSON lines, or all parts in a folder; further columns are ignored.

    Without a column `source`, all windows count as of one recording; without `model_sha256`, as answered by the
    reference's model. Raises: HarError for a file that cannot be read, a missing column, answers that are no
    probabilities, and a log without a complete window or of another model alone.
    """
    table = pd.concat([_table(file) for file in (parts(path) if path.is_dir() else [path])], ignore_index=True)
    own = _own(path, table, reference.model_sha256)
    found = _batch(path, own, reference.activities)
    return Batch(
        found.features, found.probabilities, found.sources, found.activities, found.incomplete, len(table) - len(own)
    )


def _own(path: Path, table: pd.DataFrame, model_sha256: str) -> pd.DataFrame:
    """The rows that the model answered, or of which nobody says who did."""
    if MODEL not in table.columns:
        return table
    own = table[(table[MODEL].isna() | (table[MODEL] == model_sha256)).to_numpy(bool)]
    if len(own) or not len(table):
        return own
    raise HarError(
        f"{path} was answered by the model {table[MODEL].iloc[-1][:12]} (SHA-256), and the reference is of "
        f"{model_sha256[:12]}: name that model with --model, or collect with this one."
    )


def _batch(path: Path, table: pd.DataFrame, activities: Sequence[str]) -> Batch:
    wanted = [*watched.names(), *_answers(activities)]
    if missing := [name for name in wanted if name not in table.columns]:
        raise HarError(f"{path} lacks the column {missing[0]}, one of {len(missing)} that are needed: log it as well.")
    values = table[wanted].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    complete = np.isfinite(values).all(axis=1)
    if not complete.any():
        raise HarError(f"{path} has no row that is complete: collect windows first.")
    split = len(watched.names())
    answers = values[complete, split:]
    if (answers < 0).any() or (np.abs(answers.sum(axis=1) - 1) > 0.01).any():
        raise HarError(f"{path}: the columns p_<activity> of a row do not add up to 1: log probabilities.")
    sources = table[SOURCE].astype(str) if SOURCE in table.columns else pd.Series([path.name] * len(table))
    return Batch(
        values[complete, :split].astype(np.float32),
        answers.astype(np.float32),
        sources.to_numpy(dtype=np.str_)[complete],
        tuple(activities),
        int((~complete).sum()),
    )


def _answers(activities: Sequence[str]) -> list[str]:
    return [f"p_{name}" for name in activities]


def _table(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_json(path, lines=True)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise HarError(f"{path} cannot be read as a log ({reason}): give Parquet or JSON lines.") from error
