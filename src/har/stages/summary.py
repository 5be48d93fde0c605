"""What the pipeline made, as one table for the person who ran it."""

import sys
from collections.abc import Mapping
from typing import Any

from har.evaluation.comparison import ranked
from har.evaluation.words import family as title
from har.files import read_json
from har.params import Params
from har.paths import Paths
from har.tracking import store
from har.tracking.registry import CHAMPION, Registry

WIDTH = 100  # columns of a log, which has no width of its own


def run(params: Params, paths: Paths) -> None:
    """Print the families with their scores, the TFLite files, the decision, and where to look next."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(_families(paths))
    console.print(_files(paths))
    names = " and ".join(str(path.relative_to(paths.root)) for path in (paths.tflite, paths.tflite_web))
    console.print(f"The chosen form is {names}.\n")
    receipt = read_json(paths.reports / "promotion.json")
    console.print(_standing(paths, receipt))
    for reason in receipt["reasons"]:
        if not reason["passed"]:
            found = f"{reason['value']:.4g}" if "value" in reason else "over"
            console.print(f"  {reason['check']}: {found} against a limit of {reason['limit']:g}")
    console.print(
        "\nNext: `make ui` compares every run; reports/model_card.md and reports/comparison.md hold the scores;\n"
        "`har predict FILE` labels a recording; change params.yaml and run `dvc repro` or `dvc exp run` again."
    )


def _standing(paths: Paths, receipt: Mapping[str, Any]) -> str:
    """Where the candidate of the last decision stands by now, which the registry knows and the receipt does not."""
    tracking = store.locate(paths.root)
    tracking.check()
    registry = Registry(tracking, receipt["model"])
    number, champion = registry.find(receipt["candidate"]), registry.aliases().get(CHAMPION)
    if champion is not None and registry.holds(champion, receipt["candidate"]):
        return f"{registry.name} version {champion} is the champion of the MLflow registry."
    now = "there is none" if champion is None else f"version {champion} is"
    if number is None:
        return (
            f"The candidate of reports/promotion.json, for {registry.name}, is not in this registry: "
            f"run `dvc repro -f -s promote` (the champion: {now})."
        )
    past = "was not promoted" if receipt["decision"] == "reject" else "is no longer the champion"
    return f"{registry.name} version {number} {past}; the champion of the MLflow registry: {now}."


def _families(paths: Paths) -> object:
    from rich.table import Table

    families = read_json(paths.reports / "metrics.json")["families"]
    table = Table(title="On the test subjects, mean over seeds ± sd, 95 % interval over subjects")
    for name in ("family", "macro-F1", "95 %", "accuracy", "worst subject", "seeds"):
        table.add_column(name, justify="left" if name == "family" else "right")
    for name in ranked(families):
        f1, accuracy, worst = (families[name][key] for key in ("macro_f1", "accuracy", "worst_subject_accuracy"))
        table.add_row(
            title(name),
            f"{f1['mean']:.4f} ± {f1['sd']:.4f}",
            f"{f1['low']:.3f} to {f1['high']:.3f}",
            f"{accuracy['mean']:.4f}",
            f"{worst['mean']:.3f}",
            str(f1["n_seeds"]),
        )
    return table


def _files(paths: Paths) -> object:
    from rich.table import Table

    exported = read_json(paths.reports / "export.json")
    table = Table(title="TFLite files, one window on one thread")
    for name in ("form", "kB", "p50 ms", "p99 ms", "agrees with Keras", "macro-F1 change"):
        table.add_column(name, justify="left" if name == "form" else "right")
    chosen = exported["chosen"]
    rows = {f"{form} (har.tflite)" if form == chosen else form: row for form, row in exported["variants"].items()}
    rows[f"{chosen} of {title(exported['page']['family'])} (har-web.tflite)"] = exported["page"]
    for name, row in rows.items():
        table.add_row(
            name,
            f"{row['size_bytes'] / 1000:.1f}",
            f"{row['latency_ms']['p50']:.3f}",
            f"{row['latency_ms']['p99']:.3f}",
            f"{row['agreement']:.2%}",
            f"{row['macro_f1_change']:+.4f}",
        )
    return table
