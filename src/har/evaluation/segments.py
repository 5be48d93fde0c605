"""Runs of equal labels, and what becomes of them: found, missed, broken up, run together or made up."""

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
FATES: Final = ("correct", "none", "fragmented", "merged", "both")


def runs(values: Places) -> tuple[Places, Places, Places]:
    """First, one past the last, and value of each run of equal `values [n]`: three times `[r]`."""
    bounds = np.flatnonzero(np.diff(values)) + 1
    first = np.concatenate([[0], bounds]).astype(np.int64)[: len(values)]
    last = np.append(first[1:], len(values))[: len(first)]
    return first, last, values[first]


def events(truth: Places, named: Places) -> tuple[dict[str, int], dict[str, int]]:
    """Fates of the true segments and of the answered ones, in the sense of Ward, Lukowicz and Gellersen 2011.

    truth, named: `[n]` place of the label and of the answer; a negative answer is no segment. A segment is a run.
    Returns two counts. Of the true segments: `correct` (one answered segment of its activity overlaps it, and that
    one overlaps no other), `deleted` (none does), `fragmented` (several do), `merged` (the one that does overlaps
    several true segments), `fragmented_merged`. Of the answered ones, likewise: `correct`, `inserted` (it overlaps
    no true segment of its activity), `fragmenting`, `merging`, `fragmenting_merging`.
    """
    true_run, named_run = _run_of_frame(truth), _run_of_frame(named)
    alike = truth == named
    pairs = np.unique(np.stack([true_run[alike], named_run[alike]], axis=1), axis=0)
    true_ids, named_ids = np.arange(true_run[-1] + 1 if len(truth) else 0), np.unique(named_run[named >= 0])
    partners, owners = Counter(pairs[:, 0].tolist()), Counter(pairs[:, 1].tolist())
    broken = {int(one) for one, other in pairs if partners[int(one)] > 1}
    joined = {int(one) for one, other in pairs if owners[int(other)] > 1}
    breaking = {int(other) for one, other in pairs if partners[int(one)] > 1}
    joining = {int(other) for one, other in pairs if owners[int(other)] > 1}
    of_truth = _fates(true_ids, partners, broken, joined)
    of_named = _fates(named_ids, owners, breaking, joining)
    true_words = ("correct", "deleted", "fragmented", "merged", "fragmented_merged")
    named_words = ("correct", "inserted", "fragmenting", "merging", "fragmenting_merging")
    return (
        {word: of_truth[fate] for word, fate in zip(true_words, FATES, strict=True)},
        {word: of_named[fate] for word, fate in zip(named_words, FATES, strict=True)},
    )


def edit(truth: Places, named: Places) -> float:
    """1 - Levenshtein distance between the sequences of segments, over the longer one's length (Lea et al. 2016).

    truth, named: `[n]` as for `events`. 1 is the same order of activities, whatever their lengths.
    """
    left, right = (runs(values)[2] for values in (truth, named))
    right = right[right >= 0]
    longest = max(len(left), len(right))
    return 1 - levenshtein(left, right) / longest if longest else 1.0


def levenshtein(left: Places, right: Places) -> int:
    """Fewest insertions, deletions and substitutions that turn `left [n]` into `right [m]` (Levenshtein 1966)."""
    row = list(range(len(right) + 1))
    for i, value in enumerate(left, start=1):
        previous, row = row, [i]
        for j, other in enumerate(right, start=1):
            row.append(min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + int(value != other)))
    return row[-1]


def _run_of_frame(values: Places) -> Places:
    """Number of the run that each frame is in `[n]`, from 0."""
    return np.cumsum(np.append(0, np.diff(values) != 0))[: len(values)].astype(np.int64)


def _fates(ids: Places, partners: Counter[int], broken: set[int], joined: set[int]) -> Counter[str]:
    """How many of the runs `ids` have each of `FATES`; partners: how many runs of the other side each overlaps."""
    fates: Counter[str] = Counter()
    for run in ids.tolist():
        if not partners[run]:
            fates["none"] += 1
        elif run in broken:
            fates["both" if run in joined else "fragmented"] += 1
        else:
            fates["merged" if run in joined else "correct"] += 1
    return fates
