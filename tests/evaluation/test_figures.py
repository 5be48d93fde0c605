from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import prediction_tables as tables
import pytest
from matplotlib.figure import Figure

from har.datasets.schema import BASIC, TRANSITIONS
from har.errors import HarError
from har.evaluation import figures, predictions, scores
from har.evaluation.report import people
from har.evaluation.tally import reliability

TABLE = tables.predictions(3.0)
COUNTS = scores.tally_rows(predictions.selected(TABLE), 15)
FAMILIES = {
    name: scores.family(tables.predictions(skill), 100, 15) for name, skill in {"lstm": 3.0, "cnn_lstm": 5.0}.items()
}
PEOPLE = people({seed: scores.score_rows(rows, 15) for seed, rows in predictions.by_seed(TABLE).items()}, 2)

DRAW: dict[str, Callable[[Path], None]] = {
    "confusion": lambda path: figures.confusion(COUNTS.confusion.sum(axis=0), BASIC, path, "Matrix"),
    "subjects": lambda path: figures.subjects(PEOPLE, path, "People"),
    "reliability": lambda path: figures.reliability(reliability(COUNTS), 0.05, path, "Calibration"),
    "learning": lambda path: figures.learning(tables.history(), path, "Learning", 1),
    "comparison": lambda path: figures.comparison(FAMILIES, path, "Families"),
}
LABELS = {
    "confusion": {("Predicted activity", "Actual activity (windows)")},
    "subjects": {("Test subject", "Accuracy, %")},
    "reliability": {("", "Accuracy"), ("Confidence in the predicted activity", "Windows, %")},
    "learning": {("Epoch", "Loss"), ("Epoch", "Macro-F1")},
    "comparison": {("Macro-F1, %", ""), ("Accuracy of the worst subject, %", "")},
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every figure that is saved during the test; saving goes on as always."""
    seen: list[Figure] = []
    save = Figure.savefig

    def savefig(figure: Figure, *args: object, **kwargs: object) -> None:
        seen.append(figure)
        save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return seen


@pytest.mark.parametrize("name", DRAW)
def test_two_runs_draw_the_same_bytes_whatever_the_users_settings(name: str, tmp_path: Path) -> None:
    DRAW[name](tmp_path / "one.png")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "pink", "savefig.dpi": 30, "figure.autolayout": True}):
        DRAW[name](tmp_path / "two.png")
        assert mpl.rcParams["font.size"] == 20
    content = (tmp_path / "one.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert content == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]


@pytest.mark.parametrize("name", DRAW)
def test_axes_say_what_they_show(name: str, tmp_path: Path, drawn: list[Figure]) -> None:
    DRAW[name](tmp_path / "figure.png")
    (figure,) = drawn
    assert {(axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes} == LABELS[name]
    assert figure.axes[0].get_title(loc="left")


def test_confusion_shows_counts_and_shares_of_the_row(tmp_path: Path, drawn: list[Figure]) -> None:
    counts = np.array([[999, 1], [0, 0]], dtype=float)
    figures.confusion(counts, ("walking", "walking_upstairs"), tmp_path / "figure.png", "Matrix")
    axes = drawn[0].axes[0]
    assert [text.get_text() for text in axes.texts] == [">99 %\n999", "<1 %\n1"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Walking (1000)", "Walking upstairs (0)"]


def test_twelve_activities_do_not_overlap(tmp_path: Path, drawn: list[Figure]) -> None:
    figures.confusion(np.full((12, 12), 100.0), BASIC + TRANSITIONS, tmp_path / "figure.png", "Matrix")
    boxes = [text.get_window_extent() for text in drawn[0].axes[0].texts]
    assert len(boxes) == 144
    assert not any(left.overlaps(right) for index, left in enumerate(boxes) for right in boxes[index + 1 :])


def test_the_worst_subject_stands_out_even_as_the_first(tmp_path: Path, drawn: list[Figure]) -> None:
    pairs = [(1, "walking", "sitting"), (2, "walking", "walking"), (3, "walking", "walking")]
    found = scores.score_rows(tables.named(pairs, ("walking", "sitting")), 15)
    figures.subjects(people({0: found}, 0), tmp_path / "figure.png", "People")
    (figure,) = drawn
    colors = [bar.get_facecolor() for bar in figure.axes[0].patches]
    assert colors[0] != colors[1] == colors[2]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "selected seed, worst subject",
        "selected seed",
    ]


def test_comparison_puts_the_best_family_on_top(tmp_path: Path, drawn: list[Figure]) -> None:
    figures.comparison(FAMILIES, tmp_path / "figure.png", "Families")
    assert [label.get_text() for label in drawn[0].axes[0].get_yticklabels()] == ["LSTM", "CNN-LSTM"]


def test_learning_draws_validation_and_training_of_each_seed(tmp_path: Path, drawn: list[Figure]) -> None:
    figures.learning(tables.history(seeds=(3, 5)), tmp_path / "figure.png", "Learning", 5)
    loss, f1 = drawn[0].axes
    assert sum(len(line.get_xdata()) > 0 for line in loss.lines) == 4
    assert sum(len(line.get_xdata()) > 0 for line in f1.lines) == 2
    assert "seed 5, selected" in [text.get_text() for text in drawn[0].legends[0].get_texts()]


def test_a_history_without_measures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HarError, match="no column loss or macro_f1"):
        figures.learning(tables.history()[["seed", "epoch"]], tmp_path / "figure.png", "Learning")
    assert not list(tmp_path.iterdir())
