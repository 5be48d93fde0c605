"""Scores of a recogniser that listens to whole recordings: by frame, by segment, and by how late it is.

A frame is one sample of the recording. Frames whose label is not among the activities that are asked for, or that have
none, are run through and never scored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.datasets.schema import Interval, word
from har.evaluation.segments import edit, events, runs
from har.evaluation.tally import by_class

NONE: Final = -1  # the place of a label, or of an answer, that is not among the activities that are scored
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """One recording and the answers to it, as places in a list of activities.

    truth: `[t]` place of each frame's label, or `NONE`. labelled: `[t]` bool, whether it has a label of any kind.
    answers: `[m]` place of each answer, or `NONE`. ends: `[m]` the last frame that each answer has seen, ascending.
    """

    truth: Places
    labelled: NDArray[np.bool_]
    answers: Places
    ends: Places

    @property
    def named(self) -> Places:
        """The latest answer at each frame `[t]`, `NONE` before the first."""
        latest = np.searchsorted(self.ends, np.arange(len(self.truth)), side="right")
        return np.concatenate([[NONE], self.answers])[latest]


def stream(
    intervals: Sequence[Interval],
    length: int,
    named: Sequence[str],
    ends: Sequence[int] | Places,
    activities: Sequence[str],
) -> Stream:
    """Pair a recording of `length` frames with the answers to it.

    intervals: in frames. named: `[m]` the activity of each answer. ends: `[m]` the last frame that each has seen.
    activities: those that are scored; `transition` among them stands for any transition.
    """
    places = {name: place for place, name in enumerate(activities)}
    truth = np.full(length, NONE, np.int64)
    labelled = np.zeros(length, np.bool_)
    for interval in intervals:
        truth[interval.start : interval.end] = places.get(word(interval.activity, activities), NONE)
        labelled[interval.start : interval.end] = True
    answers = np.array([places.get(word(name, activities), NONE) for name in named], np.int64)
    return Stream(truth, labelled, answers, np.asarray(ends, np.int64))


def score(streams: Sequence[Stream], activities: Sequence[str], rate_hz: float) -> dict[str, Any]:
    """Score the streams of one model; a share is of 1.

    activities: those of the streams. Returns `frames` (scored), `macro_f1` (over the activities that occur),
    `accuracy`, `classes` (activity to its F1), `edit` (mean over recordings), `truth_segments` and
    `answer_segments` (counts, as `segments.events` gives them), `delay` and `delay_labelled_before` (as `lateness`)
    and `changes_per_minute` (of the answer, over whole recordings).
    """
    confusion = np.zeros((len(activities) + 1,) * 2)
    for item in streams:
        scored = item.truth != NONE
        np.add.at(confusion, (item.truth[scored], item.named[scored]), 1)  # NONE is the last column
    _, _, f1, support = (values[0, :-1] for values in by_class(confusion[None]))
    pairs = [_scored(item) for item in streams]
    counted = [events(*pair) for pair in pairs]
    late = np.concatenate([delays(item) for item in streams])
    minutes = sum(len(item.truth) for item in streams) / rate_hz / 60
    return {
        "frames": int(confusion.sum()),
        "macro_f1": float(f1[support > 0].mean()),
        "accuracy": float(np.trace(confusion) / confusion.sum()),
        "classes": {name: float(value) for name, value, n in zip(activities, f1, support, strict=True) if n},
        "edit": float(np.mean([edit(*pair) for pair in pairs])),
        "truth_segments": {key: sum(truth[key] for truth, _ in counted) for key in counted[0][0]},
        "answer_segments": {key: sum(answer[key] for _, answer in counted) for key in counted[0][1]},
        "delay": lateness(late[:, 0], rate_hz),
        "delay_labelled_before": lateness(late[late[:, 1] == 1, 0], rate_hz),
        "changes_per_minute": sum(int(np.count_nonzero(np.diff(item.answers))) for item in streams) / minutes,
    }


def over_seeds(scores: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`mean`, `sd` (n - 1; 0 with one seed) and `n` of every number of `score`, in its own place.

    A number that a seed has not (None) is left out, and counts in no `n`; without any, mean and sd are None.
    """
    result: dict[str, Any] = {}
    for name, first in scores[0].items():
        values = [one[name] for one in scores]
        if isinstance(first, Mapping):
            result[name] = over_seeds(values)
            continue
        numbers = np.array([value for value in values if value is not None], np.float64)
        result[name] = {
            "mean": float(numbers.mean()) if numbers.size else None,
            "sd": float(numbers.std(ddof=1)) if numbers.size > 1 else 0.0 if numbers.size else None,
            "n": int(numbers.size),
        }
    return result


def delays(item: Stream) -> NDArray[np.float64]:
    """How late each change of activity is recognised: `[c, 2]`, frames (NaN: never) and whether a label comes before.

    A change is where a scored frame has another label than the scored frame before it. It is recognised by the first
    answer after it that names the new activity and is followed by another that does, before the next change; frames
    after the label's start, 0 where the answer at that frame is right already. The second column is 1 where the frame
    right before the change is labelled (such as with a transition), and 0 where it is not: there, the new activity may
    well have begun before its label.
    """
    frames = np.flatnonzero(item.truth != NONE)
    first, last, values = runs(item.truth[frames])
    kept = np.append(item.answers[:-1] == item.answers[1:], False)
    rows = []
    for start, end, value in zip(frames[first][1:], frames[last - 1][1:], values[1:], strict=True):
        begin = max(int(np.searchsorted(item.ends, start, side="right")) - 1, 0)
        until = int(np.searchsorted(item.ends, end, side="right"))
        right = np.flatnonzero(kept[begin:until] & (item.answers[begin:until] == value))
        late = max(0, int(item.ends[begin + right[0]] - start)) if right.size else np.nan
        rows.append((late, float(item.labelled[start - 1])))
    return np.array(rows, np.float64).reshape(-1, 2)


def lateness(late: NDArray[np.float64], rate_hz: float) -> dict[str, float | int | None]:
    """`changes`, `p50_s` and `p95_s` of those recognised (None without any), and the share `never` recognised.

    late: `[c]` frames, NaN where a change is never recognised.
    """
    found = late[~np.isnan(late)] / rate_hz
    p50, p95 = (float(value) for value in np.percentile(found, (50, 95))) if found.size else (None, None)
    never = 1 - found.size / late.size if late.size else None
    return {"changes": int(late.size), "p50_s": p50, "p95_s": p95, "never": never}


def _scored(item: Stream) -> tuple[Places, Places]:
    """Truth and latest answer of the scored frames alone, in time order `[s]`."""
    scored = item.truth != NONE
    return item.truth[scored], item.named[scored]
