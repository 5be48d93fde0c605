"""The measured part of docs/monitoring.md."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy import stats

from har.errors import HarError
from har.evaluation.comparison import table
from har.files import write_text
from har.paths import Paths

BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->"
HEAD: Final = ("What is judged", "Draws", "Alarms", "Named", "Features drifted, median", "Alarms by name")


def write(rows: Sequence[Mapping[str, Any]], paths: Paths) -> None:
    """Put the tables between the marks of docs/monitoring.md. Raises: HarError for a page without marks."""
    page = paths.root / "docs" / "monitoring.md"
    text = page.read_text(encoding="utf-8") if page.is_file() else BEGIN + END
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise HarError(f"{page} lacks the marks {BEGIN.strip()} and {END}: put them where the tables belong.")
    write_text(page, before + BEGIN + measured(rows) + END + after)


def measured(rows: Sequence[Mapping[str, Any]]) -> str:
    """One table, and what it means for false alarms."""
    sound = next(row for row in rows if row["expected"] is None)
    usual = sound["usual"]
    upper = stats.binomtest(sound["alarms"], sound["draws"]).proportion_ci(method="exact").high
    cells = [
        [
            row["title"],
            str(row["draws"]),
            str(row["alarms"]),
            "" if row["expected"] is None else str(row["named"]),
            f"{row['drifted']:g}",
            ", ".join(f"{name} {count}" for name, count in row["findings"].items()),
        ]
        for row in rows
    ]
    return (
        f"False alarms on whole recordings: {sound['alarms']} of {sound['draws']} people "
        f"(95 % interval up to {upper:.0%}, Clopper-Pearson).\n"
        f"A two-sample Kolmogorov-Smirnov test that takes windows for independent, corrected in the same way, finds "
        f"drift in {sum(count > 0 for count in usual)} of them, in {np.median(usual):g} features in the median.\n\n"
        f"{table(HEAD, cells)}\n"
    )
