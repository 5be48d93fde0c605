"""Bring the recordings of a dataset, by the first route that works."""

import sys
import time
from pathlib import Path

from har.datasets import catalog, phone, store
from har.datasets.dataset import Dataset
from har.datasets.schema import Recording
from har.errors import HarError
from har.files import read_json, replacing, write_json
from har.params import Download, Params
from har.paths import Paths


def run(params: Params, paths: Paths, name: str, home: Paths | None = None) -> str:
    """Write the recordings of the dataset `name` to `paths.raw(name)` and say how much came by which route.

    All routes failing is a `HarError`. What people recorded comes from the stage `collect` of the checkout `home`, this
    one unless it is given, with `rejected.json`, the reason for every file that is left out; no recording at all is a
    `HarError`.
    """
    began = time.perf_counter()
    dataset = catalog.get(name)
    with replacing(paths.raw(dataset.name)) as folder:
        if dataset.published:
            recordings, route = retrieve(dataset, params.download, paths.root / ".cache" / "downloads")
            way = f"by the {route} route"
        else:
            recordings, rejected = collected(dataset, home or paths)
            write_json(folder / phone.REJECTED, rejected)
            way = f"out of {(home or paths).recordings}"
        store.write(recordings, folder)
    samples = sum(len(recording.samples) for recording in recordings)
    subjects = len({recording.subject for recording in recordings})
    return (
        f"download {name}: {len(recordings)} recordings, {samples:,} samples of {subjects} subjects "
        f"{way} ({time.perf_counter() - began:.1f} s)"
    )


def retrieve(dataset: Dataset, settings: Download, cache: Path) -> tuple[list[Recording], str]:
    """Recordings by the first of `settings.routes` that works, and its name.

    Routes that the dataset does not have are passed over, unless it has none of them. Why a route failed is said in
    one line on stderr; when all have, in a `HarError`.
    """
    reasons = []
    routes = [route for route in settings.routes if route in dataset.routes] or settings.routes
    for route in routes:
        try:
            return dataset.retrieve(route, settings, cache), route
        except (HarError, OSError) as error:
            reasons.append(f"{route}: {' '.join(str(error).split())}")
            print(f"download: no recordings by the route {reasons[-1]}", file=sys.stderr)
    raise HarError(f"no route to the recordings of {dataset.name} works: {' '.join(reasons)}")


def collected(dataset: Dataset, paths: Paths) -> tuple[list[Recording], dict[str, str]]:
    """Recordings that people made, and why which files of theirs are not among them."""
    recordings, rejected = store.read(paths.collected), read_json(paths.collected / phone.REJECTED)
    if recordings:
        return recordings, rejected
    if rejected:
        name, reason = min(rejected.items())
        raise HarError(f"no file in {paths.recordings} is a recording that can be used, {name} for one: {reason}")
    raise HarError(
        f"{paths.recordings} holds no recordings: make some with `har live`, "
        f"or leave {dataset.name} out of datasets in params.yaml."
    )
