"""What is expected of the features, by way of a long table about them."""

from typing import Final

import numpy as np
import pandas as pd

from har.paths import Paths
from har.quality import expectations as expect
from har.quality.expectations import Expectation, Table
from har.quality.suite import check

SUITE: Final = "features"
LEAST: Final = 500  # features a window that the project promises
LARGEST: Final = 1e9  # a float32 feature beyond this has lost its digits or its meaning


def check_features(table: pd.DataFrame, paths: Paths) -> pd.DataFrame:
    """Validate the features `table` `[n, f]`, write the reports of suite `features` and return their profile `[f]`.

    The profile has one row a feature: feature, nulls, not_finite (nulls included), first_bad_window (row of the
    table), min, max, mean, std (over the finite values). An expectation that is not met is a `HarError` that names the
    feature and the value.
    """
    rows = profile(table)
    tables = [
        Table("table", _table_row(table), ("table",), (_of_windows(),)),
        Table("profile", rows, ("feature", "first_bad_window"), _of_features()),
    ]
    check(SUITE, tables, paths)
    return rows


def profile(table: pd.DataFrame) -> pd.DataFrame:
    """One row a feature of `table` `[n, f]`, columns as in `check_features`."""
    values = table.to_numpy(dtype=np.float64)
    finite = np.isfinite(values)
    count = np.maximum(finite.sum(axis=0), 1)
    good = np.where(finite, values, 0.0)
    mean = good.sum(axis=0) / count
    spread = np.sqrt((np.square(good - mean) * finite).sum(axis=0) / count)
    first = pd.array(np.argmin(finite, axis=0) if len(values) else np.zeros(values.shape[1], dtype=int), dtype="Int64")
    first[finite.all(axis=0)] = pd.NA
    return pd.DataFrame(
        {
            "feature": table.columns.astype(str),
            "nulls": np.isnan(values).sum(axis=0),
            "not_finite": (~finite).sum(axis=0),
            "first_bad_window": first,
            "min": np.min(values, axis=0, where=finite, initial=np.inf),
            "max": np.max(values, axis=0, where=finite, initial=-np.inf),
            "mean": mean,
            "std": spread,
        }
    )


def _of_features() -> tuple[Expectation, ...]:
    return (
        expect.least_rows(LEAST, f"there are at least {LEAST} features"),
        expect.present("feature", "every feature has a name"),
        expect.unique("feature", "every feature has a name of its own"),
        expect.between("nulls", 0, 0, "no feature is missing in any window"),
        expect.between("not_finite", 0, 0, "every feature is finite in every window"),
        expect.between("min", -LARGEST, None, f"no feature is below -{LARGEST:g}"),
        expect.between("max", None, LARGEST, f"no feature is above {LARGEST:g}"),
        expect.above("std", 0.0, "no feature is the same in every window"),
    )


def _table_row(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame([{"table": "features", "windows": len(table)}])


def _of_windows() -> Expectation:
    return expect.between("windows", 1, None, "there is at least one window")
