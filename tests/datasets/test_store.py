from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from har.datasets import store
from har.datasets.schema import CHANNELS, Interval, Recording
from har.errors import HarError
from har.files import write_json


def same(left: list[Recording], right: list[Recording]) -> bool:
    """Whether two lists of recordings are equal, bit for bit."""
    return len(left) == len(right) and all(
        (a.name, a.subject, a.rate_hz, a.intervals) == (b.name, b.subject, b.rate_hz, b.intervals)
        and a.samples.tobytes() == b.samples.tobytes()
        for a, b in zip(left, right, strict=True)
    )


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_is_read_again(sample: Any, tmp_path: Path) -> None:
    store.write(sample.recordings, tmp_path)
    assert same(store.read(tmp_path), sample.recordings)


@given(
    samples=hnp.arrays(np.float64, st.tuples(st.integers(0, 5), st.just(6)), elements=st.floats(width=64)),
    rate=st.floats(20, 200),
)
def test_every_value_is_kept_exactly(
    tmp_path_factory: pytest.TempPathFactory, samples: np.ndarray, rate: float
) -> None:
    recordings = [Recording("a", 3, rate, samples, ())]
    folder = tmp_path_factory.mktemp("store")
    store.write(recordings, folder)
    assert same(store.read(folder), recordings)


def test_the_tables_are_what_pandas_reads(sample: Any, tmp_path: Path) -> None:
    store.write(sample.recordings, tmp_path)
    table = pd.read_parquet(tmp_path / "recordings" / "exp02_user04.parquet")
    assert tuple(table.columns) == CHANNELS
    np.testing.assert_array_equal(table.to_numpy(), sample.recordings[1].samples)
    assert pd.read_parquet(tmp_path / "intervals.parquet").to_numpy().tolist() == [
        ["exp01_user01", 1, "standing", 0, 150],
        ["exp01_user01", 1, "stand_to_sit", 150, 300],
        ["exp02_user04", 4, "walking", 10, 140],
    ]


def test_the_same_recordings_are_the_same_bytes(sample: Any, tmp_path: Path) -> None:
    store.write(sample.recordings, tmp_path / "a")
    store.write(sample.recordings[::-1], tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_a_recording_without_intervals_keeps_its_subject(tmp_path: Path) -> None:
    recordings = [Recording("a", 7, 50.0, np.zeros((3, 6)), ())]
    store.write(recordings, tmp_path)
    assert same(store.read(tmp_path), recordings)


def test_samples_that_were_read_cannot_be_changed(sample: Any, tmp_path: Path) -> None:
    store.write(sample.recordings, tmp_path)
    with pytest.raises(ValueError, match="read-only"):
        store.read(tmp_path)[0].samples[0, 0] = 1.0


@pytest.mark.parametrize("name", ["recordings/exp02_user04.parquet", "intervals.parquet"])
def test_a_corrupt_file_is_named(sample: Any, tmp_path: Path, name: str) -> None:
    store.write(sample.recordings, tmp_path)
    damaged = bytearray((tmp_path / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / name).write_bytes(damaged)
    with pytest.raises(HarError, match=f"{name} is corrupt"):
        store.read(tmp_path)


@pytest.mark.parametrize("name", ["recordings/exp02_user04.parquet", "intervals.parquet", "manifest.json"])
def test_a_lost_file_is_named(sample: Any, tmp_path: Path, name: str) -> None:
    store.write(sample.recordings, tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(HarError, match=f"{name} is missing"):
        store.read(tmp_path)


def test_a_file_that_is_not_parquet_is_named_even_if_the_manifest_has_it(sample: Any, tmp_path: Path) -> None:
    store.write(sample.recordings, tmp_path)
    (tmp_path / "recordings" / "exp01_user01.parquet").write_bytes(b"text")
    store.write_manifest(tmp_path)
    with pytest.raises(HarError, match=r"exp01_user01\.parquet is not a readable Parquet file"):
        store.read(tmp_path)


def test_a_table_that_is_no_recording_is_named(sample: Any, tmp_path: Path) -> None:
    store.write(sample.recordings, tmp_path)
    pd.DataFrame({"acc_x": [1.0]}).to_parquet(tmp_path / "recordings" / "exp01_user01.parquet")
    store.write_manifest(tmp_path)
    with pytest.raises(HarError, match=r"exp01_user01\.parquet is not a recording \(columns acc_x, .*gyro_z"):
        store.read(tmp_path)


def test_a_manifest_without_intervals_is_refused(sample: Any, tmp_path: Path) -> None:
    store.write(sample.recordings, tmp_path)
    write_json(tmp_path / "manifest.json", {})
    with pytest.raises(HarError, match=r"manifest\.json lists no intervals\.parquet"):
        store.read(tmp_path)


def test_intervals_of_a_recording_that_is_not_there_are_refused(sample: Any, tmp_path: Path) -> None:
    store.write(sample.recordings, tmp_path)
    (tmp_path / "recordings" / "exp02_user04.parquet").unlink()
    store.write_manifest(tmp_path)
    with pytest.raises(HarError, match=r"intervals\.parquet labels exp02_user04"):
        store.read(tmp_path)


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".a", "a b", "exp\n"])
def test_a_name_that_cannot_be_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HarError, match="cannot name a file"):
        store.write([Recording(name, 1, 50.0, np.zeros((1, 6)), ())], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_recordings_of_one_name_are_refused(sample: Any, tmp_path: Path) -> None:
    with pytest.raises(HarError, match="share a name"):
        store.write([sample.recordings[0]] * 2, tmp_path)


def test_the_content_hash_does_not_depend_on_order_or_memory_layout(sample: Any) -> None:
    turned = [replace(item, samples=np.asfortranarray(item.samples)) for item in sample.recordings[::-1]]
    assert store.content_sha256(turned) == store.content_sha256(sample.recordings)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"subject": 2},
        {"rate_hz": 49.0},
        {"samples": np.full((300, 6), 1e-300)},
        {"samples": np.zeros((299, 6))},
        {"intervals": ()},
        {"intervals": (Interval("standing", 0, 151), Interval("stand_to_sit", 151, 300))},
        {"intervals": (Interval("sitting", 0, 150), Interval("stand_to_sit", 150, 300))},
    ],
)
def test_the_content_hash_tells_every_change(sample: Any, change: dict[str, Any]) -> None:
    first = replace(sample.recordings[0], samples=np.zeros((300, 6)))
    assert store.content_sha256([replace(first, **change)]) != store.content_sha256([first])
