"""Hash every output again, and say what is not what was recorded."""

import hashlib
import json
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.files import read_json, sha256
from har.params import Params
from har.paths import Paths
from har.stages.promote import verify_champion


def run(params: Params, paths: Paths) -> str:
    """Compare all outputs with dvc.lock and the champion's files with the registry.

    Raises `HarError` that lists what differs.
    """
    outputs = _outputs(paths)
    differences = [line for out in outputs if (line := _difference(paths.root, out))]
    differences += verify_champion(params, paths)
    if differences:
        listed = "; ".join(differences)
        raise HarError(f"not as it was recorded: {listed}. `dvc repro` makes outputs again.")
    return f"verify: {len(outputs)} outputs are as dvc.lock has them, and so are the champion's files"


def _outputs(paths: Paths) -> list[dict[str, Any]]:
    """Path and MD5 of every output that dvc.lock records."""
    import yaml

    path = paths.root / "dvc.lock"
    try:
        stages = yaml.safe_load(path.read_text(encoding="utf-8"))["stages"].values()
        return [{"path": out["path"], "md5": out["md5"]} for stage in stages for out in stage.get("outs", ())]
    except FileNotFoundError as error:
        raise HarError(f"{path} is missing: run `dvc repro` first.") from error
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise HarError(f"{path} is damaged: restore it from Git, or delete it and run `dvc repro`.") from error


def _difference(root: Path, out: dict[str, Any]) -> str | None:
    path = root / out["path"]
    if not path.exists():
        return f"{out['path']} is missing"
    found = _md5_of_folder(path) if path.is_dir() else _md5(path)
    if found == out["md5"]:
        return None
    return f"{out['path']} is not what dvc.lock says{''.join(f', {name} differs' for name in _changed(path))}"


def _changed(path: Path) -> list[str]:
    """Files of a folder that differ from its own manifest, where it has one."""
    if not (path / "manifest.json").is_file():
        return []
    manifest = read_json(path / "manifest.json")
    return [name for name, known in manifest.items() if not (path / name).is_file() or sha256(path / name) != known]


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
