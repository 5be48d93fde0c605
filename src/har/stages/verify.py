"""Hash every output again, and say what is not what was recorded."""

import hashlib
import json
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.stages.promote import verify_champion


def run(params: Params, paths: Paths) -> str:
    """Compare all outputs with dvc.lock and the champion's files with the registry.

    Raises `HarError` that lists what differs.
    """
    outputs = [out for stage in _lock(paths)["stages"].values() for out in stage.get("outs", ())]
    differences = [line for out in outputs if (line := _difference(paths.root, out))]
    differences += verify_champion(params, paths)
    if differences:
        listed = "; ".join(differences)
        raise HarError(f"{len(differences)} of {len(outputs)} outputs differ: {listed}. `dvc repro` makes them again.")
    return f"verify: {len(outputs)} outputs are as dvc.lock has them, and so are the champion's files"


def _lock(paths: Paths) -> Any:
    import yaml

    path = paths.root / "dvc.lock"
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise HarError(f"{path} is missing: run `dvc repro` first.") from error


def _difference(root: Path, out: dict[str, Any]) -> str | None:
    path = root / out["path"]
    if not path.exists():
        return f"{out['path']} is missing"
    found = _md5_of_folder(path) if path.is_dir() else _md5(path)
    return None if found == out["md5"] else f"{out['path']} has MD5 {found}, dvc.lock says {out['md5']}"


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _md5_of_folder(folder: Path) -> str:
    """MD5 of a folder as DVC defines it: of the JSON list of its files' hashes and relative paths, by path."""
    files = sorted(
        (file for file in folder.rglob("*") if file.is_file()), key=lambda file: file.relative_to(folder).parts
    )
    entries = [{"md5": _md5(file), "relpath": file.relative_to(folder).as_posix()} for file in files]
    return f"{hashlib.md5(json.dumps(entries, sort_keys=True).encode()).hexdigest()}.dir"
