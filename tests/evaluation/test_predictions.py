from pathlib import Path

import pandas as pd
import prediction_tables as tables
import pytest

from har.errors import HarError
from har.evaluation import predictions


def spoilt(**columns: object) -> pd.DataFrame:
    """A good table with the first row's columns changed."""
    table = tables.predictions(seeds=(0, 1), windows=6)
    for name, value in columns.items():
        table[name] = table[name].astype(object)
        table.loc[0, name] = value
    return table.infer_objects()


def test_a_good_table_round_trips_through_its_file(tmp_path: Path) -> None:
    table = tables.predictions()
    table.to_parquet(tmp_path / "cnn.parquet")
    pd.testing.assert_frame_equal(predictions.read(tmp_path / "cnn.parquet"), table, check_dtype=False)


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(HarError, match=r"cnn.parquet is missing: run the evaluate stage"):
        predictions.read(tmp_path / "cnn.parquet")
    (tmp_path / "cnn.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(HarError, match=r"cnn.parquet is not a readable Parquet file"):
        predictions.read(tmp_path / "cnn.parquet")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (tables.predictions().drop(columns="subject"), "column subject is missing"),
        (tables.predictions().filter(regex="^(?!p_)"), "column p_<activity> is missing"),
        (tables.predictions().head(0), "no rows"),
        (spoilt(split="train"), "column split holds 'train'"),
        (spoilt(label="cycling"), "label 'cycling' has no column p_cycling"),
        (spoilt(p_walking=float("nan")), "probabilities of row 0 are not a distribution"),
        (spoilt(p_walking=1.5), "probabilities of row 0 are not a distribution"),
        (spoilt(start=64), "row 1 repeats a window"),
        (spoilt(selected=True), "selected must mark all rows of exactly one seed"),
        (tables.predictions().assign(selected=True), "marks 3 seeds"),
        (tables.predictions().assign(selected=False), "marks 0 seeds"),
        (tables.predictions(seeds=(0, 1)).iloc[1:], "seeds 0 and 1 were scored on different windows"),
        (spoilt(label="laying"), "seeds 0 and 1 were scored on different windows"),
    ],
)
def test_what_cannot_be_scored_is_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(HarError, match=message):
        predictions.check(table)


def test_activities_keep_the_order_of_the_columns() -> None:
    table = tables.predictions(activities=("sitting", "laying", "walking"))
    assert predictions.activities(table) == ("sitting", "laying", "walking")


def test_the_selected_seed_comes_sorted_by_window() -> None:
    rows = predictions.selected(tables.predictions(selected=1).sample(frac=1, random_state=0))
    assert set(rows["seed"]) == {1}
    assert rows[predictions.WINDOW].equals(rows[predictions.WINDOW].sort_values(predictions.WINDOW))
