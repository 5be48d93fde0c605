"""The workflows as GitHub reads them: what they may do, and every one of their steps, run in fresh clones."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from har.datasets import hapt
from har.params import Download
from har.studies import injected
from pipeline.pipeline_checkout import commit, fresh
from workflows.events import CONTEXTS, git, needs_gh, runner
from workflows.github_server import GitHub
from workflows.workflow_runner import ROOT, steps, workflows

THIN = re.compile(r"make [a-z-]+|har [a-z-]+")


def test_nothing_is_permitted_that_a_job_does_not_ask_for() -> None:
    for name, workflow in workflows().items():
        assert workflow["permissions"] == {}, name
        assert all("permissions" in job and "timeout-minutes" in job for job in workflow["jobs"].values()), name
        first = next(iter(workflow["jobs"].values()))  # what the others need
        assert "concurrency" in workflow or "concurrency" in first, name


def test_actions_are_pinned_by_commit_and_say_their_version() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for line in re.findall(r"uses:.*", path.read_text()):
            assert re.fullmatch(r"uses: actions/[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_each_step_is_a_command_that_anyone_can_run() -> None:
    commands = {step["run"] for workflow in workflows().values() for _, step in steps(workflow) if "run" in step}
    assert all(THIN.fullmatch(command) for command in commands), commands
    assert set(CONTEXTS["left_out"]) <= commands


def test_git_passes_over_what_workflows_leave_behind() -> None:
    names = ["data/monitored/log/windows-1.parquet", "data/recordings/walk.csv", "report.md", "reports/promotion.json"]
    done = subprocess.run(["git", "check-ignore", *names], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == names


def test_the_slow_tests_run_on_github_too() -> None:
    commands = {step.get("run") for _, step in steps(workflows()["slow.yml"])}
    assert {"make system", "make test-slow"} <= commands
    shown = subprocess.run(["make", "-n", "test-slow"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert re.search(r"HAR_TEST_TEAM=1 pytest .*tests/team tests/workflows", shown)


@pytest.mark.parametrize("target", ["pull", "push", "recordings", "monitor"])
def test_what_speaks_to_a_bucket_has_the_packages_for_it(target: str) -> None:
    shown = subprocess.run(["make", "-nB", target], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "-r requirements/team.txt" in shown
    locked, tested = (_versions(ROOT / "requirements" / name) for name in ("team.txt", "dev.txt"))
    assert {"dvc-s3", "boto3", "tensorflow"} <= locked.keys()
    assert {name: tested[name] for name in locked} == locked


def test_ci_installs_and_tests(tmp_path: Path, project: Path) -> None:
    run = runner(tmp_path, project, "push")
    run.run(workflows()["ci.yml"])
    assert run.done == [("test", "make system")]


@needs_gh
def test_a_release_has_the_files_their_components_and_checksums(tmp_path: Path, project: Path, github: GitHub) -> None:
    run = runner(tmp_path, project, "tag")
    run.run(workflows()["release.yml"])
    assert ("publish", "make publish") in run.done
    assert github.releases[0]["tag_name"] == "v1.0.0"
    assert set(github.assets) == {
        "har.tflite",
        "har-web.tflite",
        "model_card.md",
        "sbom-python.cdx.json",
        "sbom-page.cdx.json",
        "SHA256SUMS",
    }
    assert github.assets["har.tflite"] == (ROOT / "models" / "har.tflite").read_bytes()
    components = {part["name"] for part in json.loads(github.assets["sbom-python.cdx.json"])["components"]}
    assert {"tensorflow", "mlflow"} <= components
    dist = run.clone("publish") / "dist"
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dist, check=True)
    assert (run.clone("build") / "web" / "dist" / "index.html").is_file()


@pytest.mark.pipeline
@pytest.mark.xdist_group("pipeline")
@pytest.mark.timeout(3600)
@needs_gh
@pytest.mark.skipif(os.environ.get("HAR_TEST_TEAM") != "1", reason="trains the CNN-LSTM: HAR_TEST_TEAM=1")
def test_a_pull_request_is_trained_and_told_what_changes(tmp_path: Path, small: Path, github: GitHub) -> None:
    run = runner(tmp_path, small, "pull_request")
    run.run(workflows()["retrain.yml"])
    commands = ["make env", "make retrain", "make report"]
    assert run.done == [*(("train", command) for command in commands), ("comment", "make comment")]
    (comment,) = github.comments
    assert comment["body"] == (run.clone("comment") / "report.md").read_text()
    assert "`train.cnn_lstm.epochs` | `1` | `6`" in comment["body"]
    assert (tmp_path / "summary.md").read_text() == comment["body"]
    assert github.pulls == []


@pytest.mark.pipeline
@pytest.mark.xdist_group("pipeline")
@pytest.mark.timeout(3600)
@needs_gh
@pytest.mark.skipif(os.environ.get("HAR_TEST_TEAM") != "1", reason="trains the CNN-LSTM twice: HAR_TEST_TEAM=1")
def test_without_a_registry_main_is_trained_judged_beside_its_model_and_offered(tmp_path: Path, github: GitHub) -> None:
    checkout, origin = fresh(tmp_path / "checkout"), tmp_path / "origin.git"
    checkout.git("branch", "-M", "main")
    checkout.repro("compare")
    commit(checkout)
    checkout.git("clone", "-q", "--bare", str(checkout.root), str(origin))
    run = runner(tmp_path, origin, "workflow_dispatch")
    run.run(workflows()["retrain.yml"])
    trained = ["make env", "make pull", "make recordings", "make retrain", "make push", "make judge", "make report"]
    offered = ["make env", "make bring-back"]
    assert run.done == [*(("train", name) for name in trained), *(("promote", name) for name in offered)]
    gate = json.loads((run.clone("train") / "reports" / "gate.json").read_text())
    assert "macro_f1_against_champion_low" in {reason["check"] for reason in gate["reasons"]}
    (pull,) = github.pulls
    outcome = "passed" if gate["promote"] else "refused"
    assert pull["title"].startswith(f"Retrained and {outcome}: candidate {gate['candidate'][:12]}")


@needs_gh
def test_a_second_report_replaces_the_first_and_nobody_s_words(tmp_path: Path, project: Path, github: GitHub) -> None:
    github.comments = [
        {"id": 1, "user": {"type": "User"}, "body": "<!-- har report -->\nquoted by a person"},
        {"id": 2, "user": {"type": "Bot"}, "body": "<!-- har report -->\nthe first"},
    ]
    run = runner(tmp_path, project, "pull_request")
    report = run.folder / "artifacts" / "retrained" / "report.md"
    report.parent.mkdir(parents=True)
    report.write_text("<!-- har report -->\nthe second\n")
    job = {name: value for name, value in workflows()["retrain.yml"]["jobs"]["comment"].items() if name != "needs"}
    run.run({"jobs": {"comment": job}})
    said = [comment["body"] for comment in github.comments]
    assert said == ["<!-- har report -->\nquoted by a person", "<!-- har report -->\nthe second\n"]


@needs_gh
@pytest.mark.parametrize(("code", "asked"), [(0, []), (3, [{"event_type": "drift"}]), (4, [])])
def test_drift_starts_retraining_and_faults_do_not(
    tmp_path: Path, project: Path, github: GitHub, code: int, asked: list[Any]
) -> None:
    """What `har monitor` finds has tests of its own: here it is a function that ends as if it had found it."""
    found = f'[ "$2" = data/monitored/log.jsonl ] && touch reports/monitoring/verdict.json && return {code}'
    (tmp_path / "har.sh").write_text(f"har() {{ mkdir -p reports/monitoring; {found}; }}\n")
    (tmp_path / "log.jsonl").write_text("{}\n")
    run = runner(tmp_path, project, "schedule", vars={"MONITOR_URL": str(tmp_path / "log.jsonl")})
    run.variables = {**run.variables, "BASH_ENV": str(tmp_path / "har.sh")}
    run.run(workflows()["monitor.yml"])
    assert github.dispatches == asked
    assert (("retrain", "make dispatch") in run.done) == bool(asked)
    assert any("::warning title=har monitor::Faults" in said for said in run.said) == (code == 4)


@needs_gh
def test_drift_starts_nothing_while_a_retraining_waits_for_an_answer(
    tmp_path: Path, project: Path, github: GitHub
) -> None:
    github.pulls = [
        {"number": 2, "head": "retrained/17", "html_url": "https://github.com/me/har/pull/2"},
        {"number": 3, "head": "somebody's", "html_url": "https://github.com/me/har/pull/3"},
    ]
    run = runner(tmp_path, project, "schedule")
    job = {"steps": workflows()["monitor.yml"]["jobs"]["retrain"]["steps"]}
    run.run({"jobs": {"retrain": job}})
    assert any("waits for an answer: https://github.com/me/har/pull/2" in said for said in run.said)
    github.pulls.pop(0)
    run.run({"jobs": {"again": job}})
    assert github.dispatches == [{"event_type": "drift"}]


def test_a_log_that_is_fetched_again_takes_the_place_of_the_former_one(tmp_path: Path) -> None:
    """On a laptop, where the first one is still there."""
    command = [ROOT / ".github" / "scripts" / "monitor"]
    har = tmp_path / "bin" / "har"
    har.parent.mkdir()
    har.write_text('#!/bin/sh\nfind "$2" -type f\n')
    har.chmod(0o755)
    (tmp_path / "log").mkdir()
    git(tmp_path, "init", "-q")
    subprocess.run(["dvc", "init", "-q"], cwd=tmp_path, check=True)
    variables = os.environ | {"MONITOR_URL": str(tmp_path / "log"), "PATH": f"{har.parent}:{os.environ['PATH']}"}
    for name in ("windows-1.parquet", "windows-2.parquet"):
        (tmp_path / "log" / name).write_text("a part")
        done = subprocess.run(command, cwd=tmp_path, env=variables, check=True, capture_output=True, text=True)
    found = sorted(line for line in done.stdout.splitlines() if line.startswith("data/"))
    assert found == ["data/monitored/log/windows-1.parquet", "data/monitored/log/windows-2.parquet"]


def test_what_phones_used_is_judged_by_the_champion_of_the_registry(tmp_path: Path, project: Path) -> None:
    """Git has another model while the pull request of a promotion is open, and after a rollback."""
    note = f'echo "$FUNCNAME $*" >> {tmp_path / "called"}'
    exported = 'if [ "$1 $2" = "models export" ]; then mkdir -p "$4"; echo other > "$4/har-web.tflite"; fi'
    verdict = "mkdir -p reports/monitoring; touch reports/monitoring/verdict.json"
    (tmp_path / "functions.sh").write_text(f"dvc() {{ {note}; }}\nhar() {{ {note}; {exported}; {verdict}; }}\n")
    settings = {"MONITOR_URL": "s3://har/log", "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    run = runner(tmp_path, project, "schedule", vars=settings)
    run.variables = {**run.variables, "BASH_ENV": str(tmp_path / "functions.sh")}
    run.run(workflows()["monitor.yml"])
    assert (tmp_path / "called").read_text().splitlines()[1:] == [
        "har models export champion .cache/champion",
        "dvc repro featurize",
        "har monitor data/monitored/log --model .cache/champion/har-web.tflite",
    ]


def test_a_fresh_checkout_judges_recordings(tmp_path: Path, project: Path) -> None:
    """Neither data nor a pipeline's outputs are there, as on GitHub."""
    settings = Download(routes=("package",), timeout_s=1, retries=0, max_megabytes=1)
    one = next(item for item in hapt.from_package(settings, Path()) if item.subject == 10)
    samples = hapt.to_canonical(one.samples)
    injected.write(injected.Told(samples, np.arange(len(samples)) / 50.0, 50.0), tmp_path / "sent" / "one.parquet")
    run = runner(tmp_path, project, "schedule", vars={"MONITOR_URL": str(tmp_path / "sent")})
    run.run(workflows()["monitor.yml"])
    verdict = json.loads((run.folder / "artifacts" / "monitoring" / "verdict.json").read_text())
    assert (verdict["judged"]["sources"], verdict["exit_code"]) == (1, 0)
    assert run.done == [("monitor", "make env"), ("monitor", "make monitor")]


def _versions(locked: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", locked.read_text(), re.MULTILINE))
