import pytest
from hypothesis import given
from hypothesis import strategies as st

from har import params
from har.datasets import hapt, motionsense
from har.datasets.split import split_of
from har.errors import HarError


def test_every_row_is_on_the_side_of_its_subject() -> None:
    sides = split_of([1, 1, 2, 5, 3, 2], test=(2,), validation=(5,))
    assert sides == ["train", "train", "test", "validation", "train", "test"]


@given(st.lists(st.integers(1, 30), min_size=1), st.sets(st.integers(1, 30)), st.data())
def test_no_subject_is_ever_on_two_sides(subjects: list[int], test: set[int], data: st.DataObject) -> None:
    free = sorted(set(subjects) - test)
    validation = data.draw(st.sets(st.sampled_from(free)) if free else st.just(set()))
    sides = split_of(subjects, test=test, validation=validation)
    assert len(sides) == len(subjects)
    assert len(set(zip(subjects, sides, strict=True))) == len(set(subjects))
    assert {subject for subject, side in zip(subjects, sides, strict=True) if side == "validation"} == validation


def test_a_validation_subject_that_is_a_test_subject_is_named() -> None:
    with pytest.raises(HarError, match=r"preprocess\.validation_subjects: 2 is a test subject"):
        split_of([1, 2, 5], test=(2,), validation=(5, 2))


def test_a_validation_subject_without_a_recording_is_named() -> None:
    with pytest.raises(HarError, match=r"preprocess\.validation_subjects: no recording of subject 31"):
        split_of([1, 2, 5], test=(2,), validation=(31,))


def test_the_committed_split_of_hapt_leaves_every_subject_on_one_side() -> None:
    validation = params.load().preprocess.validation("hapt")
    subjects = range(1, 31)
    found = split_of(subjects, test=hapt.DATASET.test_subjects, validation=validation)
    sides = dict(zip(subjects, found, strict=True))
    assert {subject for subject, side in sides.items() if side == "test"} == {2, 4, 9, 10, 12, 13, 18, 20, 24}
    assert {subject for subject, side in sides.items() if side == "validation"} == set(validation)
    assert list(sides.values()).count("train") == 30 - 9 - len(validation)


def test_the_committed_split_of_motionsense_leaves_every_subject_on_one_side() -> None:
    validation = params.load().preprocess.validation("motionsense")
    found = split_of(range(101, 125), test=motionsense.DATASET.test_subjects, validation=validation)
    assert [found.count(side) for side in ("train", "validation", "test")] == [14, 4, 6]


def test_no_number_is_a_subject_of_two_data_sets() -> None:
    assert not set(hapt.DATASET.test_subjects) & set(motionsense.DATASET.test_subjects)
    sides = params.load().preprocess
    assert not set(sides.validation("hapt")) & set(sides.validation("motionsense"))
