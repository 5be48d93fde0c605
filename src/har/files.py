"""Writing outputs whole or not at all, and telling their content apart by hash."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from har.errors import HarError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `path` to write (a file or a folder), and rename it to `path` on success.

    The sibling is left over only when the process is killed, and the next writer of `path` clears it away.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    remove(temporary)
    try:
        yield temporary
        if path.is_dir():
            remove(path)
        temporary.replace(path)
    finally:
        remove(temporary)


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds; nothing happens where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, atomically."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file; a missing or broken one is a `HarError` that names it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise HarError(f"{path} is missing: run the stage that makes it (`dvc repro`).") from error
    except ValueError as error:
        raise HarError(f"{path} is not valid JSON ({error}): delete it and run `dvc repro`.") from error


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in its canonical form (sorted keys, no spaces), in hex."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def write_manifest(folder: Path) -> None:
    """Write `manifest.json` into `folder`: the SHA-256 of every other file in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    write_json(folder / "manifest.json", {path.relative_to(folder).as_posix(): sha256(path) for path in files})


def check_manifest(folder: Path) -> dict[str, str]:
    """Hash the files of `folder` again and return its manifest; a file that differs is a `HarError` that names it."""
    manifest: dict[str, str] = read_json(folder / "manifest.json")
    if not isinstance(manifest, dict):
        raise HarError(
            f"{folder / 'manifest.json'} is not a mapping of files to hashes: delete it and run `dvc repro`."
        )
    for name, expected in manifest.items():
        path = folder / name
        if not path.is_file():
            raise HarError(f"{path} is missing: run `dvc repro` to make it again.")
        if sha256(path) != expected:
            raise HarError(
                f"{path} is corrupt (its SHA-256 is not the one in manifest.json): delete it and run `dvc repro`."
            )
    return manifest
