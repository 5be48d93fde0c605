"""Figures of one family's scores and of the comparison over families, as PNG; each takes data and a path."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.errors import HarError
from har.evaluation import words
from har.evaluation.comparison import ranked
from har.evaluation.style import BLUE, GRID, INK, LIGHT, MUTED, ORANGE, SEEDS, bare, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURES: Final = {"loss": "Loss", "macro_f1": "Macro-F1"}  # panels of the learning curves


def confusion(counts: NDArray[np.float64], activities: Sequence[str], path: Path, title: str) -> None:
    """Draw a confusion matrix: colour is the share of the row, text the share and the count of windows.

    counts: `[k, k]` windows, rows actual, columns predicted.
    """
    size = len(activities)
    total = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, total, out=np.zeros((size, size)), where=total > 0)
    side = 2.6 + 0.78 * size
    with drawing(path, side + 0.4, side) as figure:
        axes = figure.subplots()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        names = [words.activity(activity) for activity in activities]
        axes.set_xticks(range(size), names, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(size), [f"{name} ({int(n)})" for name, n in zip(names, total[:, 0], strict=True)])
        axes.set(xlabel="Predicted activity", ylabel="Actual activity (windows)", title=title)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xticks(np.arange(1, size) - 0.5, minor=True)
        axes.set_yticks(np.arange(1, size) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=2)
        axes.tick_params(which="minor", length=0)
        _cells(axes, counts, shares)


def subjects(people: pd.DataFrame, path: Path, title: str) -> None:
    """Draw a bar a test subject, the worst in another colour, and a dot for each seed.

    people: rows seed (int), selected (bool), subject (int), accuracy (share of 1); bars are of the selected seed.
    """
    chosen = people[people["selected"]].sort_values("subject")
    place = {subject: index for index, subject in enumerate(chosen["subject"])}
    accuracy = chosen["accuracy"].to_numpy(np.float64) * 100
    worst = accuracy.argmin()
    with drawing(path, max(6.5, 2.2 + 0.62 * len(chosen)), 4.2) as figure:
        axes = figure.subplots()
        bars = axes.bar(range(len(chosen)), accuracy, width=0.68, color=LIGHT)
        bars[worst].set_color(ORANGE)
        dots = people["subject"].map(place) + _spread(people["seed"], 0.3)
        seeds = people["seed"].nunique()
        if seeds > 1:
            axes.scatter(dots, people["accuracy"] * 100, s=16, color=BLUE, zorder=3, label=f"each of {seeds} seeds")
        for index, value in enumerate(accuracy):
            axes.text(index, 2, f"{value:.1f}", ha="center", va="bottom", fontsize=9)
        axes.set_xticks(range(len(chosen)), [str(subject) for subject in chosen["subject"]])
        axes.set(xlabel="Test subject", ylabel="Accuracy, %", title=title, ylim=(0, 104))
        bars[0 if worst else -1].set_label("selected seed")
        bars[worst].set_label("selected seed, worst subject")
        figure.legend(loc="outside lower center", ncols=3)
        bare(axes, "y")


def reliability(bins: pd.DataFrame, ece: float, path: Path, title: str) -> None:
    """Draw accuracy against confidence, and how many windows have each confidence.

    bins: rows low, high, windows, confidence, accuracy, as `tally.reliability` gives them. ece: share of 1.
    """
    filled = bins[bins["windows"] > 0]
    middle, width = (bins["low"] + bins["high"]) / 2, bins["high"] - bins["low"]
    with drawing(path, 5.6, 6.2) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        upper.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="perfect calibration")
        upper.bar(middle, bins["accuracy"].fillna(0), width=width * 0.92, color=LIGHT, label="accuracy of the bin")
        upper.plot(
            filled["confidence"], filled["accuracy"], "o-", color=BLUE, markersize=5, label="at its mean confidence"
        )
        upper.set(ylabel="Accuracy", title=title, xlim=(0, 1), ylim=(0, 1.03))
        upper.legend(loc="upper left")
        upper.text(0.97, 0.05, f"expected calibration\nerror {100 * ece:.1f} %", ha="right", transform=upper.transAxes)
        share = bins["windows"] / bins["windows"].sum() * 100
        lower.bar(middle, share, width=width * 0.92, color=BLUE)
        lower.set(xlabel="Confidence in the predicted activity", ylabel="Windows, %", ylim=(0, 100))
        bare(upper, "y")
        bare(lower, "y")


def learning(history: pd.DataFrame, path: Path, title: str, selected: int | None = None) -> None:
    """Draw curves over epochs, a colour a seed: validation as a solid line, training as a thin dashed one.

    history: one row a seed and epoch, columns seed, epoch, and any of loss and macro_f1 for the training subjects, with
    the prefix `validation_` for the validation subjects; other columns are left out, and none of these is a `HarError`.
    selected: the seed to draw boldly.
    """
    panels = [name for name in MEASURES if {name, f"validation_{name}"} & set(history.columns)]
    if not panels:
        raise HarError(f"the training history has no column {' or '.join(MEASURES)}: train the family again.")
    with drawing(path, 1.2 + 4.3 * len(panels), 4.2) as figure:
        rows = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, measure in zip(rows, panels, strict=True):
            _curves(axes, history, measure, selected)
        rows[0].set_title(title)
        handles = [rows[0].plot([], [], color=MUTED, linewidth=2)[0]]
        handles.append(rows[0].plot([], [], color=MUTED, linewidth=1, linestyle="--")[0])
        lines, labels = rows[0].get_legend_handles_labels()
        names = ["validation subjects", "training subjects", *labels]
        figure.legend([*handles, *lines], names, loc="outside lower center", ncols=3)


def comparison(families: Mapping[str, Mapping[str, Any]], path: Path, title: str) -> None:
    """Draw macro-F1 of each family with its 95 % interval, and the worst subject's accuracy, the best on top.

    families: name to metrics, as `scores.family` gives them.
    Dots and not bars: differences of a point would vanish on an axis that starts at zero.
    """
    names = ranked(families)[::-1]
    panels = {"macro_f1": "Macro-F1, %", "worst_subject_accuracy": "Accuracy of the worst subject, %"}
    with drawing(path, 9.6, 1.9 + 0.52 * len(names)) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, (metric, label) in zip((left, right), panels.items(), strict=True):
            for row, name in enumerate(names):
                color = BLUE if row == len(names) - 1 else MUTED
                _score(axes, families[name][metric], row, color, band=axes is left)
            axes.set(xlabel=label, ylim=(-0.6, len(names) - 0.3))
            axes.margins(x=0.12)
            bare(axes, "x")
            axes.spines["left"].set_visible(False)
        left.set_yticks(range(len(names)), [words.family(name) for name in names])
        left.set_title(title)
        figure.supxlabel("dot: mean over seeds; band: 95 % interval over subjects", fontsize=9, color=MUTED)


def _cells(axes: "Axes", counts: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
    """Write share and count into each cell of a matrix `[k, k]` that has windows."""
    for row, column in np.argwhere(counts > 0):
        text = f"{_percent(shares[row, column])}\n{int(counts[row, column])}"
        color = "white" if shares[row, column] > 0.55 else INK
        axes.text(column, row, text, color=color, ha="center", va="center", fontsize=9, linespacing=1.35)


def _score(axes: "Axes", value: Mapping[str, float], row: int, color: str, *, band: bool) -> None:
    """Draw one score in percent at height `row`: its mean as a dot with the figure above, its interval as a band."""
    mean = 100 * value["mean"]
    if band:
        axes.plot([100 * value["low"], 100 * value["high"]], [row, row], color=color, linewidth=6, alpha=0.3)
    axes.plot(mean, row, "o", color=color, markersize=8)
    axes.annotate(f"{mean:.1f}", (mean, row), (0, 8), textcoords="offset points", ha="center")


def _curves(axes: "Axes", history: pd.DataFrame, measure: str, selected: int | None) -> None:
    """Draw one measure of every seed, `history` as for `learning`."""
    for index, (seed, rows) in enumerate(history.sort_values("epoch").groupby("seed")):
        color, bold = SEEDS[index % len(SEEDS)], seed == selected
        label = f"seed {seed}" + (", selected" if bold else "")
        for name, style, width in ((f"validation_{measure}", "-", 2.4 if bold else 1.6), (measure, "--", 1.0)):
            if name in history.columns:
                axes.plot(rows["epoch"], rows[name], style, color=color, linewidth=width, label=label)
                label = "_nolegend_"
    axes.set(xlabel="Epoch", ylabel=MEASURES[measure])
    axes.locator_params(axis="x", integer=True)
    axes.grid(visible=True, axis="y", color=GRID)


def _spread(values: pd.Series, width: float) -> NDArray[np.float64]:
    """Offsets that put equal values side by side, `[n]`, over `width` in all."""
    codes = np.unique(values, return_inverse=True)[1]
    result: NDArray[np.float64] = width * (codes / max(codes.max(), 1) - 0.5)
    return result


def _percent(share: float) -> str:
    """A share as whole percent; what is neither none nor all does not read as if it were."""
    if 0 < share < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"
