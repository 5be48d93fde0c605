"""What is judged: the watched features and the model's answers of some windows, and the recording each is from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.errors import HarError
from har.files import replacing
from har.monitoring import watched

SOURCE = "source"


@dataclass(frozen=True)
class Batch:
    """Windows without their samples.

    features: `[n, f]`, columns as in `watched.names()`. probabilities: `[n, a]`. sources: name of the recording of
    each window, `[n]`. activities: names of the answers. incomplete: windows of a log that lacked a value and were
    left out.
    """

    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    sources: NDArray[np.str_]
    activities: tuple[str, ...]
    incomplete: int = 0

    def __len__(self) -> int:
        return len(self.features)

    @property
    def answers(self) -> NDArray[np.int64]:
        """Position of each window's most probable activity, `[n]`."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Probability of each window's most probable activity, `[n]`."""
        return np.asarray(self.probabilities.max(axis=1))

    def column(self, *names: str) -> NDArray[np.float64]:
        """Some of the features, `[n, len(names)]`."""
        return self.features[:, [watched.names().index(name) for name in names]].astype(np.float64)

    def only(self, chosen: NDArray[Any]) -> "Batch":
        """The windows of a mask or of positions."""
        return Batch(self.features[chosen], self.probabilities[chosen], self.sources[chosen], self.activities)

    def by_source(self) -> Iterator[tuple[str, "Batch"]]:
        """The windows of each recording, by its name."""
        for name in np.unique(self.sources):
            yield str(name), self.only(self.sources == name)


def write_log(batch: Batch, path: Path) -> None:
    """Write a Parquet log: a row a window, columns `source`, the watched features and `p_<activity>`."""
    table = pd.DataFrame(batch.features, columns=list(watched.names()))
    answers = pd.DataFrame(batch.probabilities, columns=_answers(batch.activities))
    with replacing(path) as temporary:
        pd.concat([pd.Series(batch.sources, name=SOURCE, dtype="str"), table, answers], axis=1).to_parquet(
            temporary, compression="zstd"
        )


def read_log(path: Path, activities: Sequence[str]) -> Batch:
    """Read a log as `write_log` writes it, or the same as JSON lines; further columns are ignored.

    Without a column `source`, all windows count as of one recording. Raises: HarError for a file that cannot be read,
    a missing column, answers that are no probabilities, and a log without a complete window.
    """
    table = _table(path)
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
