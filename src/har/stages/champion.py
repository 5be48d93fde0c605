"""Bring the champion's file up to the registry, wherever the alias was moved."""

import shutil
import tempfile
from pathlib import Path

from har.files import sha256
from har.params import Params
from har.paths import Paths
from har.tracking import store
from har.tracking.candidate import FILE
from har.tracking.registry import CHAMPION, Registry


def run(params: Params, paths: Paths) -> str:
    """Put the registry's champion at `models/champion.tflite` unless it is there; says which version it is.

    Nothing is made where there is no registry or no champion yet. Raises `HarError` where the registry cannot be
    reached or the champion's files are not as registered.
    """
    tracking = store.locate(paths.root)
    if not tracking.shared and not store.database(tracking.registry_uri).is_file():
        return f"champion: there is no registry at {tracking.registry_uri} yet"
    tracking.check()
    registry = Registry(tracking, params.promote.model)
    number = registry.aliases().get(CHAMPION)
    if number is None:
        return f"champion: {registry.name} has no champion yet"
    path = Paths(tracking.root).champion
    if path.is_file() and sha256(path) == registry.version(number).tags.get(FILE + "har.tflite"):
        return f"champion: version {number} of {registry.name} is in place"
    path.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own: a promotion may be writing the same file at this moment, and the later one is right.
    with tempfile.TemporaryDirectory(prefix=".champion-", dir=path.parent) as folder:
        found = registry.checked_files(number, Path(folder), "the champion", "move the alias")
        copy = Path(folder) / "copy"
        shutil.copyfile(found["har.tflite"], copy)
        copy.replace(path)
    return f"champion: version {number} of {registry.name} is now in place"
