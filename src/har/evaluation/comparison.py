"""The table that compares families, in Markdown, and its place in the README."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from har.errors import HarError
from har.evaluation import words

START: Final = "<!-- comparison -->"
END: Final = "<!-- /comparison -->"

HEADER: Final = (
    "Family",
    "Macro-F1, %",
    "95 % interval",
    "Accuracy, %",
    "Worst subject, %",
    "ECE, %",
    "McNemar p",
    "Seeds",
)
LEGEND: Final = """\
Mean ± standard deviation over seeds, on the test subjects only. Interval: of macro-F1, by bootstrap over test subjects.
Worst subject: accuracy of the subject with the lowest. ECE: expected calibration error, 0 is perfect. McNemar: the seed
that validation chose against {baseline} on the same windows; windows of one person are not
independent, so p is smaller than it should be. `params.yaml` gives each family its own number of epochs and seeds."""


def markdown(metrics: Mapping[str, Any]) -> str:
    """Comparison table over families, best macro-F1 first, with a legend.

    metrics: what `reports/metrics.json` holds: `families` (name to `scores.family`), `mcnemar` (name to
    `significance.mcnemar` against `baseline`; empty without one) and `baseline`.
    """
    families = metrics["families"]
    rows = [_row(name, families[name], metrics["mcnemar"].get(name)) for name in ranked(families)]
    legend = LEGEND.format(baseline=words.family(metrics["baseline"]).lower())
    return f"{table(HEADER, rows)}\n\n{legend}\n"


def ranked(families: Mapping[str, Any]) -> list[str]:
    """Names of families, the best mean macro-F1 first, equals by name."""
    return sorted(families, key=lambda name: (-families[name]["macro_f1"]["mean"], name))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], text: int = 1) -> str:
    """Markdown table: the first `text` columns to the left, the others to the right."""
    rule = ["---"] * text + ["---:"] * (len(header) - text)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))


def spread(value: Mapping[str, float], digits: int = 1) -> str:
    """Mean in percent, with ± sd where there is more than one seed."""
    mean = f"{100 * value['mean']:.{digits}f}"
    return f"{mean} ± {100 * value['sd']:.{digits}f}" if value["n_seeds"] > 1 else mean


def interval(value: Mapping[str, float]) -> str:
    """95 % interval in percent, "96.1 to 98.2"."""
    return f"{100 * value['low']:.1f} to {100 * value['high']:.1f}"


def p_text(p: float) -> str:
    """A p value as text; what is below 0.001 is not told apart."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def readme_table(readme_text: str, comparison_md: str) -> str:
    """`readme_text` with `comparison_md` between its comparison markers; without one such pair it is a `HarError`."""
    start, end = readme_text.find(START), readme_text.find(END)
    if readme_text.count(START) != 1 or readme_text.count(END) != 1 or end < start:
        raise HarError(f"README.md: put one line {START} and, below it, one line {END} where the comparison belongs.")
    return f"{readme_text[: start + len(START)]}\n{comparison_md.strip()}\n{readme_text[end:]}"


def _row(name: str, values: Mapping[str, Mapping[str, float]], test: Mapping[str, float] | None) -> list[str]:
    return [
        words.family(name),
        spread(values["macro_f1"]),
        interval(values["macro_f1"]),
        spread(values["accuracy"]),
        spread(values["worst_subject_accuracy"]),
        f"{100 * values['ece']['mean']:.1f}",
        "–" if test is None else p_text(test["p"]),
        str(values["macro_f1"]["n_seeds"]),
    ]
