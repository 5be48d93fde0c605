"""A checkout of its own with a small params.yaml, in which `dvc repro` trains on the real recordings in two minutes."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from har.files import read_json, sha256

ROOT = Path(__file__).parents[2]
MADE = ("data/", "models/", "reports/", "dvc.lock")  # what the pipeline makes: a fresh clone may hold some of it
TIMED = "reports/export.json"  # holds latencies, which differ each time they are measured
SMALL = {
    "cnn_lstm": {"seeds": [0, 1], "epochs": 1, "filters": [16, 24, 32], "lstm_units": 16, "batch": 128},
    "logistic_regression": {"max_iterations": 20},
}
LENIENT = {
    "evaluate": {"bootstrap": 50},
    "export": {"min_agreement": 0.5, "max_f1_loss": 1.0, "latency_runs": 50},
    "promote": {
        "min_macro_f1": 0.0,
        "min_page_macro_f1": 0.0,
        "min_class_recall": 0.0,
        "min_subject_accuracy": 0.0,
        "min_agreement": 0.5,
        "max_kilobytes": 1000.0,
        "max_page_kilobytes": 1000.0,
        "max_latency_ms": 1000.0,
        "bootstrap": 50,
    },
}
MARKS = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline"), pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """The one line that `har` gives a user who made a mistake."""
        lines = [line for line in self.err.splitlines() if line.startswith("har: ")]
        assert len(lines) == 1, f"expected one line of har on stderr:\n{self.err}"
        assert "Traceback" not in self.err + self.out
        return lines[0]


@dataclass(frozen=True)
class Checkout:
    """A checkout at `root`, and a folder beside it for what DVC keeps of a machine."""

    root: Path

    def environment(self) -> dict[str, str]:
        """Variables without those that would lead to other stores, and with this interpreter first."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "DVC_", "HAR_"))}
        machine = self.root.parent / f"{self.root.name}-machine"
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(machine),
            "DVC_GLOBAL_CONFIG_DIR": str(machine),
            "DVC_SYSTEM_CONFIG_DIR": str(machine),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def start(self, *command: str, log: Path | None = None, **variables: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own; its output goes to `log` if given."""
        output = subprocess.PIPE if log is None else log.open("w")
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.root,
            env=self.environment() | variables,
            stdout=output,
            stderr=subprocess.PIPE if log is None else subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, **variables: str) -> Done:
        """Run `python -m <command>` to its end; nothing of it outlives this call."""
        process = self.start(*command, **variables)
        try:
            out, err = process.communicate(timeout=3000)
        finally:
            end(process)
        return Done(process.returncode, out, err)

    def dvc(self, *arguments: str, **variables: str) -> Done:
        return self.run("dvc", *arguments, **variables)

    def har(self, *arguments: str, **variables: str) -> Done:
        return self.run("har", *arguments, **(variables | {"PYTHONPATH": "src"}))

    def repro(self, *arguments: str, **variables: str) -> str:
        """`dvc repro`, which must succeed; what it said on stdout."""
        done = self.dvc("repro", *arguments, **variables)
        assert done.code == 0, f"dvc repro failed:\n{done.out}\n{done.err}"
        return done.out

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
        done = subprocess.run(command, cwd=self.root, env=self.environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def params(self) -> dict[str, Any]:
        return yaml.safe_load((self.root / "params.yaml").read_text())

    def change(self, section: str, **values: Any) -> None:
        """Change keys of one section of params.yaml; a dot leads into a section of it."""
        raw = self.params
        part = raw
        for name in section.split("."):
            part = part[name]
        part.update(values)
        (self.root / "params.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))

    def at(self, path: str) -> Path:
        return self.root / path

    def json(self, path: str) -> Any:
        return read_json(self.at(path))

    def hashes(self) -> dict[str, str]:
        """MD5 of every output by dvc.lock, but of the one that holds timings."""
        stages = yaml.safe_load((self.root / "dvc.lock").read_text())["stages"].values()
        return {out["path"]: out["md5"] for stage in stages for out in stage["outs"] if out["path"] != TIMED}

    def contents(self) -> dict[str, str]:
        """SHA-256 of every file that the pipeline made, and of dvc.lock."""
        folders = [self.root / name for name in ("data", "models", "reports")]
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.root)): sha256(path) for path in [*files, self.root / "dvc.lock"]}

    def copy(self, root: Path) -> "Checkout":
        """A copy of all of it; the MLflow store is copied too, but points to the artifacts of this one."""
        shutil.copytree(self.root, root, symlinks=True)
        return Checkout(root)

    def clone(self, root: Path) -> "Checkout":
        """A clone as it was before the pipeline ran."""
        self.git("clone", "-q", "--branch", "start", str(self.root), str(root))
        return Checkout(root)


def end(process: subprocess.Popen[str]) -> None:
    """Kill what is left of a process group that `start` made, all at once and without warning."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def flip(path: Path) -> None:
    """Change one bit in the middle of a file, behind everybody's back."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def fresh(root: Path) -> Checkout:
    """This project as it is now, without what the pipeline made and with small params; committed, tagged `start`."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.rstrip("\0").split("\0"):
        made = name.startswith(MADE) and not name.endswith(".gitignore")  # every clone has these, and their folders
        if not made and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    checkout = Checkout(root)
    checkout.change("train", families=list(SMALL))
    for family, knobs in SMALL.items():
        known = checkout.params["train"][family]
        checkout.change(f"train.{family}", **{name: value for name, value in knobs.items() if name in known})
    for section, values in LENIENT.items():
        checkout.change(section, **values)
    checkout.git("init", "-q")
    checkout.git("config", "user.name", "test")
    checkout.git("config", "user.email", "test@example.org")
    commit(checkout)
    checkout.git("tag", "start")
    return checkout


def commit(checkout: Checkout) -> None:
    checkout.git("add", "--all")
    checkout.git("commit", "-q", "--message", "as it is now")
