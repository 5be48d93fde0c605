"""How far apart two distributions of a feature are, on a grid of bins that both are counted in."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 20  # of the grid, each a twentieth of the reference; Kolmogorov-Smirnov is read at their edges
PSI_BINS: Final = 10  # of the population stability index, as is usual (Siddiqi: Credit Risk Scorecards, 2006)


def edges(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Edges `[f, BINS - 1]` of bins that hold a twentieth of `values [n, f]` each, to six digits."""
    cuts = np.quantile(np.asarray(values, np.float64), np.arange(1, BINS) / BINS, axis=0).T
    return np.array([[float(f"{cut:.6g}") for cut in row] for row in cuts])


def bins(values: NDArray[np.floating], cuts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bin of each of `values [n, f]` on the grid `cuts [f, BINS - 1]`."""
    columns = [np.searchsorted(cut, column, side="right") for cut, column in zip(cuts, values.T, strict=True)]
    return np.stack(columns, axis=1).astype(np.int64)


def counts(binned: NDArray[np.int64], answers: NDArray[np.int64], activities: int) -> NDArray[np.float64]:
    """How many windows `[a, f, BINS]` of each answered activity fall into each bin; binned `[n, f]`, answers `[n]`."""
    f = binned.shape[1]
    cell = (answers[:, None] * f + np.arange(f)) * BINS + binned
    return np.bincount(cell.ravel(), minlength=activities * f * BINS).reshape(activities, f, BINS).astype(np.float64)


def distances(
    batch: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kolmogorov-Smirnov distance and population stability index `[f]` of counts `[a, f, BINS]` (see `shares`)."""
    expected, found = shares(batch, reference)
    ks = np.abs(np.cumsum(found - expected, axis=1)).max(axis=1)
    floor = 0.5 / batch[:, 0].sum()  # of a share: half a window, so that an empty bin has a finite logarithm
    p, q = (np.maximum(_coarse(each), floor) for each in (found, expected))
    return ks, ((p - q) * np.log(p / q)).sum(axis=1)


def shares(
    batch: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of the bins `[f, BINS]` that are expected and those that were found, of counts `[a, f, BINS]`.

    The reference is weighted to the batch's own mix of answered activities, so that somebody who sits all day is held
    against sitting. An activity that the reference does not have gets no weight.
    """
    mix = batch[:, 0].sum(axis=1) * (reference[:, 0].sum(axis=1) > 0)
    each = reference / np.maximum(reference.sum(axis=2, keepdims=True), 1)
    expected = np.tensordot(mix / max(mix.sum(), 1), each, axes=1)
    return expected, batch.sum(axis=0) / batch[:, 0].sum()


def _coarse(each: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of `PSI_BINS` bins out of those `[f, BINS]`."""
    return np.asarray(each.reshape(len(each), PSI_BINS, -1).sum(axis=2))
