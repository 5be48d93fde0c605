"""What a run was made with: interpreter, packages, and the commit of the code."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "har",
    "tensorflow",
    "keras",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "skops",
    "ai-edge-litert",
    "mlflow",
)


def describe() -> dict[str, str]:
    """Python, platform and the versions of the packages that decide a model's bits, those installed."""
    found = {"python": platform.python_version(), "platform": platform.platform(), "cpus": str(os.cpu_count())}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit(root: Path) -> tuple[str, bool] | None:
    """The Git commit that `root` is at and whether its tracked files differ from it; None outside a repository."""
    head = _git(root, "rev-parse", "HEAD")
    if head is None:
        return None
    return head, bool(_git(root, "status", "--porcelain", "--untracked-files=no"))


def stamp(root: Path) -> str | None:
    """The commit that `root` is at, with `-dirty` where its tracked files differ from it; None outside a repository."""
    found = commit(root)
    return None if found is None else found[0] + ("-dirty" if found[1] else "")


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments], capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
