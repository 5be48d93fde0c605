"""The scores of a cross-validation as tables for the person who ran it."""

import sys
from collections.abc import Mapping
from typing import Any, Final

from har.evaluation import words

WIDTH: Final = 110  # columns of a log, which has no width of its own


def show(result: Mapping[str, Any]) -> None:
    """Print what `crossval.run` returned: the figures, then a row a subject."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(_figures(result))
    console.print(_people(result))
    console.print(f"data/studies/crossval/{result['name']} holds every out-of-fold prediction and these scores.")


def _figures(result: Mapping[str, Any]) -> object:
    from rich.table import Table

    folds, people = len(result["folds"]), len(result["subjects"])
    how = "one subject left out" if result["leave_one_out"] else f"{folds} folds by subject"
    table = Table(title=f"{words.family(result['family'])}, {how}, {people} subjects, {result['windows']:,} windows")
    for name in ("figure", "mean", "sd", "over", "95 % over subjects"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    rows = [
        ("macro-F1 by fold", "macro_f1_folds", "folds"),
        ("macro-F1, all windows pooled", "macro_f1_pooled", "seeds"),
    ]
    for title, name, over in [*rows, ("accuracy", "accuracy", "seeds"), ("ECE", "ece", "seeds")]:
        value = result[name]
        interval = f"{value['low']:.4f} to {value['high']:.4f}" if "low" in value else ""
        table.add_row(
            title,
            f"{value['mean']:.4f}",
            f"{value['sd']:.4f}",
            f"{value['n']} {over if value['n'] > 1 else over[:-1]}",
            interval,
        )
    worst = result["worst"]
    table.add_row(f"worst subject ({worst['subject']}), accuracy", f"{worst['accuracy']:.4f}", "", "", "")
    return table


def _people(result: Mapping[str, Any]) -> object:
    from rich.table import Table

    table = Table(title="By subject, mean over seeds")
    for name in ("subject", "windows", "accuracy", "macro-F1", "most frequent mistake"):
        table.add_column(name, justify="left" if name == "most frequent mistake" else "right")
    for person in result["subjects"]:
        cells = (
            str(person["subject"]),
            str(person["windows"]),
            f"{person['accuracy']:.4f}",
            f"{person['macro_f1']:.4f}",
        )
        table.add_row(*cells, mistake(person["taken"]))
    return table


def mistake(taken: Mapping[str, Any] | None) -> str:
    """A subject's most frequent mistake in words."""
    return "" if taken is None else f"{taken['actual']} as {taken['predicted']}, {taken['share']:.1%} of windows"
