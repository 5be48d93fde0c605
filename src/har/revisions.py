"""A revision of the repository that the project is in, and its files."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from har.errors import HarError


@dataclass(frozen=True)
class Revision:
    """A commit of the repository at `root`, and the name that somebody gave it by."""

    root: Path
    name: str
    commit: str

    @classmethod
    def find(cls, root: Path, name: str) -> "Revision":
        """The branch, tag or commit `name`. Raises `HarError` where there is none of that name."""
        found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if found is None:
            raise HarError(f"--base {name} is no revision of this repository: give a branch, tag or commit it has.")
        return cls(root, name, found.decode().strip())

    def read(self, path: str) -> bytes | None:
        """A file's content by its path from the root; None where the revision has no such file."""
        return _git(self.root, "show", f"{self.commit}:{path}")

    def __str__(self) -> str:
        """The name, in Markdown, with the commit where that is another."""
        return f"`{self.name}`" if self.commit.startswith(self.name) else f"`{self.name}` ({self.commit[:7]})"


def _git(root: Path, *arguments: str) -> bytes | None:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True)
    return done.stdout if done.returncode == 0 else None
