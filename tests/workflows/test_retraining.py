"""The steps of `retrain.yml` around the training, which is played by functions that note how they were called."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from workflows.events import git, runner
from workflows.workflow_runner import Runner, workflows

RECORDING = "a recording"
REGISTRY = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}  # nobody is there, and nothing here asks it

Origin = Callable[[list[str]], Path]


@pytest.fixture
def origin(project: Path, tmp_path: Path) -> Origin:
    """Makes a repository with these data sets in params.yaml."""

    def make(datasets: list[str]) -> Path:
        clone, bare = tmp_path / "origin", tmp_path / "origin.git"
        git(tmp_path, "clone", "-q", str(project), str(clone))
        params = yaml.safe_load((clone / "params.yaml").read_text())
        (clone / "params.yaml").write_text(yaml.safe_dump(params | {"datasets": datasets}, sort_keys=False))
        git(clone, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qam", "with these data sets")
        git(tmp_path, "clone", "-q", "--bare", str(clone), str(bare))
        return bare

    return make


def ran(run: Runner, job: str, left_out: tuple[str, ...] = ()) -> None:
    """One job of the workflow without some of its steps."""
    known = workflows()["retrain.yml"]["jobs"][job]
    steps = [step for step in known["steps"] if step.get("run") not in left_out]
    run.run({**workflows()["retrain.yml"], "jobs": {job: _alone(known) | {"steps": steps}}})


def _alone(job: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name != "needs"}


def noting(run: Runner, folder: Path) -> Path:
    """Let `dvc` and `har` note their arguments in a file of this folder; what `dvc` does in a moment it does."""
    called = folder / "called"
    note = f'echo "$FUNCNAME $*" >> {called}'
    (folder / "functions.sh").write_text(
        f"""
        dvc() {{
          case $1 in
            get-url | remote) command dvc "$@" ;;
            *) {note}; mkdir -p .dvc/cache; touch .dvc/cache/output ;;
          esac
        }}
        har() {{ {note}; }}
        """
    )
    run.variables = {**run.variables, "BASH_ENV": str(folder / "functions.sh")}
    return called


def test_retraining_ends_with_pages_that_tell_its_figures(tmp_path: Path, origin: Origin) -> None:
    run = runner(tmp_path, origin(["hapt"]), "push")
    called = noting(run, tmp_path)
    ran(run, "train", ("make report", "make pull", "make push"))
    assert called.read_text().splitlines() == [
        "dvc exp run compare",
        "har monitor --reference --model models/har-web.tflite",
        "har readme",
        f"har promote --dry-run --json --base {run.contexts['github']['sha']}",
    ]
    kept = run.folder / "artifacts" / "retrained"
    assert (kept / "README.md").is_file()
    assert (kept / "docs" / "features.md").is_file()


def test_recordings_are_there_before_training(tmp_path: Path, origin: Origin) -> None:
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "walk.csv").write_text(RECORDING)
    run = runner(tmp_path, origin(["hapt", "phone"]), "push", vars={"RECORDINGS_URL": str(tmp_path / "bucket")})
    called = noting(run, tmp_path)
    ran(run, "train", ("make report", "make pull", "make push"))
    assert (run.clone("train") / "data" / "recordings" / "walk.csv").read_text() == RECORDING
    assert "dvc exp run compare" in called.read_text().splitlines()
    commands = [command for _, command in run.done]
    assert commands.index("make recordings") < commands.index("make retrain")


def test_a_pull_request_has_no_recordings_and_leaves_the_phone_out(tmp_path: Path, origin: Origin) -> None:
    (tmp_path / "bucket").mkdir()
    settings = {"RECORDINGS_URL": str(tmp_path / "bucket")}
    run = runner(tmp_path, origin(["hapt", "phone"]), "pull_request", vars=settings)
    called = noting(run, tmp_path)
    ran(run, "train", ("make report",))
    assert ("train", "make recordings") not in run.done
    trained = called.read_text().splitlines()[0].split()
    assert "--set-param=datasets=[hapt]" in trained
    assert "--set-param=train.cnn_lstm.epochs=6" in trained


def test_a_branch_is_trained_without_secrets_and_promotes_nothing(tmp_path: Path, origin: Origin) -> None:
    (tmp_path / "bucket").mkdir()
    names = ("MLFLOW_TRACKING_PASSWORD", "AWS_SECRET_ACCESS_KEY")
    settings = REGISTRY | {"RECORDINGS_URL": str(tmp_path / "bucket"), "DVC_REMOTE_URL": str(tmp_path / "remote")}
    secrets = dict.fromkeys(names, "hidden")
    run = runner(tmp_path, origin(["hapt", "phone"]), "branch", vars=settings, secrets=secrets)
    called = noting(run, tmp_path)
    seen = tmp_path / "seen"
    functions = tmp_path / "functions.sh"
    functions.write_text(functions.read_text() + f'\nmake() {{ env >> {seen}; command make "$@"; }}\n')
    ran(run, "train", ("make report",))
    ran(run, "promote")
    assert [command for _, command in run.done] == ["make env", "make retrain"]
    assert "dvc exp run --set-param=datasets=[hapt] compare" in called.read_text().splitlines()
    told = dict(line.partition("=")[::2] for line in seen.read_text().splitlines())
    assert {told.get(name, "") for name in (*names, "MLFLOW_TRACKING_URI")} == {""}
    assert "hidden" not in seen.read_text()


@pytest.mark.parametrize("kept", [True, False], ids=["in the cache", "in DVC's remote"])
def test_a_promotion_finds_what_was_trained(tmp_path: Path, origin: Origin, kept: bool) -> None:
    """GitHub drops caches after some days: a reviewer may take longer."""
    (tmp_path / "remote").mkdir()
    settings = REGISTRY | {"DVC_REMOTE_URL": str(tmp_path / "remote")}
    run = runner(tmp_path, origin(["hapt"]), "push", vars=settings)
    called = noting(run, tmp_path)
    ran(run, "train", ("make report", "make pull", "make push"))
    assert "har promote" not in called.read_text()  # the gate is asked by the promotion
    if not kept:
        for cache in (run.folder / "caches").iterdir():
            cache.rename(tmp_path / "dropped")
    called.write_text("")
    ran(run, "promote", ("make bring-back",))
    assert ("dvc pull --allow-missing" in called.read_text().splitlines()) == (not kept)
    assert ("promote", "make promote") in run.done


def test_an_approval_that_is_awaited_holds_up_no_training() -> None:
    """Concurrency of the whole workflow would last until a reviewer has said something."""
    workflow = workflows()["retrain.yml"]
    assert "concurrency" not in workflow
    assert "retrain-" in workflow["jobs"]["train"]["concurrency"]["group"]
    assert workflow["jobs"]["promote"]["environment"] == "production"
