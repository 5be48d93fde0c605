"""What starts workflows, as far as GitHub tells them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from workflows.workflow_runner import Runner

CONTEXTS = yaml.safe_load(Path(__file__).with_name("contexts.yaml").read_text())

needs_gh = pytest.mark.skipif(shutil.which("gh") is None, reason="`gh` is missing: `make system` installs it")


def runner(tmp_path: Path, origin: Path, event: str, **settings: Any) -> Runner:
    """A runner for one event on the main branch of `origin`, with its clones below `tmp_path`."""
    sha = git(origin, "rev-parse", "main")
    known = CONTEXTS[event]
    run = {"sha": sha, "run_id": "17", "repository": "me/har", "token": "of-the-test"}
    contexts = {"vars": {}, "secrets": {}, **known, "github": known["github"] | run, **settings}
    for part in contexts["github"]["event"].values():
        part["base"] = {"sha": sha}
    variables = {
        "GH_CONFIG_DIR": str(tmp_path / "gh"),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    return Runner(origin, tmp_path / event, contexts, variables, CONTEXTS["left_out"])


def git(folder: Path, *arguments: str) -> str:
    """What Git says in a folder."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
