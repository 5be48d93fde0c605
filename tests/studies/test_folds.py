from dataclasses import replace

import numpy as np
import pytest

from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.studies import corpus as corpora
from har.studies.corpus import Corpus
from har.studies.folds import deal, folds_of


@pytest.fixture
def corpus(params: Params, paths: Paths) -> Corpus:
    return corpora.load(params, paths, features=False)


def test_every_subject_is_dealt_once_into_groups_of_nearly_equal_size() -> None:
    groups = deal(range(1, 31), 7, 0)
    assert sorted(subject for group in groups for subject in group) == list(range(1, 31))
    assert {len(group) for group in groups} == {4, 5}


def test_groups_follow_from_the_ids_and_the_seed_alone() -> None:
    assert deal([3, 1, 2, 2, 4], 2, 0) == deal([1, 2, 3, 4], 2, 0)
    assert deal(range(30), 5, 0) != deal(range(30), 5, 1)


@pytest.mark.parametrize("count", [1, 7])
def test_folds_that_subjects_cannot_fill_are_refused(corpus: Corpus, count: int) -> None:
    with pytest.raises(HarError, match=rf"{count} folds of 6 subjects"):
        folds_of(corpus, count, "all", 0)


@pytest.mark.parametrize("count", [None, 3])
def test_no_subject_is_on_both_sides_and_every_window_is_held_out_once(corpus: Corpus, count: int | None) -> None:
    folds = folds_of(corpus, count, "all", 0)
    assert len(folds) == (count or 6)
    for fold in folds:
        assert set(corpus.subjects[fold.test].tolist()) == set(fold.subjects)
        assert not set(corpus.subjects[fold.train].tolist()) & set(fold.subjects)
        assert len(fold.train) + len(fold.test) == len(corpus.index)
    assert sorted(np.concatenate([fold.test for fold in folds]).tolist()) == list(range(len(corpus.index)))


def test_of_training_subjects_the_authors_test_subjects_are_in_no_fold(corpus: Corpus) -> None:
    folds = folds_of(corpus, 2, "training", 0)
    used = {int(s) for fold in folds for rows in (fold.train, fold.test) for s in corpus.subjects[rows]}
    assert used == {1, 3, 5, 6}


def test_a_fold_without_an_activity_to_learn_is_refused_before_training(corpus: Corpus) -> None:
    rare = corpus.index.copy()
    rare.loc[(rare["label"] == "laying") & (rare["subject"] != 3), "label"] = "sitting"
    with pytest.raises(HarError, match=r"without the subjects 3 \(fold 2\) no training window is labelled laying"):
        folds_of(replace(corpus, index=rare), None, "all", 0)
