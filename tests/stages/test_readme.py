import shutil
import subprocess
from pathlib import Path

import pytest

from har import params
from har.errors import HarError
from har.evaluation.results_page import Row
from har.files import write_json
from har.paths import Paths
from har.stages import readme

ROOT = Path(__file__).parents[2]
NAMES = ("comparison", "files", "results", "pipeline")
MARKS = "".join(f"## {name}\n\n<!-- {name} -->\nold\n<!-- /{name} -->\n\n" for name in NAMES)
CHOSEN = "| **dynamic_range** (`models/har.tflite`) | 98.8 | 0.021 | 0.100 | 99.97 % | -0.04 |"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A repository with the pipeline's description, a page with marks and reports to fill them from."""
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / ".dvc", tmp_path / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "README.md").write_text(f"# har\n\n{MARKS}The end.\n")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "comparison.md").write_text("| Family |\n|---|\n| CNN-LSTM |\n")
    latency, row = {"p50": 0.0214, "p99": 0.1}, {"agreement": 0.9997, "macro_f1_change": -0.0004}
    variants = {
        "float32": row | {"size_bytes": 352_000, "latency_ms": latency},
        "dynamic_range": row | {"size_bytes": 98_765, "latency_ms": latency},
    }
    page = row | {"family": "cnn", "size_bytes": 70_000, "latency_ms": latency}
    write_json(tmp_path / "reports" / "export.json", {"chosen": "dynamic_range", "variants": variants, "page": page})
    shown = Row("CNN-LSTM, macro-F1", 0.986, 0.001, 10, "over seeds", at_least=0.98)
    write_json(tmp_path / "docs" / "results.json", [shown.document()])
    return Paths(tmp_path)


def run(paths: Paths) -> str:
    readme.run(params.load(ROOT / "params.yaml"), paths)
    return (paths.root / "README.md").read_text()


def test_the_page_gets_what_was_measured_and_keeps_the_rest(paths: Paths) -> None:
    text = run(paths)
    assert "old" not in text
    assert "| CNN-LSTM |" in text
    assert CHOSEN in text
    assert "| dynamic_range of CNN (`models/har-web.tflite`) | 70.0 | 0.021 | 0.100 | 99.97 % | -0.04 |" in text
    assert "| CNN-LSTM, macro-F1 | 0.9860 | 0.0010 | 10 | ≥ 0.98 | yes | over seeds |" in text
    assert "```mermaid\nflowchart TD" in text
    assert "train@cnn_lstm" in text
    assert text.startswith("# har\n\n## comparison\n")
    assert text.endswith("The end.\n")


def test_doing_it_again_changes_nothing(paths: Paths) -> None:
    assert run(paths) == run(paths)


def test_a_page_without_a_mark_is_left_as_it_was(paths: Paths) -> None:
    page = paths.root / "README.md"
    page.write_text(page.read_text().replace("<!-- /files -->", ""))
    before = page.read_text()
    with pytest.raises(HarError, match="<!-- files -->"):
        run(paths)
    assert page.read_text() == before


@pytest.mark.parametrize("name", ["README.md", "reports/comparison.md", "reports/export.json", "docs/results.json"])
def test_what_is_missing_is_named(paths: Paths, name: str) -> None:
    (paths.root / name).unlink()
    with pytest.raises(HarError, match=f"{name} is missing"):
        run(paths)


def test_a_pipeline_that_cannot_be_drawn_is_one_sentence(paths: Paths) -> None:
    (paths.root / "dvc.yaml").write_text("stages: [")
    with pytest.raises(HarError, match=r"`dvc dag` cannot draw the pipeline: .*dvc\.yaml") as caught:
        run(paths)
    assert "\n" not in str(caught.value)
