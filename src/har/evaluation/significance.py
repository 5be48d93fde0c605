"""Whether two families differ by more than chance on the same windows: McNemar's test."""

from typing import Final

import pandas as pd

from har.errors import HarError
from har.evaluation import predictions

BASELINE: Final = "logistic_regression"
FEW: Final = 25  # discordant windows; below, chi-squared approximates the binomial poorly (the usual rule of thumb)


def mcnemar(table: pd.DataFrame, baseline: pd.DataFrame) -> dict[str, float]:
    """Compare the selected seeds of two predictions tables by McNemar's test.

    Returns `wins` (windows that only `table` names correctly), `losses` (that only `baseline` does), two-sided `p`, and
    `exact` (whether it is the binomial test). Tables over different windows or labels are a `HarError`.
    The test takes windows as independent; overlapping windows of one person are not, so `p` is on the small side.
    """
    ours, theirs = predictions.selected(table), predictions.selected(baseline)
    if not predictions.same_windows(ours, theirs):
        raise HarError(
            f"McNemar's test needs the same windows from both families, but these tables differ ({len(ours)} and"
            f" {len(theirs)} windows, or other labels): evaluate both families again."
        )
    right = (predictions.predicted(ours) == ours["label"]).to_numpy()
    baseline_right = (predictions.predicted(theirs) == theirs["label"]).to_numpy()
    wins, losses = int((right & ~baseline_right).sum()), int((~right & baseline_right).sum())
    return {"wins": wins, "losses": losses, "p": p_value(wins, losses), "exact": wins + losses < FEW}


def p_value(wins: int, losses: int) -> float:
    """Two-sided p of `wins` against `losses`: exact binomial when few, else chi-squared with continuity correction."""
    from scipy.stats import binomtest, chi2

    total = wins + losses
    if total == 0:
        return 1.0
    if total < FEW:
        return float(binomtest(wins, total, 0.5).pvalue)
    statistic = max(abs(wins - losses) - 1, 0) ** 2 / total
    return float(chi2.sf(statistic, df=1))
