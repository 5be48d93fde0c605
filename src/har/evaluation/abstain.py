"""Saying nothing where the model is not sure: what is left then, and how right it is."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.errors import HarError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def curve(confidence: Floats, correct: Bools) -> pd.DataFrame:
    """Coverage and accuracy at every threshold that changes them, thresholds ascending.

    confidence: `[n]` highest probability of each window. correct: `[n]` whether it is that of the label.
    Returns rows of `threshold` (answers of at least this confidence are given), `coverage` (share of the windows that
    get an answer) and `accuracy` (of these answers). The first row leaves nothing out.
    """
    if not len(confidence):
        raise HarError("there is no window to choose a threshold on: predict at least one.")
    order = np.argsort(confidence, kind="stable")
    thresholds, first = np.unique(np.asarray(confidence, np.float64)[order], return_index=True)
    answered = len(confidence) - first
    right = np.cumsum(np.asarray(correct, np.int64)[order][::-1])[::-1][first]
    return pd.DataFrame({"threshold": thresholds, "coverage": answered / len(confidence), "accuracy": right / answered})


def threshold(confidence: Floats, correct: Bools, target: float) -> float:
    """Return the lowest threshold whose answers are right for a share of at least `target`; 0 where all may be given.

    Raises: HarError where no threshold reaches the target.
    """
    found = curve(confidence, correct)
    reached = found["accuracy"] >= target
    if not reached.any():
        best = found["accuracy"].max()
        raise HarError(f"no threshold reaches an accuracy of {target:g} (the best is {best:.4f}): ask for less.")
    return 0.0 if reached.iloc[0] else float(found.loc[reached, "threshold"].iloc[0])


def at(confidence: Floats, correct: Bools, limit: float) -> dict[str, float | None]:
    """`coverage` and `accuracy` of answers of at least the confidence `limit`; accuracy is None without any."""
    given = confidence >= limit
    return {"coverage": float(given.mean()), "accuracy": float(correct[given].mean()) if given.any() else None}
