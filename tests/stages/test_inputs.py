from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from har import files
from har.datasets.schema import BASIC, TRANSITION, TRANSITIONS
from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.stages import inputs

ROOT = Path(__file__).parents[2]
SIDES = {1: "train", 2: "test", 5: "validation"}


def params(activities: str = "basic") -> Params:
    raw = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    return Params.model_validate(raw | {"activities": activities})


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Windows and features of three subjects, a row an activity, in which the value says the row."""
    found = Paths(tmp_path)
    rows = [
        {"dataset": "hapt", "subject": subject, "recording": f"r{subject}", "start": 0, "label": label, "split": side}
        for subject, side in SIDES.items()
        for label in BASIC + TRANSITIONS
    ]
    found.processed.mkdir(parents=True)
    found.features.mkdir(parents=True)
    numbers = np.arange(len(rows), dtype=np.float32)
    np.save(found.processed / "windows.npy", np.broadcast_to(numbers[:, None, None], (len(rows), 128, 6)))
    pd.DataFrame(rows).to_parquet(found.processed / "index.parquet")
    pd.DataFrame({"first": numbers, "second": -numbers}).to_parquet(found.features / "features.parquet")
    files.write_manifest(found.processed)
    files.write_manifest(found.features)
    return found


@pytest.mark.parametrize("kind", ["windows", "features"])
def test_rows_stay_beside_the_index_that_says_where_they_come_from(paths: Paths, kind: str) -> None:
    table = inputs.read(params(), paths, kind)
    numbers = table.x.reshape(len(table.x), -1)[:, 0]
    everything = pd.read_parquet(paths.processed / "index.parquet")
    pd.testing.assert_frame_equal(table.index, everything.iloc[numbers.astype(int)].reset_index(drop=True))
    assert set(table.index["label"]) == set(BASIC)
    assert [table.activities[i] for i in table.y] == table.index["label"].tolist()


def test_transitions_take_all_twelve_activities(paths: Paths) -> None:
    table = inputs.read(params("transitions"), paths, "windows")
    assert table.activities == BASIC + TRANSITIONS
    assert len(table.x) == 36
    assert table.y.tolist() == list(range(12)) * 3


def test_the_six_transitions_can_be_one_activity(paths: Paths) -> None:
    table = inputs.read(params("one_transition"), paths, "windows")
    assert table.activities == (*BASIC, TRANSITION)
    assert table.y.tolist() == [0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6] * 3


def test_an_activity_that_no_data_set_has_is_no_output(paths: Paths) -> None:
    assert inputs.read(params("joint"), paths, "windows").activities == BASIC
    assert inputs.read(params("shared"), paths, "windows").activities == BASIC[:5]


@pytest.mark.parametrize("side", ["train", "validation", "test"])
def test_a_side_holds_its_subjects_alone(paths: Paths, side: str) -> None:
    table = inputs.read(params(), paths, "features").side(side)
    examples = table.examples()
    assert {SIDES[subject] for subject in examples.subjects.tolist()} == {side}
    assert examples.y.tolist() == list(range(6))
    assert len(examples.x) == 6


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("windows", "processed/windows.npy"),
        ("windows", "processed/index.parquet"),
        ("features", "processed/index.parquet"),
        ("features", "features/features.parquet"),
    ],
)
def test_a_corrupt_file_is_named_and_not_trained_on(paths: Paths, kind: str, name: str) -> None:
    path = paths.root / "data" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(HarError, match=f"{name} is corrupt"):
        inputs.read(params(), paths, kind)


def test_the_content_hash_tells_data_apart_and_nothing_else(paths: Paths) -> None:
    before = inputs.read(params(), paths, "windows").sha256
    assert inputs.read(params("transitions"), paths, "windows").sha256 == before
    np.save(paths.processed / "windows.npy", np.ones((36, 128, 6), np.float32))
    files.write_manifest(paths.processed)
    assert inputs.read(params(), paths, "windows").sha256 != before
