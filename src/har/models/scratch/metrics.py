"""How often a network is right."""

from collections.abc import Sequence

from .vectors import Rows


def named(scores: Rows) -> list[int]:
    """The class with the highest score or probability in each row, `[n]`."""
    return [max(range(len(row)), key=row.__getitem__) for row in scores]


def accuracy(labels: Sequence[int], answers: Sequence[int]) -> float:
    """Share of answers that are right."""
    return sum(map(int.__eq__, labels, answers)) / len(labels)


def macro_f1(labels: Sequence[int], answers: Sequence[int]) -> float:
    """Mean over the classes that occur in `labels` of F1 = 2 hits / (times it occurs + times it is named)."""
    pairs = list(zip(labels, answers, strict=True))
    classes = sorted(set(labels))
    return sum(2 * pairs.count((c, c)) / (labels.count(c) + answers.count(c)) for c in classes) / len(classes)
