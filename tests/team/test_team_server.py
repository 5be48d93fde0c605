"""A team at work: one server, retraining in CI, several clones, and what an administrator does."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml
from s3fs import S3FileSystem

from har.errors import HarError
from har.tracking import store
from pipeline.pipeline_checkout import MARKS, Checkout, fresh
from team.team_server import BINARIES, ROOT, SECRETS, Team, running, secrets
from workflows.github_server import GitHub, serving
from workflows.workflow_runner import Runner, workflows

pytestmark = [
    *MARKS,
    pytest.mark.skipif(os.environ.get("HAR_TEST_TEAM") != "1", reason="takes a quarter of an hour: HAR_TEST_TEAM=1"),
    pytest.mark.skipif(not BINARIES, reason="PostgreSQL is missing: `make system` installs it"),
]
CONTEXTS = yaml.safe_load((Path(__file__).parents[1] / "workflows" / "contexts.yaml").read_text())


@pytest.fixture(scope="session")
def team() -> Iterator[Team]:
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GitHub, Path]]:
    """GitHub, and the folder of settings that lead `gh` to it."""
    folder = tmp_path_factory.mktemp("gh")
    (folder / "config.yml").write_text(f"http_unix_socket: {folder / 'gh.sock'}\n")
    with serving(folder / "gh.sock") as server:
        yield server, folder


@pytest.fixture(scope="session")
def retrained(
    team: Team, github: tuple[GitHub, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Runner]]:
    """A repository whose retraining was asked for by hand, the database restarted in the middle: origin and runner."""
    folder = tmp_path_factory.mktemp("retrained")
    checkout = fresh(folder / "checkout")
    checkout.git("branch", "-M", "main")
    checkout.git("clone", "-q", "--bare", str(checkout.root), str(folder / "origin.git"))
    known = CONTEXTS["workflow_dispatch"]
    run = {"sha": checkout.git("rev-parse", "main"), "run_id": "23", "repository": "me/har", "token": "of-the-test"}
    contexts = known | {
        "github": known["github"] | run,
        "vars": {**team.s3, **team.client(), "DVC_REMOTE_URL": "s3://har/dvc"},
        "secrets": {**team.s3, **team.client()},
    }
    variables = {"GH_CONFIG_DIR": str(github[1]), "GIT_CONFIG_GLOBAL": str(folder / "gitconfig")}
    runner = Runner(folder / "origin.git", folder / "runs", contexts, variables)
    restarted = threading.Thread(target=_restart_while_training, args=[team])
    restarted.start()
    runner.run(workflows()["retrain.yml"])
    restarted.join()
    yield folder / "origin.git", runner
    shutil.rmtree(folder)


def _restart_while_training(team: Team) -> None:
    """Restart the database once the first run is logged, while others are still to come."""
    while team.query("SELECT count(*) FROM runs") == [(0,)]:
        time.sleep(0.5)
    team.database("restart")


def test_the_check_of_compose_tells_a_server_that_works(team: Team) -> None:
    compose = yaml.safe_load((Path(__file__).parents[2] / "compose.yaml").read_text(encoding="utf-8"))
    _, python, option, code = compose["services"]["mlflow"]["healthcheck"]["test"]
    for port, works in ((team.ports["mlflow"], True), (9, False)):
        done = subprocess.run([python, option, code.replace("5000", str(port))], capture_output=True, timeout=120)
        assert (done.returncode == 0) == works


def test_accounts_that_may_only_read_are_granted_what_they_need_as_the_page_says(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from mlflow.server import get_app_client

    with running(PERMISSION="READ") as strict:
        for name, value in strict.client().items():
            monkeypatch.setenv(name, value)
        admin, accounts = MlflowClient(), get_app_client("basic-auth", strict.address)
        admin.create_registered_model("har-cnn-lstm")
        experiment = admin.create_experiment("hapt")
        for user in ("ci-train", "ci-promote"):
            accounts.create_user(user, "at least 12 characters")
            accounts.grant_user_permission(user, "experiment", experiment, "EDIT")
        accounts.grant_user_permission("ci-promote", "registered_model", "har-cnn-lstm", "EDIT")
        for user, may in (("ci-train", False), ("ci-promote", True)):
            for name, value in strict.client(user, "at least 12 characters").items():
                monkeypatch.setenv(name, value)
            MlflowClient().create_run(experiment)
            with nullcontext() if may else pytest.raises(MlflowException, match=r"403|[Pp]ermission"):
                MlflowClient().set_registered_model_tag("har-cnn-lstm", "har.turn.test", "mine")


def test_nobody_is_let_in_without_the_password_of_the_first_start(team: Team) -> None:
    assert team.status("admin", SECRETS["admin_password"]) == 200
    assert {team.status(), team.status("admin", "password1234"), team.status("admin", "")} == {401}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"admin_password": ""}, "admin_password has fewer than 12 characters"),
        ({"database_password": "short"}, "database_password has fewer than 12 characters"),
    ],
)
def test_the_server_does_not_start_on_weak_secrets(
    team: Team, tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    process = team.serve(secrets(tmp_path / "secrets", **changes), PORT="1")
    assert said in process.communicate(timeout=120)[1]
    assert process.returncode == 1


def test_wrong_credentials_are_one_sentence(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PATIENCE_S", 60)
    for name, value in team.client(password="another-password").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(HarError, match=r"refuses.*MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"):
        store.locate(tmp_path).check()


def test_retraining_brings_back_a_champion_and_a_pull_request(
    team: Team, github: tuple[GitHub, Path], retrained: tuple[Path, Runner]
) -> None:
    origin, runner = retrained
    assert [command for job, command in runner.done if job == "train"] == [
        "make env",
        "make pull",
        "make recordings",
        "make retrain",
        "make push",
        "make report",
    ]
    assert [command for job, command in runner.done if job == "promote"] == [
        "make env",
        "make promote",
        "make bring-back",
    ]
    (pull,) = github[0].pulls
    assert (pull["base"], pull["head"]) == ("main", "retrained/23")
    assert "`train.cnn_lstm.label_smoothing` | `0.1` | `0.05`" in pull["body"]
    changed = set(_git(origin, "diff", "--name-only", "main", "retrained/23").splitlines())
    assert {"dvc.lock", "params.yaml", "models/har.tflite", "reports/metrics.json"} <= changed
    assert "docs/promotions.jsonl" in changed
    assert team.query("SELECT version FROM registered_model_aliases WHERE alias = 'champion'") == [(1,)]
    assert team.query("SELECT DISTINCT status FROM runs") == [("FINISHED",)]


def test_another_clone_pulls_what_was_pushed_and_verifies_it(
    team: Team, retrained: tuple[Path, Runner], tmp_path: Path
) -> None:
    colleague = _clone(retrained[0], tmp_path / "colleague")
    colleague.dvc("remote", "add", "--local", "--default", "team", "s3://har/dvc")
    pulled = colleague.dvc("pull", **team.s3)
    assert pulled.code == 0, pulled.err
    assert "Running stage 'train" not in colleague.repro(**team.client())
    _promote_at_once(team, colleague, Checkout(retrained[1].clone("promote")))
    verified = colleague.har("verify", **team.client())
    assert verified.code == 0, verified.err
    assert "are as dvc.lock has them" in verified.out


def _promote_at_once(team: Team, *clones: Checkout) -> None:
    """Two clones ask the gate about the same candidate: it is registered once and stays champion."""
    command = ["dvc", "repro", "--force", "--single-item", "promote"]
    started = [clone.start(*command, **team.client()) for clone in clones]
    said = [process.communicate(timeout=3000) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert team.query("SELECT version FROM model_versions") == [(1,)]
    assert team.query("SELECT version FROM registered_model_aliases WHERE alias = 'champion'") == [(1,)]


def test_accounts_and_passwords_are_changed_as_the_page_says(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.server import get_app_client

    for name, value in team.client().items():
        monkeypatch.setenv(name, value)
    accounts = get_app_client("basic-auth", team.address)
    accounts.create_user("ada", "the-first-of-ada")
    assert team.status("ada", "the-first-of-ada") == 200
    accounts.update_user_password("ada", "another-of-ada")
    assert (team.status("ada", "the-first-of-ada"), team.status("ada", "another-of-ada")) == (401, 200)
    accounts.delete_user("ada")
    assert team.status("ada", "another-of-ada") == 401


def test_a_backup_brings_registry_and_artifacts_back(
    team: Team, retrained: tuple[Path, Runner], tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    away, back = re.findall(r"^python -c '(from s3fs .*)'$", page, flags=re.MULTILINE)
    aliases = "SELECT alias, version FROM registered_model_aliases ORDER BY alias"
    before, files = team.query(aliases), _objects(team)
    dump = tmp_path / "mlflow.dump"
    team.postgres("pg_dump", "--format", "custom", "--file", str(dump), "mlflow")
    _python(team, away, tmp_path)

    team.query("DELETE FROM registered_model_aliases RETURNING alias")
    _python(team, 'from s3fs import S3FileSystem; S3FileSystem().rm("har/", recursive=True)', tmp_path)
    _python(team, 'from s3fs import S3FileSystem; S3FileSystem().mkdir("har")', tmp_path)
    assert team.query(aliases) == []
    assert _objects(team) == {}

    team.postgres("pg_restore", "--dbname", "mlflow", "--clean", "--if-exists", str(dump))
    _python(team, back, tmp_path)
    assert team.query(aliases) == before != []
    assert _objects(team) == files != {}
    export = ("models", "export", "champion", str(tmp_path / "bundle"))  # its files are as they were registered
    exported = Checkout(retrained[1].clone("promote")).har(*export, **team.client())
    assert exported.code == 0, exported.err
    asked = (team.folder / "bucket.log").read_text()
    assert "GET /har/" in asked
    assert "X-Amz-Signature" not in asked, "a client was sent to the bucket, which it may not reach"


def _python(team: Team, code: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=os.environ | team.s3, check=True)


def _objects(team: Team) -> dict[str, int]:
    """Size of every object in the bucket, in bytes."""
    known = {"key": team.s3["AWS_ACCESS_KEY_ID"], "secret": team.s3["AWS_SECRET_ACCESS_KEY"]}
    bucket = S3FileSystem(**known, endpoint_url=team.s3["AWS_ENDPOINT_URL"], use_listings_cache=False)
    return {name: entry["size"] for name, entry in bucket.find("har", detail=True).items()}


def test_an_upgrade_of_what_is_new_changes_nothing(team: Team) -> None:
    process = team.serve(team.folder / "secrets", "upgrade")
    assert process.wait(timeout=600) == 0
    assert team.status("admin", SECRETS["admin_password"]) == 200


def _clone(origin: Path, root: Path) -> Checkout:
    _git(origin, "clone", "-q", "--branch", "retrained/23", str(origin), str(root))
    return Checkout(root)


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
