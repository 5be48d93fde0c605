"""What is judged: the watched features and the model's answers of some windows, and the recording each is from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from har.monitoring import watched


@dataclass(frozen=True)
class Batch:
    """Windows without their samples.

    features: `[n, f]`, columns as in `watched.names()`. probabilities: `[n, a]`. sources: name of the recording of
    each window, `[n]`. activities: names of the answers. Windows of a log that were left out: incomplete, those that
    lacked a value; foreign, those that another model answered.
    """

    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    sources: NDArray[np.str_]
    activities: tuple[str, ...]
    incomplete: int = 0
    foreign: int = 0

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


def joined(parts: Sequence[Batch]) -> Batch:
    """The windows of several batches with the same activities, one batch after the other."""
    features, probabilities, sources = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "probabilities", "sources")
    )
    return Batch(features, probabilities, sources, parts[0].activities)
