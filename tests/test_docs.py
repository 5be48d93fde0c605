"""What the pages say is what the code does."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from har import cli
from har.evaluation.comparison import readme_table
from har.evaluation.results_page import Row, limits
from har.signals import features
from har.stages.readme import between, files_table

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def committed(path: str) -> str:
    """A file's text as Git has it: a pipeline that ran since then has written other latencies."""
    done = subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{path} is not committed: the measured parts follow from it")
    return done.stdout


def shown(text: str, name: str) -> str:
    """What a page holds between the marks of that name."""
    return text.split(f"<!-- {name} -->\n")[1].split(f"<!-- /{name} -->")[0]


def test_the_page_of_features_is_the_catalogue_s() -> None:
    assert (ROOT / "docs" / "features.md").read_text(encoding="utf-8") == features.markdown()


def test_the_readme_s_comparison_is_the_measured_one() -> None:
    page = committed("README.md")
    assert readme_table(page, committed("reports/comparison.md")) == page


def test_the_readme_s_table_of_files_is_the_measured_one() -> None:
    import json

    page = committed("README.md")
    assert between(page, "files", files_table(json.loads(committed("reports/export.json")))) == page


def test_the_readme_s_picture_is_the_pipeline() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    if not shown(page, "pipeline"):
        pytest.skip("README.md has no picture yet: `har readme` draws it")
    command = [sys.executable, "-m", "dvc", "dag", "--mermaid"]
    drawn = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert shown(page, "pipeline") == f"```mermaid\n{drawn}\n```\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [name for name in targets if not Path(os.path.normpath(page.parent / name)).exists()]
    made = [name for name in missing if "reports/" in name]  # by the pipeline
    assert [name for name in missing if name not in made] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_tells_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = typer.main.get_command(cli.app).commands
    told = set(re.findall(r"(?:^|`|bin/)har ([a-z]+)", text, re.MULTILINE))
    assert told - commands.keys() == set()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_param_that_a_page_sets_exists(page: Path) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for key in re.findall(r"-S ([a-z0-9_.]+)=", page.read_text(encoding="utf-8")):
        part = params
        for name in key.split("."):
            assert name in part, f"{page.name} sets {key}, which params.yaml does not have"
            part = part[name]


def test_every_stage_can_be_run_by_dvc_by_mlflow_and_by_har() -> None:
    stages = set(yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])
    entries = yaml.safe_load((ROOT / "MLproject").read_text(encoding="utf-8"))["entry_points"]
    assert set(entries) == stages | {"main"}
    for name in stages:
        assert entries[name]["command"].startswith(f"dvc repro {name}")
    assert set(cli.Stage.__args__) == stages


def test_the_readme_s_results_are_the_measured_ones() -> None:
    import json

    page, rows = committed("README.md"), [Row(**row) for row in json.loads(committed("docs/results.json"))]
    assert between(page, "results", limits(rows)) == page
    assert limits(rows) in committed("docs/results.md")
    assert len({row.name for row in rows}) == len(rows)
