"""`make team` and the commands of docs/operations.md, in the containers of a Docker engine."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from mlflow import MlflowClient

from har.tracking import store
from team.team_server import ROOT

ADDRESS = "http://127.0.0.1:5000"
PROJECT = "har-test"  # the volumes of a team's own server stay as they are; it must not run, for its ports
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def _engine() -> bool:
    asked = (["docker", "compose", "version"], ["docker", "version"])
    return shutil.which("docker") is not None and not any(
        subprocess.run(command, capture_output=True, timeout=60).returncode for command in asked
    )


WANTED = os.environ.get("HAR_TEST_TEAM") == "1"
pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.xdist_group("containers"),
    pytest.mark.skipif(not WANTED, reason="builds containers: HAR_TEST_TEAM=1"),
    pytest.mark.skipif(WANTED and "CI" not in os.environ and not _engine(), reason="needs `docker compose`, running"),
]


class Place:
    """A clone in which somebody types commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "AWS_"))}
        path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{kept['PATH']}"
        self.variables = kept | {"PATH": path, "COMPOSE_PROJECT_NAME": PROJECT, "AWS_DEFAULT_REGION": "us-east-1"}

    def run(self, commands: str, **changes: str) -> None:
        """Run lines of bash, each of which must succeed."""
        command = ["bash", "-eo", "pipefail", "-c", commands]
        done = subprocess.run(command, cwd=self.root, env=self.variables | changes, capture_output=True, text=True)
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"

    def password(self) -> str:
        return (self.root / "team" / "secrets" / "admin_password").read_text().strip()


def _commands(heading: str) -> list[str]:
    """The blocks of commands below a heading of the page."""
    section = PAGE.split(f"\n### {heading}\n")[1].split("\n### ")[0]
    return re.findall(r"^```\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("containers") / "har"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(root)], check=True)
    here = Place(root)
    try:
        here.run("make team", PERMISSION="READ")
        yield here
    finally:
        here.run("docker compose down --volumes --rmi local", OWNER="0", HOSTS="-")  # .env may be missing by now


@pytest.fixture
def client(place: Place, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", place.password())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", ADDRESS)
    return store.locate(place.root).client()


def _status(*account: str) -> int:
    address = f"{ADDRESS}/api/2.0/mlflow/experiments/search?max_results=10"
    return requests.get(address, auth=account or None, timeout=120).status_code


def test_nobody_comes_in_without_the_password_that_was_made(place: Place) -> None:
    assert [_status(), _status("admin", "password1234"), _status("admin", place.password())] == [401, 401, 200]


def test_a_backup_brings_runs_artifacts_and_settings_back_on_a_new_machine(
    place: Place, client: MlflowClient, tmp_path: Path
) -> None:
    run = client.create_run("0").info.run_id
    client.log_text(run, "kept", "note.txt")
    backup, restore, anew = _commands("Back up and restore")
    password = place.password()
    place.run(backup)
    place.run("docker compose down --volumes\nrm -r team/secrets .env")

    place.run(anew)
    assert place.password() == password
    assert "PERMISSION=READ" in (place.root / ".env").read_text()
    assert [one.info.run_id for one in client.search_runs(["0"])] == []
    place.run(restore)
    assert [one.info.run_id for one in client.search_runs(["0"])] == [run]
    assert Path(client.download_artifacts(run, "note.txt", str(tmp_path))).read_text() == "kept"


def test_an_upgrade_keeps_what_is_there(place: Place, client: MlflowClient) -> None:
    run = client.create_run("0").info.run_id
    place.run(_commands("Upgrade")[0])
    assert client.get_run(run).info.run_id == run
