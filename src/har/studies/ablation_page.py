"""The ablation as a page and as a table for the person who ran it."""

import sys
from collections.abc import Mapping
from typing import Any, Final

from har.evaluation import words
from har.evaluation.comparison import table
from har.params import Params

HEADER: Final = (
    "Variant",
    "Macro-F1, %",
    "Change, points",
    "95 % interval",
    "By fold, %",
    "Worst subject, %",
    "Weights",
    "MFLOP",
)
WIDTH: Final = 140  # columns of a log, which has no width of its own
PAGE: Final = """\
# What each ingredient is worth

The base is the {family} of `params.yaml`{base}. The others are the base without an ingredient, or another family in
its place. All are cross-validated alike: {folds} folds by subject over the {subjects} training subjects of
{data} ({windows:,} windows, {activities} activities), {seeds}. The authors' test subjects are in no fold.

{table}

- Macro-F1: over all out-of-fold windows pooled, mean ± standard deviation over seeds.
- Change: against the base, in points of that macro-F1. Interval: by bootstrap over subjects, the same
  resamples for both ({bootstrap} of them). An interval around 0 means that these subjects cannot tell.
- By fold: macro-F1 of each fold, mean ± standard deviation over folds.
- Worst subject: accuracy of the one with the lowest, mean over seeds.
- Weights: how many are trained. MFLOP: million floating-point operations that one window costs, as TensorFlow's
  profiler counts them in the graph.

Made by `har ablate`; the variants are `studies.ablations` in `params.yaml`. Another family takes over all knobs that
it shares with the base, unless the variant names them.
"""


def markdown(result: Mapping[str, Any], params: Params) -> str:
    """The page of what `ablate.run` found."""
    seeds, base = result["seeds"], result["base"]
    return PAGE.format(
        family=words.family(result["family"]),
        base=", but for " + ", ".join(f"`{name}: {value}`" for name, value in base.items()) if base else "",
        folds=result["folds"],
        subjects=result["subjects"],
        windows=result["windows"],
        data=" and ".join(result["datasets"]),
        activities=len(result["activities"]),
        seeds=f"{len(seeds)} seeds each" if len(seeds) > 1 else "one seed",
        bootstrap=params.evaluate.bootstrap,
        table=table(HEADER, cells(result)),
    )


def cells(result: Mapping[str, Any]) -> list[list[str]]:
    """The rows of the table, a variant each, under `HEADER`."""
    return [_cells(row) for row in result["variants"]]


def show(result: Mapping[str, Any]) -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    printed = Table(title=f"{words.family(result['family'])}: what each ingredient is worth")
    for name in HEADER:
        printed.add_column(name, justify="left" if name == HEADER[0] else "right")
    for row in cells(result):
        printed.add_row(*row)
    Console(width=None if sys.stdout.isatty() else WIDTH).print(printed)


def _cells(row: Mapping[str, Any]) -> list[str]:
    change = row["difference"]
    points = ["–", "–"]
    if change is not None:
        points = [f"{100 * change['mean']:+.2f}", f"{100 * change['low']:+.2f} to {100 * change['high']:+.2f}"]
    worst, size = row["worst"], row["size"]
    return [
        row["name"],
        _spread(row["macro_f1_pooled"]),
        *points,
        _spread(row["macro_f1_folds"]),
        f"{100 * worst['accuracy']:.1f} (subject {worst['subject']})",
        *(["–", "–"] if size is None else [f"{size['weights']:,}", f"{size['operations'] / 1e6:.2f}"]),
    ]


def _spread(value: Mapping[str, float]) -> str:
    mean = f"{100 * value['mean']:.2f}"
    return f"{mean} ± {100 * value['sd']:.2f}" if value["n"] > 1 else mean
