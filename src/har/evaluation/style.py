"""How every figure looks: one palette, one set of fonts, and a file that has the same bytes on every run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from har.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI: Final = 110
INK, MUTED, GRID = "#1f2933", "#66727f", "#e3e8ed"
BLUE, ORANGE, GREEN, RED = "#2f6db3", "#e08a2c", "#3a9a73", "#c8473f"
LIGHT: Final = "#b9cfe8"
SEEDS: Final = (BLUE, ORANGE, GREEN, RED, "#7d5ba6", "#8a6d4b", "#d277a6", "#5b9bb5")  # one colour a seed, in order

RULES: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same glyphs everywhere
    "font.size": 10,
    "figure.constrained_layout.w_pad": 0.12,  # inches
    "figure.constrained_layout.h_pad": 0.1,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.titlecolor": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
}


@contextmanager
def drawing(path: Path, width: float, height: float) -> Iterator["Figure"]:
    """Yield an empty figure, `width` by `height` inches, and write it to `path` as a PNG, atomically.

    The user's own matplotlib settings have no part in it, and no time or version goes into the file.
    """
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style.context([RULES], after_reset=True):
        figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        yield figure
        with replacing(path) as temporary:
            figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})


def bare(axes: "Axes", grid: str) -> None:
    """Leave an axis of bars or dots with nothing but a light grid along `grid` ("x" or "y") and no tick marks."""
    axes.grid(visible=True, axis="x" if grid == "x" else "y")
    axes.tick_params(length=0)
