"""Figures of the studies, as PNG: a recording and the answers to it, what abstaining buys, and windows to look at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.datasets.schema import JOGGING, TRANSITION, TRANSITIONS, Interval
from har.evaluation import words
from har.evaluation.style import BLUE, GREEN, INK, MUTED, ORANGE, RED, SEEDS, bare, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES: Final = (BLUE, ORANGE, GREEN)  # x, y, z
COLORS: Final = {
    "walking": BLUE,
    "walking_upstairs": "#7fb3e0",
    "walking_downstairs": "#1b3f66",
    "sitting": ORANGE,
    "standing": GREEN,
    "laying": "#7d5ba6",
    JOGGING: RED,
    TRANSITION: "#9aa5b1",
} | dict.fromkeys(TRANSITIONS, "#9aa5b1")


def streaming(
    samples: NDArray[np.floating],
    bands: Mapping[str, Sequence[Interval]],
    rate_hz: float,
    path: Path,
    title: str,
) -> None:
    """Draw a recording's acceleration and, under it, what it is labelled and what the models answer, as bands.

    samples: `[t, 6]` in m/s^2 and rad/s. bands: name to stretches (samples), drawn from top to bottom; where a band has
    no stretch it stays white.
    """
    seconds = np.arange(len(samples)) / rate_hz
    with drawing(path, 11, 3.4 + 0.42 * len(bands)) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[5, 1 + len(bands)])
        for channel, (name, color) in enumerate(zip("xyz", AXES, strict=True)):
            upper.plot(seconds, samples[:, channel], color=color, linewidth=0.6, label=name)
        upper.set(ylabel="Acceleration, m/s²", title=title, xlim=(0, seconds[-1]))
        upper.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1))
        for row, stretches in enumerate(bands.values()):
            _band(lower, stretches, row, rate_hz)
        lower.set_yticks(range(len(bands)), list(bands))
        lower.set(xlabel="Time, s", ylim=(len(bands) - 0.5, -0.5))
        lower.tick_params(axis="y", length=0)
        lower.spines[:].set_visible(False)
        _legend(figure, lower, {item.activity for stretches in bands.values() for item in stretches})


def abstain(curves: Mapping[str, pd.DataFrame], limit: float, target: float, path: Path, title: str) -> None:
    """Draw accuracy against coverage, one line for each of `curves`, with a dot at the threshold `limit`.

    curves: name to rows of threshold, coverage and accuracy, as `abstain.curve` gives them. target: accuracy that the
    threshold was chosen for.
    """
    with drawing(path, 6.8, 4.6) as figure:
        axes = figure.subplots()
        for (name, rows), color in zip(curves.items(), SEEDS, strict=False):
            axes.plot(100 * rows["coverage"], 100 * rows["accuracy"], color=color, linewidth=1.8, label=name)
            given = rows[rows["threshold"] >= limit]
            if len(given):
                dot = given.iloc[0]
                axes.plot(100 * dot["coverage"], 100 * dot["accuracy"], "o", color=color, markersize=8)
        axes.axhline(100 * target, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label=f"target {100 * target:g} %")
        lowest = min(float(rows["accuracy"].iloc[0]) for rows in curves.values())
        axes.set(xlabel="Windows that get an answer, %", ylabel="Accuracy of the answers, %", title=title)
        axes.set(xlim=(50, 100.5), ylim=(100 * lowest - 1, 100.2))
        axes.legend(loc="lower left", title=f"dot: probability of at least {limit:.2f}")
        bare(axes, "y")


def windows(
    pages: Sequence[tuple[str, NDArray[np.floating], Sequence[Interval], tuple[int, int]]],
    rate_hz: float,
    path: Path,
    title: str,
) -> None:
    """Draw windows with what surrounds them: acceleration, angular velocity, and what is labelled when.

    pages: for each, a caption, samples `[t, 6]` (m/s^2, rad/s), labelled intervals in these samples, and the first and
    one past the last sample of the window in question, which is shaded.
    """
    columns = min(3, len(pages))
    rows = -(-len(pages) // columns)
    with drawing(path, 4.4 * columns, 0.9 + 3.1 * rows) as figure:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        grid = figure.subplots(3 * rows, columns, squeeze=False, height_ratios=[5, 4, 1] * rows)
        for place in range(rows * columns):
            row, column = divmod(place, columns)
            parts = grid[3 * row : 3 * row + 3, column]
            if place < len(pages):
                _window(parts, *pages[place], rate_hz)
            else:
                for axes in parts:
                    axes.set_visible(False)
        shown = {item.activity for page in pages for item in page[2]}
        _legend(figure, grid[2, 0], shown)


def _window(
    parts: NDArray[np.object_],
    caption: str,
    samples: NDArray[np.floating],
    intervals: Sequence[Interval],
    window: tuple[int, int],
    rate_hz: float,
) -> None:
    seconds = np.arange(len(samples)) / rate_hz
    for axes, channels, label in zip(parts[:2], (samples[:, :3], samples[:, 3:]), ("m/s²", "rad/s"), strict=True):
        # About the window's own mean and on its own scale: what matters is a hundred times smaller than gravity.
        own = channels[window[0] : window[1]]
        size = 3 * max(float(np.abs(own - own.mean(axis=0)).max()), 0.02)
        for channel, color in enumerate(AXES):
            axes.plot(seconds, channels[:, channel] - own[:, channel].mean(), color=color, linewidth=0.8)
        axes.axvspan(window[0] / rate_hz, window[1] / rate_hz, color=MUTED, alpha=0.15, linewidth=0)
        axes.set(ylabel=label, xlim=(0, seconds[-1]), ylim=(-size, size))
        axes.set_xticks([])
    parts[0].set_title(caption, fontsize=8, fontweight="normal", pad=4)
    _band(parts[2], intervals, 0, rate_hz)
    parts[2].set(xlim=(0, seconds[-1]), ylim=(0.5, -0.5), yticks=[])
    parts[2].spines[:].set_visible(False)


def _band(axes: "Axes", stretches: Sequence[Interval], row: int, rate_hz: float) -> None:
    for item in stretches:
        width = (item.end - item.start) / rate_hz
        axes.broken_barh([(item.start / rate_hz, width)], (row - 0.4, 0.8), facecolors=COLORS.get(item.activity, INK))


def _legend(figure: "Figure", axes: "Axes", activities: set[str]) -> None:
    """A patch for each of the activities under the figure; the transitions share theirs."""
    names = [name for name in COLORS if name in activities and name not in TRANSITIONS]
    if activities & {*TRANSITIONS, TRANSITION} and TRANSITION not in names:
        names.append(TRANSITION)
    handles = [axes.broken_barh([], (0, 0), facecolors=COLORS[name]) for name in names]
    figure.legend(handles, [words.activity(name) for name in names], loc="outside lower center", ncols=8)
