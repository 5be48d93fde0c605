from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from har.datasets.recording_file import read
from har.datasets.schema import CHANNELS
from har.errors import HarError
from phone import canonical_samples, write_csv

NAMES = "t," + ",".join(CHANNELS)


def rows(count: int = 4) -> list[str]:
    return [f"{index * 0.02:.2f},0,0,9.81,0.1,0.2,0.3" for index in range(count)]


def csv_file(folder: Path, *lines: str) -> Path:
    path = folder / "walk.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_csv_keeps_every_value_and_the_header(tmp_path: Path) -> None:
    samples = canonical_samples(50.0)
    found = read(write_csv(tmp_path / "walk.csv", samples, header={"axes": "ios", "device": "a: b"}))
    assert found.header == {"axes": "ios", "device": "a: b"}
    np.testing.assert_array_equal(found.samples, samples)
    assert found.times is not None
    np.testing.assert_array_equal(found.times, np.arange(len(samples)) / 50.0)


def test_order_of_columns_spaces_blank_lines_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "walk.csv"
    text = (
        "\ufeff# a comment\n\ngyro_z, acc_x ,acc_y,acc_z,note,gyro_x,gyro_y,t\n6,1,2,3,x,4,5,10\n\n6,1,2,3,y,4,5,11\n"
    )
    path.write_text(text, encoding="utf-8")
    found = read(path)
    np.testing.assert_array_equal(found.samples, [[1, 2, 3, 4, 5, 6]] * 2)
    np.testing.assert_array_equal(found.times, [0, 1])
    assert found.header == {}


def test_timestamp_is_in_milliseconds_and_absent_times_are_none(tmp_path: Path) -> None:
    lines = [line.split(",", 1)[1] for line in rows(3)]
    stamped = csv_file(
        tmp_path, f"timestamp,{NAMES[2:]}", *(f"{1700000000000 + 20 * i},{x}" for i, x in enumerate(lines))
    )
    np.testing.assert_allclose(read(stamped).times, [0, 0.02, 0.04])
    assert read(csv_file(tmp_path, NAMES[2:], *lines)).times is None


def test_parquet_and_its_schema_metadata(tmp_path: Path) -> None:
    samples = canonical_samples(50.0)
    table = pa.table({name: samples[:, index].astype(np.float32) for index, name in enumerate(CHANNELS)})
    pq.write_table(table.replace_schema_metadata({"rate_hz": "50", "axes": "ios"}), tmp_path / "walk.PARQUET")
    found = read(tmp_path / "walk.PARQUET")
    np.testing.assert_array_equal(found.samples, samples.astype(np.float32))
    assert found.header["rate_hz"] == "50"
    assert found.header["axes"] == "ios"


def test_an_empty_cell_of_parquet_is_named(tmp_path: Path) -> None:
    columns: dict[str, list[float | None]] = {name: [1.0, 2.0] for name in CHANNELS}
    pq.write_table(pa.table(columns | {"acc_y": [1.0, None]}), tmp_path / "walk.parquet")
    with pytest.raises(HarError, match=r"walk\.parquet: row 2, column acc_y holds an empty cell"):
        read(tmp_path / "walk.parquet")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([NAMES.replace("gyro_y", "gyroY"), *rows()], r"needs the column gyro_y once: it has t, acc_x, .*gyroY"),
        ([f"{NAMES},acc_x", *(f"{row},1" for row in rows())], r"needs the column acc_x once"),
        ([NAMES, *rows(2), "0.04,0,zero,9.81,0,0,0"], r"row 3, column acc_y holds 'zero': it must be a number"),
        ([NAMES, *rows(2), "0.04,0,0,9.81,,0,0"], r"row 3, column gyro_x holds an empty cell"),
        ([NAMES, *rows(2), "0.04,0,0,NaN,0,0,0"], r"row 3, column acc_z holds nan: it must be a finite number"),
        ([NAMES, *rows(2), "0.04,0,0,9.81,0,0,-inf"], r"row 3, column gyro_z holds -inf"),
        (["# axes: ios", "", NAMES, *rows(2), "0.04,0,0"], r"row 3 has 3 cells and the line of column names 7"),
        ([NAMES, *rows(2), rows(2)[1]], r"row 3, column t: the time 0\.02 does not come after 0\.02"),
        ([NAMES, *rows(3), rows(1)[0]], r"row 4, column t: the time 0 does not come after 0\.04"),
        ([NAMES], r"has no rows"),
        ([], r"cannot be read as CSV"),
        (["# axes: ios"], r"cannot be read as CSV"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(HarError, match=rf"walk\.csv.*{message}") as caught:
        read(csv_file(tmp_path, *lines))
    assert "\n" not in str(caught.value)


def test_files_that_are_not_recordings(tmp_path: Path) -> None:
    with pytest.raises(HarError, match=r"walk\.csv is not there"):
        read(tmp_path / "walk.csv")
    with pytest.raises(HarError, match=r"neither \.csv nor \.parquet"):
        read(tmp_path / "walk.xlsx")
    (tmp_path / "text.parquet").write_text(NAMES)
    with pytest.raises(HarError, match=r"text\.parquet cannot be read as Parquet"):
        read(tmp_path / "text.parquet")
    (tmp_path / "latin.csv").write_bytes(f"# place: caf\xe9\n{NAMES}\n".encode("latin-1"))
    with pytest.raises(HarError, match=r"latin\.csv cannot be read as CSV in UTF-8"):
        read(tmp_path / "latin.csv")
