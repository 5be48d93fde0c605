"""The champion's TFLite files on this machine, which follow the registry's alias."""

import shutil
import tempfile
from pathlib import Path

from har.files import sha256
from har.paths import Paths
from har.tracking.candidate import FILE
from har.tracking.registry import Registry


def place(registry: Registry, number: str, instead: str) -> bool:
    """Put the files of the version `number` at `models/champion*.tflite`; returns whether any was not there yet.

    Each is replaced whole. instead: what to do where the version's files are damaged, which raises `HarError`.
    """
    paths = Paths(registry.store.root)
    places = {"har.tflite": paths.champion, "har-web.tflite": paths.champion_web}
    tags = registry.version(number).tags
    missing = {
        name: path for name, path in places.items() if not path.is_file() or sha256(path) != tags.get(FILE + name)
    }
    if not missing:
        return False
    paths.champion.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own: another process may be writing the same files at this moment, and the later one is right.
    with tempfile.TemporaryDirectory(prefix=".champion-", dir=paths.champion.parent) as folder:
        found = registry.checked_files(number, Path(folder), "the champion", instead)
        for name, path in missing.items():
            copy = Path(folder) / f"copy of {name}"
            shutil.copyfile(found[name], copy)
            copy.replace(path)
    return True
