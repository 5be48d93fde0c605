"""How much people differ: the distance of each to the others says how far a new batch may be from all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.monitoring import distance

SIZES: Final = (50, 100, 200)  # windows of the stretches that stand for small batches; a person has a few hundred
LEAST: Final = 1e-3  # a Kolmogorov-Smirnov distance below this is none: keeps logarithms finite


@dataclass(frozen=True)
class Spread:
    """Logarithm of the Kolmogorov-Smirnov distance between a person's windows and all other people's, by feature.

    sizes: windows that the distance is of, `[s]` in rising order, the last of them about a whole person's. mean, sd:
    `[s, f]`, over people. people: how many.
    """

    sizes: tuple[int, ...]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    people: int

    def p_values(self, ks: NDArray[np.float64], windows: int) -> NDArray[np.float64]:
        """Probability `[f]` that another person is at least as far off as `ks [f]`, given as many windows.

        A prediction interval with the person as the unit: windows of one person are no independent witnesses, so that
        their number does not make a distance significant. It only chooses the row of the calibration.
        """
        from scipy import stats

        row = max(int(np.searchsorted(self.sizes, windows, side="right")) - 1, 0)
        width = self.sd[row] * np.sqrt(1 + 1 / self.people)
        return np.asarray(stats.t.sf((_log(ks) - self.mean[row]) / width, self.people - 1))


def spread(
    binned: NDArray[np.int64], answers: NDArray[np.int64], people: Sequence[int] | NDArray[np.int64], activities: int
) -> Spread:
    """Leave each of `people [n]` out in turn and hold their windows against all others'.

    binned: `[n, f]`, windows of a person in the order of time. Whole people give the last row; stretches of `SIZES`
    windows in succession give the others.
    """
    who = np.asarray(people)
    everybody = distance.counts(binned, answers, activities)
    names = np.unique(who)
    typical = int(np.median([np.sum(who == name) for name in names]))
    sizes = (*(size for size in SIZES if size < typical), typical)
    found: list[list[NDArray[np.float64]]] = [[] for _ in sizes]
    for name in names:
        rows = np.flatnonzero(who == name)
        others = everybody - distance.counts(binned[rows], answers[rows], activities)
        for size, logs in zip(sizes, found, strict=True):
            parts = [rows] if size == typical else _stretches(rows, size)
            logs += [
                _log(distance.distances(distance.counts(binned[part], answers[part], activities), others)[0])
                for part in parts
            ]
    means, sds = (np.array([reduce(np.array(logs)) for logs in found]) for reduce in (_mean, _sd))
    return Spread(sizes, means, sds, len(names))


def _stretches(rows: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [rows[first : first + size] for first in range(0, len(rows) - size + 1, size)]


def _log(ks: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.maximum(ks, LEAST)))


def _mean(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(logs.mean(axis=0))


def _sd(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(logs.std(axis=0, ddof=1), 0.1))  # never surer than a tenth of the distance
