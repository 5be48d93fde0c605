import numpy as np
import pandas as pd
import pytest

from har.errors import HarError
from har.paths import Paths
from har.quality.features import LEAST, check_features, profile


@pytest.fixture
def table() -> pd.DataFrame:
    """Forty windows of as many features as are promised."""
    values = np.random.default_rng(0).normal(size=(40, LEAST)).astype(np.float32)
    return pd.DataFrame(values, columns=[f"feature_{number}" for number in range(LEAST)])


def test_sound_features_pass_and_their_profile_comes_back(table: pd.DataFrame, paths: Paths) -> None:
    rows = check_features(table, paths)
    assert list(rows["feature"]) == list(table.columns)
    np.testing.assert_allclose(rows["mean"], table.mean(), atol=1e-6)
    np.testing.assert_allclose(rows["std"], table.std(ddof=0), rtol=1e-5)
    np.testing.assert_array_equal(rows["min"], table.min())
    np.testing.assert_array_equal(rows["max"], table.max())
    assert (paths.quality("features") / "summary.md").is_file()
    assert (paths.data_docs("features") / "index.html").is_file()


def test_the_profile_counts_what_is_not_finite() -> None:
    rows = profile(pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [np.inf, 2.0, 4.0], "c": [0.0, 1.0, 2.0]}))
    assert list(rows["nulls"]) == [1, 0, 0]
    assert list(rows["not_finite"]) == [1, 1, 0]
    assert list(rows["first_bad_window"].fillna(-1)) == [1, 0, -1]
    assert list(rows["mean"]) == [2.0, 3.0, 1.0]
    assert list(rows["max"]) == [3.0, 4.0, 2.0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, "feature feature_7, first_bad_window 3: nulls is 1"),
        (-np.inf, "feature feature_7, first_bad_window 3: not_finite is 1"),
        (1e12, r"above 1e\+09, but feature feature_7: max is"),
        (-1e12, r"below -1e\+09, but feature feature_7: min is"),
    ],
)
def test_a_wrong_value_is_named(table: pd.DataFrame, paths: Paths, value: float, words: str) -> None:
    table.loc[3, "feature_7"] = value
    with pytest.raises(HarError, match=words):
        check_features(table, paths)


def test_a_constant_feature_is_named(table: pd.DataFrame, paths: Paths) -> None:
    table["feature_9"] = np.float32(0.1)
    with pytest.raises(HarError, match="the same in every window, but feature feature_9: std is"):
        check_features(table, paths)


def test_two_features_of_one_name_are_named(table: pd.DataFrame, paths: Paths) -> None:
    table.columns = ["feature_1", *table.columns[1:]]
    with pytest.raises(HarError, match="name of its own, but feature feature_1"):
        check_features(table, paths)


def test_too_few_features_are_refused(table: pd.DataFrame, paths: Paths) -> None:
    with pytest.raises(HarError, match=f"at least {LEAST} features, but found {LEAST - 1}"):
        check_features(table.iloc[:, 1:], paths)


def test_no_windows_at_all_are_refused(table: pd.DataFrame, paths: Paths) -> None:
    with pytest.raises(HarError, match="windows is 0"):
        check_features(table.iloc[:0], paths)
