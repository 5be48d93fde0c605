"""What a sweep found, as a table for the person who ran it."""

import sys
from collections.abc import Mapping
from typing import Any, Final

from har.evaluation import words

WIDTH: Final = 110  # columns of a log, which has no width of its own
SHOWN: Final = 8  # trials, the best ones


def show(result: Mapping[str, Any]) -> None:
    """Print what `sweep.run` returned: the best trials, and the winner beside params.yaml."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(_trials(result))
    gap = result["difference"]
    console.print(
        f"Trial {result['winner']} has {result['score']:.4f}, the mean macro-F1 over folds; params.yaml "
        f"{result['present']:.4f}. Difference on the pooled windows: {gap['mean']:+.4f}, 95 % interval "
        f"{gap['low']:+.4f} to {gap['high']:+.4f}."
    )
    if not result["changes"]:
        console.print("params.yaml has the best knobs that were tried.")


def _trials(result: Mapping[str, Any]) -> object:
    from rich.table import Table

    trials = result["trials"]
    pruned, failed = sum(trial["pruned"] for trial in trials), len(result["failed"])
    title = (
        f"{words.family(result['family'])}: {len(trials) + failed} trials, {pruned} given up early, {failed} failed; "
        f"{result['folds']} folds over {result['subjects']} training subjects"
    )
    table = Table(title=title)
    for name in ("trial", "macro-F1", "what differs from trial 0"):
        table.add_column(name, justify="right" if name == "macro-F1" else "left")
    first = trials[0]["knobs"]
    whole = [trial for trial in trials if not trial["pruned"]]
    for trial in sorted(whole, key=lambda one: (-one["scores"][-1], one["number"]))[:SHOWN]:
        changes = ", ".join(f"{knob} {value}" for knob, value in trial["knobs"].items() if value != first[knob])
        table.add_row(str(trial["number"]), f"{trial['scores'][-1]:.4f}", changes)
    return table
