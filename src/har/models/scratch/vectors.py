"""Vectors are rows of numbers, matrices are lists of rows: the little linear algebra that a network needs."""

import sys
from collections.abc import Callable, Sequence
from math import isfinite
from operator import mul

Row = Sequence[float]
Rows = Sequence[Row]
"""A matrix `[n, k]`: n rows of k numbers each, as lists, tuples or `array("d")`."""

if sys.version_info >= (3, 12):
    from math import sumprod as dot
else:

    def dot(a: Row, b: Row) -> float:
        """Sum of a_i b_i. `map` and `sum` loop in C, which is as fast as Python gets."""
        total: float = sum(map(mul, a, b))
        return total


def products(a: Rows, b: Rows) -> list[list[float]]:
    """Every row of `a [n, k]` times every row of `b [m, k]`: the matrix product a bᵀ, `[n, m]`.

    A row of `a` becomes a list first: an array would make its numbers anew for every row of `b`.
    """
    return [[dot(u, v) for v in b] for u in map(list, a)]


def columns(a: Rows) -> list[tuple[float, ...]]:
    """The columns of `a [n, k]` as rows, `[k, n]`: its transpose aᵀ."""
    return list(zip(*a, strict=True))


def each(function: Callable[..., float], *matrices: Rows) -> list[list[float]]:
    """The function of the numbers at each place of matrices `[n, k]` of equal shape, `[n, k]`."""
    return [list(map(function, *rows)) for rows in zip(*matrices, strict=True)]


def width(rows: Rows) -> int:
    """Numbers in the first row, 0 without one: what the others are to be measured by."""
    return len(rows[0]) if len(rows) and hasattr(rows[0], "__len__") else 0


def check_rows(rows: Rows, needed: int, what: str) -> None:
    """Refuse anything but one or more rows of `needed` finite numbers.

    what: the rows' name in the message. Raises: ValueError that names the row and the column.
    """
    if not len(rows):
        raise ValueError(f"{what}: there are no rows: give at least one")
    for number, row in enumerate(rows):
        if not hasattr(row, "__len__"):
            raise ValueError(f"{what}: row {number} is {row!r}, which is no row of numbers")
        if len(row) != needed:
            raise ValueError(f"{what}: row {number} has {len(row)} numbers where {needed} are needed")
        if not _finite(row):
            column = next(i for i, value in enumerate(row) if not _finite([value]))
            raise ValueError(f"{what}: row {number}, column {column} is {row[column]!r}, which is no finite number")


def _finite(row: Row) -> bool:
    try:
        return all(map(isfinite, row))
    except (TypeError, OverflowError):  # text, None, or a whole number beyond any float
        return False
