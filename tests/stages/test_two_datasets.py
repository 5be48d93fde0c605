"""Two data sets in one processed table: excerpts of the real recordings, from files to a model."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from har.datasets import catalog, store
from har.datasets.schema import BASIC, JOGGING, Recording
from har.errors import HarError
from har.models.families import family, family_knobs
from har.params import Params
from har.paths import Paths
from har.stages import featurize, inputs, preprocess

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "motionsense.zip"
PEOPLE = {
    "hapt": {1: "train", 5: "validation", 2: "test"},
    "motionsense": {101: "train", 103: "validation", 104: "test"},
}
MOST = 192  # samples kept of each interval

pytestmark = pytest.mark.skipif(not SHARED.is_file(), reason=f"{SHARED} is absent: the authors' archive is needed")


def knobs(datasets: tuple[str, ...] = ("hapt", "motionsense"), activities: str = "joint") -> Params:
    """The committed params with another step, so that no published count is expected of an excerpt."""
    raw = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    raw |= {"datasets": list(datasets), "activities": activities}
    raw["preprocess"] |= {"step": 32, "validation_subjects": {"hapt": [5], "motionsense": [103]}}
    return Params.model_validate(raw)


def excerpt(recordings: list[Recording], name: str) -> Iterator[Recording]:
    for one in recordings:
        if one.subject in PEOPLE[name]:
            kept = tuple(replace(item, end=min(item.end, item.start + MOST)) for item in one.intervals)
            yield replace(one, intervals=kept)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A checkout with three people of each data set, preprocessed and featurized together."""
    found = Paths(tmp_path_factory.mktemp("checkout"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAR_MIRROR", str(SHARED.parent))
        for name, route in (("hapt", "package"), ("motionsense", "mirror")):
            recordings = catalog.get(name).retrieve(route, knobs().download, found.root)
            store.write(list(excerpt(recordings, name)), found.raw(name))
    preprocess.run(knobs(), found)
    featurize.run(knobs(), found)
    return found


def test_each_subject_is_on_the_side_that_its_data_set_says(paths: Paths) -> None:
    index = pd.read_parquet(paths.processed / "index.parquet")
    for name, sides in PEOPLE.items():
        rows = index[index["dataset"] == name]
        assert dict(zip(rows["subject"], rows["split"], strict=True)) == sides
    assert index.groupby("recording")["dataset"].nunique().max() == 1


def test_both_data_sets_are_in_the_same_units(paths: Paths) -> None:
    table = inputs.read(knobs(), paths, "windows")
    still = table.index["label"].isin(["sitting", "standing"]).to_numpy()
    for name in PEOPLE:
        windows = table.x[still & (table.index["dataset"] == name).to_numpy()]
        assert np.median(np.linalg.norm(windows[..., :3], axis=-1)) == pytest.approx(9.81, abs=0.3)
        assert np.median(np.linalg.norm(windows[..., 3:], axis=-1)) < 0.3


def test_jogging_and_laying_come_from_one_data_set_each(paths: Paths) -> None:
    table = inputs.read(knobs(), paths, "windows")
    assert table.activities == (*BASIC, JOGGING)
    sources = table.index.groupby("label")["dataset"].unique().map(sorted)
    assert sources[JOGGING] == ["motionsense"]
    assert sources["laying"] == ["hapt"]
    assert sources["walking"] == ["hapt", "motionsense"]


def test_a_model_of_both_tells_them_apart_and_knows_strangers(paths: Paths) -> None:
    params = knobs()
    table = inputs.read(params, paths, "features")
    train, validation, test = (table.side(side).examples() for side in ("train", "validation", "test"))
    name = "logistic_regression"
    module = family(name)
    trained = module.fit(
        train, validation, family_knobs(name, params.train.family(name)), table.activities, seed=0, threads=1
    )
    assert trained.validation["accuracy"] > 0.5
    assert set(test.subjects.tolist()) == {2, 104}


def test_one_data_set_keeps_its_windows_beside_another(paths: Paths, tmp_path: Path) -> None:
    alone = Paths(tmp_path)
    alone.raw("motionsense").parent.mkdir(parents=True)
    alone.raw("motionsense").symlink_to(paths.raw("motionsense"))
    preprocess.run(knobs(("motionsense",)), alone)
    table = inputs.read(knobs(("motionsense",)), alone, "windows")
    assert table.activities == (*BASIC[:5], JOGGING)
    together = inputs.read(knobs(), paths, "windows")
    same = (together.index["dataset"] == "motionsense").to_numpy()
    np.testing.assert_array_equal(together.x[same], table.x)


def test_a_data_set_without_validation_subjects_is_named_before_anything_is_written(
    paths: Paths, tmp_path: Path
) -> None:
    params = knobs()
    only = params.preprocess.model_copy(update={"validation_subjects": {"hapt": (5,)}})
    elsewhere = Paths(tmp_path)
    elsewhere.raw("hapt").parent.mkdir(parents=True)
    for name in PEOPLE:
        elsewhere.raw(name).symlink_to(paths.raw(name))
    with pytest.raises(HarError, match=r"validation_subjects\.motionsense is missing"):
        preprocess.run(params.model_copy(update={"preprocess": only}), elsewhere)
    assert not elsewhere.processed.exists()
