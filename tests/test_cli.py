import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"tensorflow", "keras", "mlflow", "great_expectations", "pandas", "numpy", "scipy", "sklearn", "pyarrow"}


def har(*arguments: str, cwd: Path = ROOT, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *flags, "-m", "har", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


def refused(*arguments: str, cwd: Path = ROOT) -> str:
    """The one line that a user reads, of a command that must end with exit code 2 and nothing else said."""
    done = har(*arguments, cwd=cwd)
    lines = done.stderr.splitlines()
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("har: ")
    return lines[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with params.yaml and nothing that a stage reads."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    done = har("--help", flags=("-X", "importtime"))
    assert done.returncode == 0
    for command in ("stage", "rollback", "verify", "summary", "predict", "readme", "crossval", "ablate"):
        assert re.search(rf"^\W*{command}\b", done.stdout, re.MULTILINE), command
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize("command", ["stage", "predict", "verify", "crossval", "ablate"])
def test_each_command_explains_itself(command: str) -> None:
    done = har(command, "--help")
    assert done.returncode == 0
    assert "Usage: har" in done.stdout


def test_outside_a_checkout_one_line_says_where_to_run(tmp_path: Path) -> None:
    assert refused("stage", "validate", cwd=tmp_path) == (
        "har: params.yaml is missing: run har from the root of a checkout."
    )


def test_an_unknown_key_is_one_line_that_names_it(folder: Path) -> None:
    with (folder / "params.yaml").open("a") as file:
        file.write("epochs: 3\n")
    assert "params.yaml: epochs: " in refused("stage", "validate", cwd=folder)


def test_an_unknown_stage_is_refused_with_those_there_are(folder: Path) -> None:
    done = har("stage", "trian", cwd=folder)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "'trian'" in done.stderr
    assert "'promote'" in done.stderr


def test_an_unknown_family_is_refused_with_those_there_are(folder: Path) -> None:
    said = refused("stage", "train", "transformer", cwd=folder)
    assert "'transformer'" in said
    assert "cnn_lstm" in said
    assert sorted(path.name for path in folder.iterdir()) == ["params.yaml"]


def test_a_stage_that_needs_a_family_says_so(folder: Path) -> None:
    assert "`har stage train` needs a family" in refused("stage", "train", cwd=folder)


def test_a_stage_without_families_refuses_one(folder: Path) -> None:
    assert "leave 'cnn_lstm' out" in refused("stage", "validate", "cnn_lstm", cwd=folder)


def test_a_download_needs_a_data_set_that_there_is(folder: Path) -> None:
    assert "`har stage download` needs a data set" in refused("stage", "download", cwd=folder)
    assert "'wisdm' is not known: choose from hapt, motionsense" in refused("stage", "download", "wisdm", cwd=folder)


@pytest.mark.parametrize("arguments", [("stage", "preprocess"), ("stage", "featurize"), ("summary",), ("verify",)])
def test_before_anything_was_made_one_line_names_what_is_missing(folder: Path, arguments: tuple[str, ...]) -> None:
    assert re.search(r"(manifest|metrics)\.json is missing|dvc\.lock is missing", refused(*arguments, cwd=folder))


def test_predicting_what_is_not_there_is_one_line(folder: Path) -> None:
    assert "none.tflite" in refused("predict", "recording.csv", "--model", "none.tflite", cwd=folder)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("forest",), "no family 'forest'"),
        (("cnn", "--folds", "3", "--leave-one-out"), "exclude each other"),
        (("cnn", "--seeds", "0;1"), "--seeds is '0;1'"),
        (("cnn", "--set", "epochs"), "--set epochs: give it as key=value"),
        (("cnn", "--set", "epochs=[1"), r"--set epochs=[1: the value is not"),
        (("cnn", "--set", "depth=3"), "changed knobs of cnn: train.cnn.depth"),
        (("cnn", "--activities", "most"), "the choice of data: activities"),
        (("cnn", "--datasets", "nowhere"), "'nowhere' is not known"),
        (("cnn",), "manifest.json is missing"),
    ],
)
def test_a_cross_validation_that_cannot_be_is_one_line(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    assert message in refused("crossval", *arguments, cwd=folder)


def test_an_ablation_that_there_is_not_is_one_line(folder: Path) -> None:
    assert "no variant 'no sense'" in refused("ablate", "--only", "no sense", cwd=folder)
