"""GitHub's workflows run here: every `run:` step as it is, each job in a fresh clone, artifacts and caches as files.

The actions that the workflows use are played by what they do to files; an action that is not known here is an error.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from workflows.workflow_expressions import evaluate, fill

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
NOTHING_TO_DO = {"actions/setup-python", "actions/upload-pages-artifact", "actions/deploy-pages"}


def workflows() -> dict[str, dict[str, Any]]:
    """Every workflow by its file's name; YAML takes the key `on` for true."""
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(WORKFLOWS.glob("*.yml"))}


def steps(workflow: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step with the name of its job."""
    for job, body in workflow["jobs"].items():
        for step in body["steps"]:
            yield job, step


@dataclass
class Runner:
    """Runs workflows on the repository `origin`, to which they may push.

    contexts: `github`, `vars`, `secrets` and `inputs`, as GitHub would fill them in. variables: of the environment.
    left_out: `run:` steps that are not run, with the reason. done: job and command of every step that ran.
    """

    origin: Path
    folder: Path
    contexts: Mapping[str, Any]
    variables: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)
    done: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def run(self, workflow: Mapping[str, Any]) -> None:
        """Run the jobs in order; what a job needs has to have run for it to run."""
        ran: dict[str, dict[str, Any]] = {}
        for name, job in workflow["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            contexts = {**self.contexts, "needs": ran, "env": {}}
            wanted = evaluate(job["if"], contexts, self.folder) if "if" in job else True
            if wanted and all(need in ran for need in needs):
                ran[name] = self._job(name, job, workflow, contexts)

    def clone(self, job: str) -> Path:
        return self.folder / job

    def _job(
        self, name: str, job: Mapping[str, Any], workflow: Mapping[str, Any], contexts: dict[str, Any]
    ) -> dict[str, Any]:
        clone = self.clone(name)
        matrix = {key: values[0] for key, values in job.get("strategy", {}).get("matrix", {}).items()}
        contexts |= {"matrix": matrix, "steps": {}}
        contexts["env"] = self._filled(workflow.get("env", {}), contexts, clone)
        contexts["env"] |= self._filled(job.get("env", {}), contexts, clone)
        for step in job["steps"]:
            if "if" not in step or evaluate(step["if"], contexts, clone):
                outputs = self._step(name, step, contexts, clone)
                contexts["steps"][step.get("id", "")] = {"outputs": outputs}
        return {"outputs": self._filled(job.get("outputs", {}), contexts, clone)}

    def _step(self, job: str, step: Mapping[str, Any], contexts: Mapping[str, Any], clone: Path) -> dict[str, str]:
        if "uses" in step:
            return self._use(step["uses"].partition("@")[0], self._filled(step.get("with", {}), contexts, clone), clone)
        assert "${{" not in step["run"], f"{step['run']}: values reach a script through `env`"
        if step["run"] in self.left_out:
            return {}
        output = self.folder / "output"
        output.write_text("")
        variables = self._variables(clone) | contexts["env"] | self._filled(step.get("env", {}), contexts, clone)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=clone,
            env=variables | {"GITHUB_OUTPUT": str(output)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{job}: {step['run']}\n{done.stdout}\n{done.stderr}"
        self.done.append((job, step["run"]))
        self.said.append(done.stdout)
        return dict(line.split("=", 1) for line in output.read_text().splitlines())

    def _use(self, action: str, given: Mapping[str, str], clone: Path) -> dict[str, str]:
        """Do what an action does to files; returns its outputs."""
        match action:
            case "actions/checkout":
                self._check_out(given.get("ref") or self.contexts["github"]["sha"], clone)
            case "actions/upload-artifact":
                _copy(given["path"], clone, self.folder / "artifacts" / given["name"], flat=True)
            case "actions/download-artifact":
                shutil.copytree(
                    self.folder / "artifacts" / given["name"], clone / given.get("path", ""), dirs_exist_ok=True
                )
            case "actions/cache/save":
                _copy(given["path"], clone, self.folder / "caches" / given["key"])
            case "actions/cache/restore":
                kept = self.folder / "caches" / given["key"]
                if kept.is_dir():
                    shutil.copytree(kept, clone, dirs_exist_ok=True)
                return {"cache-hit": "true" if kept.is_dir() else ""}
            case "actions/cache":
                pass  # of packages: the tests install none
            case _:
                assert action in NOTHING_TO_DO, f"{action} is not known here"
        return {}

    def _check_out(self, revision: str, clone: Path) -> None:
        """A fresh clone with the packages of this environment and this clone's own `har`."""
        subprocess.run(["git", "clone", "-q", str(self.origin), str(clone)], check=True)
        subprocess.run(["git", "checkout", "-q", revision], cwd=clone, check=True)
        environment = clone / ".venv"
        environment.mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (environment / name).symlink_to(Path(sys.prefix) / name)
        for name in ("bootstrap", "run", "team", "dev"):
            (environment / f"{name}.done").touch()

    def _variables(self, clone: Path) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MLFLOW_", "DVC_", "HAR_", "AWS_", "GH_", "GITHUB_", "GIT_"))
        }
        github = {f"GITHUB_{name.upper()}": value for name, value in self.contexts["github"].items() if name != "event"}
        machine = str(self.folder / "machine")
        dvc = dict.fromkeys(("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"), machine)
        python = {"PYTHONPATH": str(clone / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        return kept | github | dvc | python | dict(self.variables)

    def _filled(self, values: Mapping[str, Any], contexts: Mapping[str, Any], clone: Path) -> dict[str, str]:
        return {name: fill(_plain(value), contexts, clone) for name, value in values.items()}


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _copy(patterns: str, clone: Path, target: Path, *, flat: bool = False) -> None:
    """Copy what the patterns name under its path in the clone; `flat`: a lone folder becomes `target` itself."""
    found = [path for pattern in patterns.split() for path in clone.glob(pattern)]
    assert found, f"nothing at {patterns}"
    for path in found:
        into = target if flat and len(found) == 1 and path.is_dir() else target / path.relative_to(clone)
        if path.is_dir():
            shutil.copytree(path, into, dirs_exist_ok=True)
        else:
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, into)
