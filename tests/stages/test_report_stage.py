"""What changed since a revision, told from a repository of our own with real results in it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from har.errors import HarError
from har.params import load
from har.paths import Paths
from har.stages import report

ROOT = Path(__file__).parents[2]
SHOWN = ("params.yaml", "dvc.yaml", "dvc.lock", "reports/metrics.json", "reports/export.json")


def git(folder: Path, *arguments: str) -> None:
    account = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *account, *arguments], cwd=folder, check=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose only commit holds this project's results."""
    for name in SHOWN:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "reports" / "families" / "cnn_lstm", tmp_path / "reports" / "families" / "cnn_lstm")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "-qm", "results")
    return tmp_path


def told(root: Path, base: str = "main") -> str:
    return report.run(load(root / "params.yaml"), Paths(root), base)


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def test_without_a_change_nothing_is_marked_as_changed(checkout: Path) -> None:
    text = told(checkout)
    assert text.startswith("<!-- har report -->\n## Against `main` (")
    assert "None changed." in text
    assert "Stages with other outputs: none." in text
    assert "Pictures that changed: none." in text
    assert "(+" not in text
    assert "(new)" not in text


def test_better_scores_and_other_parameters_are_told_with_their_change(checkout: Path) -> None:
    path = checkout / "reports" / "metrics.json"
    metrics = json.loads(path.read_text())
    metrics["families"]["cnn_lstm"]["macro_f1"]["mean"] = 0.999
    del metrics["families"]["lstm"]
    path.write_text(json.dumps(metrics))
    edit(checkout / "params.yaml", lambda text: text.replace("label_smoothing: 0.1 ", "label_smoothing: 0.2 ", 1))
    text = told(checkout)
    assert "→ 99.9 %**" in text
    assert "| `train.cnn_lstm.label_smoothing` | `0.1` | `0.2` |" in text
    assert "Its parameters of training differ" in text
    assert "No longer trained: LSTM." in text


def test_parameters_of_the_base_are_those_that_its_scores_come_from(checkout: Path) -> None:
    """As on a push to main: the commit that changed params.yaml is the base, and its scores are older."""
    edit(checkout / "params.yaml", lambda text: text.replace("label_smoothing: 0.1 ", "label_smoothing: 0.2 ", 1))
    git(checkout, "commit", "-qam", "smoother labels")
    assert "| `train.cnn_lstm.label_smoothing` | `0.1` | `0.2` |" in told(checkout)


def test_the_confusion_matrix_counts_windows_and_says_what_moved(checkout: Path) -> None:
    path = checkout / "reports" / "families" / "cnn_lstm" / "confusion.csv"
    edit(path, lambda text: text.replace("laying,laying\n", "laying,sitting\n", 2))
    rows = [line for line in told(checkout).splitlines() if line.startswith("| Laying")]
    assert "543 (-2) | 2 (+2) | 0" in rows[0]


def test_a_base_without_results_makes_all_of_it_new(checkout: Path) -> None:
    git(checkout, "rm", "-rq", "--cached", "reports", "dvc.lock")
    git(checkout, "commit", "-qm", "no results")
    text = told(checkout, "HEAD")
    assert "which the base has no score of" in text
    assert "(new)" in text
    assert "there is none in the base" in text


def test_without_results_here_it_says_how_to_make_them(checkout: Path) -> None:
    shutil.rmtree(checkout / "reports")
    assert "There are no scores here yet: `dvc repro` makes them." in told(checkout)


@pytest.mark.parametrize("base", ["nonsense", "--output=x", ""])
def test_a_revision_that_is_not_there_is_named(checkout: Path, base: str) -> None:
    with pytest.raises(HarError, match=rf"--base {base} is no revision of this repository"):
        told(checkout, base)


def test_a_damaged_file_is_named_with_its_side(checkout: Path) -> None:
    (checkout / "reports" / "metrics.json").write_text("{")
    with pytest.raises(HarError, match=r"^reports/metrics\.json cannot be read"):
        told(checkout)
    git(checkout, "commit", "-qam", "damaged")
    shutil.copy(ROOT / "reports" / "metrics.json", checkout / "reports")
    with pytest.raises(HarError, match=r"^main:reports/metrics\.json cannot be read"):
        told(checkout)
