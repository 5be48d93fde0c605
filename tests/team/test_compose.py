"""What `docker compose` is given each time it is called, in whichever way."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout with the folder `team` alone."""
    (tmp_path / "team").mkdir()
    shutil.copy(ROOT / "team" / "make-secrets", tmp_path / "team")
    return tmp_path


def made(place: Path, **variables: str) -> dict[str, str]:
    """What .env holds after `team/make-secrets` was run with these variables."""
    kept = {name: value for name, value in os.environ.items() if name not in ("HOSTS", "PERMISSION", "OWNER")}
    subprocess.run([place / "team" / "make-secrets"], env=kept | variables, check=True, capture_output=True)
    return dict(line.split("=", 1) for line in (place / ".env").read_text().splitlines())


def test_every_variable_of_compose_is_kept_for_later_calls(place: Path) -> None:
    found = made(place)
    assert set(re.findall(r"\$\{([A-Z]+)", COMPOSE)) == found.keys()
    assert found == {"OWNER": str(os.getuid()), "HOSTS": "127.0.0.1:5000,localhost:5000", "PERMISSION": "EDIT"}
    assert (place / ".env").stat().st_mode & 0o077 == 0


def test_a_value_is_kept_until_another_is_given(place: Path) -> None:
    made(place, HOSTS="mlflow.example.org")
    secret = (place / "team" / "secrets" / "session_key").read_text()
    found = made(place, PERMISSION="READ")
    assert (found["HOSTS"], found["PERMISSION"]) == ("mlflow.example.org", "READ")
    assert (place / "team" / "secrets" / "session_key").read_text() == secret


def test_other_lines_of_the_environment_are_kept(place: Path) -> None:
    (place / ".env").write_text("COMPOSE_PROFILES=backup\nHOSTS=old.example.org\n")
    found = made(place, HOSTS="new.example.org")
    assert (found["COMPOSE_PROFILES"], found["HOSTS"]) == ("backup", "new.example.org")


def test_git_passes_over_what_is_made() -> None:
    names = [".env", "team/secrets/session_key"]
    done = subprocess.run(["git", "check-ignore", *names], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == names


def test_every_service_says_whether_it_works() -> None:
    services = yaml.safe_load(COMPOSE)["services"]
    assert all("healthcheck" in service for service in services.values())
