"""The table of everything that the project shows, with the limits it must keep, as a page and for the README."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from har.evaluation import words
from har.evaluation.comparison import table

HEADER: Final = ("Figure", "Value", "Spread (sd)", "n", "Limit", "Kept", "Over what")
FAMILIES: Final = ("Family", "Test subjects, macro-F1", "Worst subject", "Seeds", "k-fold, macro-F1", "Pooled")

HEAD: Final = """\
# Results

Made by `make results`, which trains whatever is not there yet. HAPT, six activities, unless the name says otherwise;
shares of 1.

{limits}
"""
TAIL: Final = """
## Families on the same windows and subjects

The authors' split (mean and spread over seeds), and k-fold by subject over all 30 subjects (mean and spread over folds,
then all windows at once; a dash where it was left out for its cost).

{families}
"""


@dataclass(frozen=True)
class Row:
    """One figure: shares of 1 unless the name has a unit.

    sd: over the `n` seeds, folds or subjects that `how` names. at_least, at_most: what it must keep, if anything.
    """

    name: str
    value: float
    sd: float
    n: int
    how: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the limit is kept; None without one."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most

    def document(self) -> dict[str, Any]:
        """The row as JSON, without the limits that there are not."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def markdown(rows: Sequence[Row], peers: Mapping[str, Mapping[str, Any]]) -> str:
    """The page: the table of limits, and families side by side.

    peers: name of a family to `official` (macro_f1 and worst_subject_accuracy with mean, sd and n) and, where it was
    cross-validated, `folds` (macro_f1_folds and macro_f1_pooled).
    """
    if not peers:
        return HEAD.format(limits=limits(rows))
    ranked = sorted(peers, key=lambda name: -float(peers[name]["official"]["macro_f1"]["mean"]))
    families = table(FAMILIES, [_family(name, peers[name]) for name in ranked])
    return HEAD.format(limits=limits(rows)) + TAIL.format(families=families)


def limits(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    return table(HEADER, [[row.name, *_figures(row), row.how] for row in rows])


def _figures(row: Row) -> list[str]:
    digits = 1 if row.name.endswith("kB") else 4
    limit = "" if row.at_least is None else f"≥ {row.at_least:g}"
    if row.at_most is not None:
        limit = f"≤ {row.at_most:g}"
    kept = {None: "", True: "yes", False: "**no**"}[row.kept]
    return [f"{row.value:.{digits}f}", f"{row.sd:.{digits}f}", str(row.n), limit, kept]


def _family(name: str, found: Mapping[str, Any]) -> list[str]:
    official, folds = found["official"], found.get("folds")
    return [
        words.family(name),
        _spread(official["macro_f1"]),
        _spread(official["worst_subject_accuracy"]),
        str(official["macro_f1"]["n"]),
        _spread(folds["macro_f1_folds"]) if folds else "–",
        f"{folds['macro_f1_pooled']['mean']:.4f}" if folds else "–",
    ]


def _spread(value: Mapping[str, Any]) -> str:
    return f"{value['mean']:.4f}" + (f" ± {value['sd']:.4f}" if value["n"] > 1 else "")
