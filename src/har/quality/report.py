"""What a suite found: as objects, as JSON and Markdown, and as the one line that a reader gets when it failed."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from har.files import write_json, write_text

NAMED = 3  # rows that the one line spells out


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation.

    observed: the figure, range or values found. offending: the first 20 rows at fault, each with the columns that
    name it and the value; offending_count: how many there are. keys: the columns that name a row.
    """

    table: str
    kind: str
    column: str
    words: str
    passed: bool
    observed: str
    offending_count: int
    offending: tuple[dict[str, Any], ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All outcomes of a suite, table by table in the order of the expectations."""

    suite: str
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether every expectation is met."""
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The expectations that are not met."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)


def sentence(report: Report, page: Path) -> str:
    """One line: an expectation that is not met, the rows at fault, how many more, and where the rest is.

    One that names rows goes before one on a whole table, which tells a reader less.
    """
    first = next((outcome for outcome in report.failures if outcome.offending), report.failures[0])
    others = len(report.failures) - 1
    more = f"; {others} more expectation{'s fail' if others > 1 else ' fails'}" if others else ""
    line = f"{report.suite}: {first.words}, but {at_fault(first)}{more}: see {page}, then mend the data or the limit."
    return " ".join(line.split())


def at_fault(outcome: Outcome) -> str:
    """The rows that break an expectation, each by name with its value, the first few of them."""
    if not outcome.offending:
        return f"found {outcome.observed}"
    rows = "; ".join(_row(row, outcome.keys) for row in outcome.offending[:NAMED])
    rest = outcome.offending_count - min(NAMED, len(outcome.offending))
    return f"{rows}; and {rest} more" if rest else rows


def _row(row: dict[str, Any], keys: tuple[str, ...]) -> str:
    name = ", ".join(f"{key} {row[key]}" for key in keys if row[key] is not None)
    values = ", ".join(f"{key} is {'empty' if row[key] is None else row[key]}" for key in row if key not in keys)
    return f"{name}: {values}" if values else name


def plain(value: Any) -> Any:
    """A value as JSON has it: numbers to six digits, empty and NaN as None, infinities as words."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _plain_number(float(value))
    return None if value is None or str(value) in ("<NA>", "NaT", "nan") else str(value)


def _plain_number(value: float) -> int | float | str | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return str(value)
    rounded = float(f"{value:.6g}")
    return int(value) if value.is_integer() and abs(value) < 2**53 else rounded


def write_summary(report: Report, folder: Path) -> None:
    """Write `summary.json` (every outcome) and `summary.md` (a table of them) into `folder`."""
    outcomes = [{key: value for key, value in asdict(outcome).items() if key != "keys"} for outcome in report.outcomes]
    write_json(
        folder / "summary.json",
        {"suite": report.suite, "passed": report.passed, "expectations": len(outcomes), "outcomes": outcomes},
    )
    write_text(folder / "summary.md", markdown(report))


def markdown(report: Report) -> str:
    """A heading and a table: one row an expectation."""
    met = len(report.outcomes) - len(report.failures)
    lines = [
        f"# Quality of {report.suite}",
        "",
        f"{met} of {len(report.outcomes)} expectations met.",
        "",
        "| table | expected | found | met |",
        "|---|---|---|---|",
    ]
    for outcome in report.outcomes:
        found = outcome.observed if outcome.passed else at_fault(outcome)
        cells = (outcome.table, outcome.words, found, "yes" if outcome.passed else "**no**")
        lines.append("| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
