"""Bring the champion's files up to the registry, wherever the alias was moved."""

from har.params import Params
from har.paths import Paths
from har.tracking import champion_files, store
from har.tracking.registry import CHAMPION, Registry


def run(params: Params, paths: Paths) -> str:
    """Put the registry's champion at `models/champion*.tflite` unless it is there; says which version it is.

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
    moved = champion_files.place(registry, number, "move the alias")
    return f"champion: version {number} of {registry.name} is {'now in' if moved else 'in'} place"
