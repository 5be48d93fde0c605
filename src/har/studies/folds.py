"""Cross-validation's folds: which subjects are held out together, a function of subject ids alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError
from har.studies.corpus import Corpus


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold: the subjects held out, and the rows of the corpus that are trained on and that are predicted."""

    number: int
    subjects: tuple[int, ...]
    train: NDArray[np.int64]
    test: NDArray[np.int64]


def deal(subjects: Sequence[int], count: int, seed: int) -> list[tuple[int, ...]]:
    """Shuffle the subjects and deal them into `count` groups whose sizes differ by one at most, ids ascending in each.

    Raises: HarError for more folds than subjects.
    """
    known = sorted(set(subjects))
    if not 2 <= count <= len(known):
        raise HarError(f"{count} folds of {len(known)} subjects: give at least 2 and at most as many as subjects.")
    shuffled = np.random.default_rng(seed).permutation(known).tolist()
    return [tuple(sorted(shuffled[first::count])) for first in range(count)]


def folds_of(corpus: Corpus, count: int | None, subjects: str, seed: int) -> list[Fold]:
    """Folds over the corpus.

    count: how many; None holds out one subject at a time. subjects: `all`, or `training` for all but the authors' test
    subjects. Raises: HarError for more folds than subjects, or a fold that leaves an activity without training windows.
    """
    used = np.flatnonzero((corpus.index["split"] != "test").to_numpy() | (subjects == "all"))
    ids, y = corpus.subjects[used], corpus.y[used]
    known = sorted(set(ids.tolist()))
    groups = [(subject,) for subject in known] if count is None else deal(known, count, seed)
    folds = []
    for number, group in enumerate(groups):
        held = np.isin(ids, group)
        missing = sorted(set(range(len(corpus.activities))) - set(y[~held].tolist()))
        if missing:
            raise HarError(
                f"without the subjects {', '.join(map(str, group))} (fold {number}) no training window is labelled "
                f"{corpus.activities[missing[0]]}: choose other activities, more subjects or more folds."
            )
        folds.append(Fold(number, group, used[~held], used[held]))
    return folds
