"""What may be expected of a table, in plain words and as Great Expectations knows it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Expectation:
    """One expectation.

    kind: a class of Great Expectations without its `Expect`, such as `ColumnValuesToBeBetween`.
    words: what must hold, as a clause that a reader without the code understands.
    arguments: of that class.
    """

    kind: str
    words: str
    arguments: Mapping[str, Any]

    @property
    def column(self) -> str:
        """The column or columns it looks at; empty for the table as a whole."""
        if "column_list" in self.arguments:
            return ", ".join(self.arguments["column_list"])
        names = (self.arguments.get(key) for key in ("column", "column_A", "column_B"))
        return ", ".join(name for name in names if name)


@dataclass(frozen=True)
class Table:
    """Rows to validate and what is expected of them.

    keys: the columns that name a row to a reader; those that are empty in a row are left out of its name.
    """

    name: str
    rows: pd.DataFrame
    keys: tuple[str, ...]
    expectations: tuple[Expectation, ...]


def between(column: str, low: float | None, high: float | None, words: str) -> Expectation:
    """Every value from `low` to `high`, both included; empty values are not looked at."""
    return Expectation("ColumnValuesToBeBetween", words, {"column": column, "min_value": low, "max_value": high})


def above(column: str, low: float, words: str) -> Expectation:
    """Every value is larger than `low`; empty values are not looked at."""
    return Expectation("ColumnValuesToBeBetween", words, {"column": column, "min_value": low, "strict_min": True})


def one_of(column: str, values: Collection[Any], words: str) -> Expectation:
    """Every value is one of `values`; empty values are not looked at."""
    return Expectation("ColumnValuesToBeInSet", words, {"column": column, "value_set": list(values)})


def all_of(column: str, values: Collection[Any], words: str) -> Expectation:
    """Each of `values` is there at least once."""
    return Expectation("ColumnDistinctValuesToContainSet", words, {"column": column, "value_set": list(values)})


def present(column: str, words: str) -> Expectation:
    """No value is empty."""
    return Expectation("ColumnValuesToNotBeNull", words, {"column": column})


def unique(column: str, words: str) -> Expectation:
    """No value is there twice."""
    return Expectation("ColumnValuesToBeUnique", words, {"column": column})


def unique_together(columns: Sequence[str], words: str) -> Expectation:
    """No combination of values is there twice."""
    return Expectation("CompoundColumnsToBeUnique", words, {"column_list": list(columns)})


def equal(column: str, other: str, words: str) -> Expectation:
    """Two columns hold the same values row by row."""
    return Expectation("ColumnPairValuesToBeEqual", words, {"column_A": column, "column_B": other})


def row_count(count: int, words: str) -> Expectation:
    """The table has `count` rows."""
    return Expectation("TableRowCountToEqual", words, {"value": count})


def least_rows(count: int, words: str) -> Expectation:
    """The table has `count` rows or more."""
    return Expectation("TableRowCountToBeBetween", words, {"min_value": count})


def distinct(column: str, count: int, words: str) -> Expectation:
    """The column holds `count` different values."""
    arguments = {"column": column, "min_value": count, "max_value": count}
    return Expectation("ColumnUniqueValueCountToBeBetween", words, arguments)


def total(column: str, amount: int, words: str) -> Expectation:
    """The column adds up to `amount`."""
    return Expectation("ColumnSumToBeBetween", words, {"column": column, "min_value": amount, "max_value": amount})
