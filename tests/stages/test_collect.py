"""Recordings that people made on their way into the table of windows."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from har.datasets import phone, store
from har.errors import HarError
from har.files import check_manifest, read_json
from har.params import Params
from har.paths import Paths
from har.stages import collect, download, preprocess, validate
from phone import canonical_samples, write_csv

ROOT = Path(__file__).parents[2]
LABELS = [label for label in ("standing", "walking", "laying") for _ in range(500)]


def params(**preprocessing: Any) -> Params:
    """The committed params for what people recorded alone."""
    raw = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")) | {"datasets": ["phone"]}
    raw["preprocess"] |= preprocessing
    return Params.model_validate(raw)


def record(paths: Paths, name: str, person: str, activities: list[str] = LABELS) -> None:
    samples = canonical_samples(50.0)
    samples += np.random.default_rng(list(name.encode())).normal(0, 0.02, samples.shape)
    paths.recordings.mkdir(parents=True, exist_ok=True)
    write_csv(paths.recordings / f"{name}.csv", samples, header={"subject": person}, activities=activities)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Three people's recordings; one that is broken, and one of what nobody knows."""
    found = Paths(tmp_path)
    for name, person in (("one", "Anna"), ("two", "Benno"), ("three", "Carla M")):
        record(found, name, person)
    record(found, "ride", "Dora", ["cycling"] * 1500)
    (found.recordings / "broken.csv").write_text("t,acc_x\n0,1\n")
    return found


SIDES = {
    "validation_subjects": {"phone": [phone.number("Benno")]},
    "test_subjects": {"phone": [phone.number("Carla M")]},
}


def test_good_files_are_collected_and_bad_ones_kept_aside(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    line = collect.run(params(), paths)
    assert line.startswith("collect: 3 recordings of 3 people, 2 files rejected")
    assert [recording.name for recording in store.read(paths.collected)] == ["one", "three", "two"]
    assert read_json(paths.collected / "people.json")["Anna"] == phone.number("Anna")
    rejected = read_json(paths.collected / "rejected.json")
    assert rejected.keys() == {"broken.csv", "ride.csv"}
    assert "activity is cycling" in rejected["ride.csv"]
    said = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in said] == ["rejected broken.csv", "rejected ride.csv"]
    for name in rejected:
        aside = paths.collected / "rejected" / name
        assert aside.read_bytes() == (paths.recordings / name).read_bytes()


def test_the_same_recordings_are_collected_into_the_same_bytes(paths: Paths) -> None:
    collect.run(params(), paths)
    before = check_manifest(paths.collected)
    contents = (paths.collected / "contents.json").read_bytes()
    collect.run(params(), paths)
    assert check_manifest(paths.collected) == before
    assert (paths.collected / "contents.json").read_bytes() == contents


def test_another_recording_changes_what_the_phone_holds_and_no_other_data_set(paths: Paths) -> None:
    collect.run(params(), paths)
    before = read_json(paths.collected / "contents.json")
    record(paths, "four", "Anna")
    collect.run(params(), paths)
    after = read_json(paths.collected / "contents.json")
    assert {name for name in after if after[name] != before[name]} == {"phone"}


def test_collected_recordings_become_windows_on_the_sides_that_params_say(paths: Paths) -> None:
    chosen = params(**SIDES)
    collect.run(chosen, paths)
    line = download.run(chosen, paths, "phone")
    assert line.startswith("download phone: 3 recordings, 4,500 samples of 3 subjects out of ")
    validate.run(chosen, paths)
    rejects = pd.read_csv(paths.reports / "rejects.csv").set_index("recording")
    assert rejects.loc["ride.csv", "reason"].startswith("file rejected: every label is one of")
    assert rejects.loc["broken.csv", "reason"].startswith("file rejected: ")
    preprocess.run(chosen, paths)
    index = pd.read_parquet(paths.processed / "index.parquet")
    assert dict(zip(index["recording"], index["split"], strict=True)) == {
        "one": "train",
        "two": "validation",
        "three": "test",
    }
    assert index.groupby("label").size().to_dict() == {"standing": 18, "walking": 18, "laying": 18}


def test_a_recording_too_short_for_a_window_changes_no_column_of_the_others(paths: Paths) -> None:
    record(paths, "brief", "Anna", ["walking"] * 100 + [""] * 1400)
    collect.run(params(**SIDES), paths)
    download.run(params(**SIDES), paths, "phone")
    preprocess.run(params(**SIDES), paths)
    index = pd.read_parquet(paths.processed / "index.parquet")
    assert "brief" not in set(index["recording"])
    assert (index["subject"].dtype, index["start"].dtype) == (np.dtype("int64"), np.dtype("int64"))


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({}, r"nobody is on the validation side of the split: name some people in preprocess\.validation_subjects"),
        ({"validation_subjects": SIDES["validation_subjects"]}, r"nobody is on the test side of the split"),
    ],
)
def test_a_side_without_people_is_said_first(paths: Paths, known: dict[str, Any], message: str) -> None:
    collect.run(params(**known), paths)
    download.run(params(**known), paths, "phone")
    with pytest.raises(HarError, match=message):
        validate.run(params(**known), paths)


def test_a_person_who_is_held_out_and_has_no_recording_is_named(paths: Paths) -> None:
    chosen = params(**SIDES | {"test_subjects": {"phone": [123456]}})
    collect.run(chosen, paths)
    download.run(chosen, paths, "phone")
    with pytest.raises(HarError, match="every subject of the split has a recording, but subject 123456, side test"):
        validate.run(chosen, paths)


def test_no_recordings_are_one_sentence(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    assert collect.run(params(), paths).startswith("collect: 0 recordings of 0 people, 0 files rejected")
    with pytest.raises(HarError, match="holds no recordings: make some with `har live`, or leave phone out"):
        download.run(params(), paths, "phone")
    assert not paths.raw("phone").exists()


def test_none_but_bad_recordings_are_one_sentence(paths: Paths) -> None:
    for name in ("one", "two", "three"):
        (paths.recordings / f"{name}.csv").unlink()
    collect.run(params(), paths)
    with pytest.raises(HarError, match=r"no file in .* can be used, broken\.csv for one: .*needs the column"):
        download.run(params(), paths, "phone")
