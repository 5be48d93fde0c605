from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from small_corpus import ACTIVITIES, EACH, SIDES

from har.datasets import phone
from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.studies import corpus as corpora
from phone import canonical_samples, write_csv


def test_what_the_pipeline_made_is_read_as_it_is(params: Params, paths: Paths) -> None:
    corpus = corpora.load(params, paths)
    assert corpus.activities == ACTIVITIES
    assert corpus.windows.shape == (len(SIDES) * 3 * EACH, 128, 6)
    assert corpus.features.shape == (len(corpus.windows), 12)
    np.testing.assert_array_equal(corpus.features[:, :6], corpus.windows.mean(axis=1))
    rows = np.flatnonzero(corpus.subjects == 3)
    examples = corpus.examples(rows, "features")
    assert examples.y.tolist() == [0] * EACH + [1] * EACH + [2] * EACH
    np.testing.assert_array_equal(examples.x, corpus.features[rows])


def test_without_features_the_windows_are_the_same_content(params: Params, paths: Paths) -> None:
    bare = corpora.load(params, paths, features=False)
    assert bare.features.shape == (len(bare.windows), 0)
    assert bare.sha256 == corpora.load(params, paths).sha256


def test_a_set_of_activities_selects_rows(params: Params, paths: Paths) -> None:
    corpus = corpora.load(params, paths, activities="shared")
    assert corpus.activities == ("walking", "sitting")
    assert set(corpus.index["label"]) == {"walking", "sitting"}


@pytest.mark.parametrize("choice", [{"activities": "none"}, {"datasets": ("none",)}, {"datasets": ()}])
def test_an_unknown_choice_is_named(params: Params, paths: Paths, choice: dict[str, str]) -> None:
    with pytest.raises(HarError, match=f"{next(iter(choice))}|none"):
        corpora.load(params, paths, **choice)


def test_a_corrupt_file_is_named(params: Params, paths: Paths) -> None:
    path = paths.processed / "windows.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    with pytest.raises(HarError, match=r"windows\.npy is corrupt"):
        corpora.load(params, paths)


@pytest.fixture
def stages(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stages that take notes instead of minutes; preprocess and featurize leave what the checkout has."""
    ran: list[str] = []

    def stage(name: str, made: Path | None) -> SimpleNamespace:
        def run(params: Params, places: Paths, *_: str) -> str:
            ran.append(name)
            if made is not None:
                target = places.root / made.relative_to(paths.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.exists():
                    target.symlink_to(made)
            return name

        return SimpleNamespace(run=run)

    monkeypatch.setattr(corpora, "download", stage("download", None))
    monkeypatch.setattr(corpora, "validate", stage("validate", None))
    monkeypatch.setattr(corpora, "preprocess", stage("preprocess", paths.processed))
    monkeypatch.setattr(corpora, "featurize", stage("featurize", paths.features))
    return ran


def test_other_data_sets_are_made_apart_and_once(params: Params, paths: Paths, stages: list[str]) -> None:
    corpus = corpora.load(params, paths, ("motionsense",))
    assert stages == ["download", "validate", "preprocess", "featurize"]
    assert len(corpus.windows)
    assert (paths.root / "data" / "studies" / "motionsense" / "data" / "processed").exists()
    corpora.load(params, paths, ("motionsense",), "shared")
    assert len(stages) == 4


def test_other_knobs_make_them_again(params: Params, paths: Paths, stages: list[str]) -> None:
    corpora.load(params, paths, ("motionsense",))
    other = params.model_copy(update={"preprocess": params.preprocess.model_copy(update={"step": 32})})
    corpora.load(other, paths, ("motionsense",))
    assert stages.count("preprocess") == 2


def test_the_pipeline_s_own_data_sets_are_not_made_again(params: Params, paths: Paths, stages: list[str]) -> None:
    corpora.load(params, paths, params.datasets)
    assert stages == []


def recorded(place: Path, person: str, seed: int) -> None:
    """A person who stands, walks and lies, with the noise of real sensors."""
    noise = np.random.default_rng(seed).normal(0, 0.02, size=(1500, 6))
    labels = [name for name in ("standing", "walking", "laying") for _ in range(500)]
    place.mkdir(parents=True, exist_ok=True)
    write_csv(place / f"{person}.csv", canonical_samples(50.0) + noise, header={"subject": person}, activities=labels)


def test_what_people_recorded_is_part_of_a_corpus_and_a_new_recording_changes_it(params: Params, paths: Paths) -> None:
    sides = {
        "validation_subjects": {"phone": (phone.number("ada"),)},
        "test_subjects": {"phone": (phone.number("ben"),)},
    }
    params = params.model_copy(update={"preprocess": params.preprocess.model_copy(update=sides)})
    for person, seed in (("ada", 1), ("ben", 2), ("cem", 3)):
        recorded(paths.recordings, person, seed)
    first = corpora.load(params, paths, ("phone",), "shared")
    assert len(np.unique(first.subjects)) == 3
    assert corpora.load(params, paths, ("phone",), "shared").sha256 == first.sha256
    recorded(paths.recordings, "eve", 4)
    second = corpora.load(params, paths, ("phone",), "shared")
    assert len(np.unique(second.subjects)) == 4
    assert second.sha256 != first.sha256


def test_without_recordings_the_choice_is_refused(params: Params, paths: Paths) -> None:
    paths.recordings.mkdir(parents=True)
    with pytest.raises(HarError, match=r"data/recordings holds no recordings: make some with `har live`"):
        corpora.load(params, paths, ("phone",))
