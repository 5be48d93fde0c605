"""Losses: one number for how wrong the outputs are, and its gradient, with which the way back begins."""

from collections.abc import Sequence
from math import exp, log
from operator import sub
from typing import Generic, Protocol, TypeVar

from .layers import softmax
from .vectors import Row, Rows, check_rows, dot, each

Target = TypeVar("Target", contravariant=True)


class Loss(Protocol, Generic[Target]):
    """What a loss offers, for outputs `[n, k]` and targets of n rows."""

    def check(self, targets: Sequence[Target], rows: int, outputs: int) -> None:
        """Refuse targets that do not fit. Raises: ValueError that says which."""

    def value(self, outputs: Rows, targets: Sequence[Target]) -> float:
        """L, a mean over the rows."""

    def gradient(self, outputs: Rows, targets: Sequence[Target]) -> Rows:
        """∂L/∂outputs, `[n, k]`."""


class CrossEntropy:
    """Of the softmax of k scores z, against the right class t: -log p_t, where p = softmax(z), in nats.

    Softmax and logarithm are taken together, since they undo each other: L = log Σ_j e^(z_j) - z_t, which cannot
    overflow or meet log 0, and ∂L/∂z_j = p_j - δ_jt: what the network said less what it should have said.
    weights: `[k]`, what a row of each class counts; 1 unless given.
    """

    def __init__(self, weights: Row | None = None) -> None:
        self.weights = weights

    def check(self, targets: Sequence[int], rows: int, outputs: int) -> None:
        """Targets are whole numbers from 0 to k - 1, one a row."""
        if len(targets) != rows:
            raise ValueError(f"labels: there are {len(targets)} for {rows} rows of inputs: give one each")
        for number, label in enumerate(targets):
            if not isinstance(label, int) or not 0 <= label < outputs:
                raise ValueError(
                    f"labels: row {number} has {label!r}: it must be a whole number from 0 to {outputs - 1}"
                )
        if self.weights is not None:
            check_rows([self.weights], outputs, "weights of the classes")

    def value(self, outputs: Rows, targets: Sequence[int]) -> float:
        """Mean of w_t (log Σ_j e^(z_j) - z_t)."""
        return sum(self._weight(t) * (log_sum(z) - z[t]) for z, t in zip(outputs, targets, strict=True)) / len(outputs)

    def gradient(self, outputs: Rows, targets: Sequence[int]) -> Rows:
        """w_t (p_j - δ_jt) / n."""
        rows = []
        for z, t in zip(outputs, targets, strict=True):
            share = self._weight(t) / len(outputs)
            rows.append([share * p for p in softmax(z)])
            rows[-1][t] -= share
        return rows

    def _weight(self, label: int) -> float:
        return 1.0 if self.weights is None else self.weights[label]


class MeanSquaredError:
    """L = mean of (y - t)² over all numbers, ∂L/∂y = 2 (y - t) / (n k): for targets that are numbers, not classes."""

    def check(self, targets: Sequence[Row], rows: int, outputs: int) -> None:
        """Targets are rows of k finite numbers."""
        if len(targets) != rows:
            raise ValueError(f"targets: there are {len(targets)} for {rows} rows of inputs: give one each")
        check_rows(targets, outputs, "targets")

    def value(self, outputs: Rows, targets: Sequence[Row]) -> float:
        """Mean of (y - t)²."""
        errors = each(sub, outputs, targets)
        return sum(dot(row, row) for row in errors) / (len(errors) * len(errors[0]))

    def gradient(self, outputs: Rows, targets: Sequence[Row]) -> Rows:
        """2 (y - t) / (n k)."""
        share = 2 / (len(outputs) * len(outputs[0]))
        return each(lambda y, t: share * (y - t), outputs, targets)


def log_sum(z: Row) -> float:
    """log Σ_j e^(z_j), with the largest z taken out of the sum so that no power overflows."""
    highest = max(z)
    return highest + log(sum(exp(v - highest) for v in z))
