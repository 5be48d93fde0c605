"""What retraining made, offered as a pull request: all of a promoted model, of a refused one the ledger and why."""

import json
import shutil
from pathlib import Path

import pytest

from workflows.events import git, needs_gh, runner
from workflows.github_server import GitHub
from workflows.workflow_runner import Runner, workflows

REASONS = [
    {"check": "macro_f1", "value": 0.91234, "limit": 0.94, "passed": False},
    {"check": "worst_class_recall", "of": "sitting", "value": 0.5, "limit": 0.85, "passed": False},
    {"check": "kilobytes", "value": 71.79, "limit": 80.0, "passed": True},
    {"check": "latency_ms", "limit": 2.0, "passed": False},
]
MADE = ("dvc.lock", "params.yaml", "README.md", "models/har.tflite", "reports/metrics.json", "docs/promotions.jsonl")

pytestmark = needs_gh


def brought_back(
    tmp_path: Path, origin: Path, decision: str, times: int = 1, registry: bool = True, **about: str
) -> None:
    """The job that promotes, without a server, after a retraining that changed everything and was decided about.

    registry: whether the decision is that of a registry's promotion; else it is the gate's about main's model.
    """
    run = runner(tmp_path, origin, "push")
    run.contexts = {**run.contexts, "github": run.contexts["github"] | about}
    artifact = run.folder / "artifacts" / "retrained"
    for name in (*MADE, "report.md"):
        (artifact / name).parent.mkdir(parents=True, exist_ok=True)
        (artifact / name).write_text(f"made by retraining: {name}\n")
    receipt = {"model": "har-cnn-lstm", "version": "3", "decision": decision, "reasons": REASONS}
    preview = {"candidate": "0123456789abcdef", "promote": decision == "promote", "base": "`main`", "reasons": REASONS}
    name, said = ("promotion.json", receipt) if registry else ("gate.json", preview)
    (artifact / "reports" / name).write_text(json.dumps(said))
    job = {name: value for name, value in workflows()["retrain.yml"]["jobs"]["promote"].items() if name != "needs"}
    for _ in range(times):
        run.run({"jobs": {"promote": job}})
        shutil.rmtree(run.clone("promote"))


def changed(origin: Path, branch: str = "17") -> set[str]:
    return set(git(origin, "diff", "--name-only", "main", f"retrained/{branch}").splitlines())


@pytest.fixture
def origin(project: Path, tmp_path: Path) -> Path:
    """A repository of this test's own, since branches are pushed to it."""
    git(tmp_path, "clone", "-q", "--bare", str(project), str(tmp_path / "origin.git"))
    return tmp_path / "origin.git"


def test_a_promoted_model_comes_back_whole(tmp_path: Path, origin: Path, github: GitHub) -> None:
    brought_back(tmp_path, origin, "promote")
    (pull,) = github.pulls
    assert pull["title"] == "Retrained and promoted: version 3 of har-cnn-lstm"
    assert "made by retraining: report.md" in pull["body"]
    assert changed(origin) == set(MADE)


def test_of_a_refused_model_the_ledger_and_the_reasons_come_back(tmp_path: Path, origin: Path, github: GitHub) -> None:
    brought_back(tmp_path, origin, "reject")
    (pull,) = github.pulls
    title = "Retrained and refused: version 3 of har-cnn-lstm (macro_f1, worst_class_recall, latency_ms)"
    assert pull["title"] == title
    failed = [line for line in pull["body"].splitlines() if line.startswith("- ")]
    assert failed == [
        "- `macro_f1` 0.9123 against a limit of 0.94",
        "- `worst_class_recall` (sitting) 0.5 against a limit of 0.85",
        "- `latency_ms` against a limit of 2",
    ]
    assert "made by retraining: report.md" in pull["body"]
    assert changed(origin, "refused-3") == {"docs/promotions.jsonl", "reports/refused/3.md"}
    assert git(origin, "show", "retrained/refused-3:reports/refused/3.md") == pull["body"].strip()


def test_a_model_that_is_trained_and_refused_again_is_told_once(tmp_path: Path, origin: Path, github: GitHub) -> None:
    brought_back(tmp_path, origin, "reject")
    brought_back(tmp_path, origin, "reject", run_id="18")
    assert len(github.pulls) == 1
    git(origin, "update-ref", "refs/heads/main", "retrained/refused-3")  # somebody merges it
    github.pulls.clear()
    brought_back(tmp_path, origin, "reject", run_id="19")
    assert github.pulls == []


def test_without_a_registry_a_model_that_passed_comes_back_whole(tmp_path: Path, origin: Path, github: GitHub) -> None:
    brought_back(tmp_path, origin, "promote", registry=False)
    (pull,) = github.pulls
    assert pull["title"] == "Retrained and passed: candidate 0123456789ab"
    assert "beside the model of `main`: no registry is set up." in pull["body"]
    assert changed(origin) == set(MADE)


def test_without_a_registry_of_a_refused_model_the_reasons_come_back(
    tmp_path: Path, origin: Path, github: GitHub
) -> None:
    brought_back(tmp_path, origin, "reject", registry=False)
    (pull,) = github.pulls
    assert pull["title"].startswith("Retrained and refused: candidate 0123456789ab (macro_f1, ")
    assert "The model of the main branch stays" in pull["body"]
    branch = "refused-0123456789ab"
    assert changed(origin, branch) == {"docs/promotions.jsonl", "reports/refused/0123456789ab.md"}


def test_run_again_it_brings_its_pull_request_up_to_date(tmp_path: Path, origin: Path, github: GitHub) -> None:
    brought_back(tmp_path, origin, "promote", times=2)
    (pull,) = github.pulls
    assert pull["title"] == "Retrained and promoted: version 3 of har-cnn-lstm"


def published(run: Runner, files: dict[str, str]) -> None:
    """The job that publishes, after one that built `files`."""
    for name, content in files.items():
        (run.folder / "artifacts" / "release" / name).parent.mkdir(parents=True, exist_ok=True)
        (run.folder / "artifacts" / "release" / name).write_text(content)
    job = {name: value for name, value in workflows()["release.yml"]["jobs"]["publish"].items() if name != "needs"}
    run.run({"jobs": {"publish": job}})


@pytest.mark.parametrize("draft", [True, False], ids=["half of it", "all of it"])
def test_a_release_that_is_there_gets_the_files_of_this_run(
    tmp_path: Path, origin: Path, github: GitHub, draft: bool
) -> None:
    """A run that failed in the middle of its uploads leaves a draft with some of them."""
    github.releases = [{"tag_name": "v1.0.0", "name": "v1.0.0", "body": "of the first attempt", "draft": draft}]
    github.assets = {"har.tflite": b"of the first attempt"}
    files = {name: f"{name} of this run" for name in ("har.tflite", "model_card.md", "SHA256SUMS")}
    published(runner(tmp_path, origin, "tag"), files)
    assert {name: content.decode() for name, content in github.assets.items()} == files
    (release,) = github.releases
    assert (release["draft"], release["body"]) == (False, "model_card.md of this run")
