"""Repositories for workflows to run in, and GitHub."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.pipeline_checkout import fresh
from workflows.events import git
from workflows.github_server import GitHub, serving
from workflows.workflow_runner import ROOT


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    (tmp_path / "gh").mkdir()
    (tmp_path / "gh" / "config.yml").write_text(f"http_unix_socket: {tmp_path / 'gh.sock'}\n")
    with serving(tmp_path / "gh.sock") as server:
        yield server


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with small parameters, in which nothing was trained yet."""
    folder = tmp_path_factory.mktemp("small")
    checkout = fresh(folder / "checkout")
    checkout.git("branch", "-M", "main")
    checkout.git("clone", "-q", "--bare", str(checkout.root), str(folder / "origin.git"))
    yield folder / "origin.git"
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with this project as it is now, tagged v1.0.0."""
    folder = tmp_path_factory.mktemp("project")
    listed = git(ROOT, "ls-files", "-co", "--exclude-standard", "-z").rstrip("\0").split("\0")
    for name in listed:
        if (ROOT / name).is_file():
            (folder / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "checkout" / name)
    git(folder / "checkout", "init", "-q", "-b", "main")
    git(folder / "checkout", "add", "--all")
    git(folder / "checkout", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "as it is now")
    git(folder / "checkout", "tag", "v1.0.0")
    git(folder, "clone", "-q", "--bare", str(folder / "checkout"), str(folder / "origin.git"))
    yield folder / "origin.git"
    shutil.rmtree(folder)
