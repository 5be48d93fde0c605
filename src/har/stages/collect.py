"""What people recorded with their phones, and whether it is as it should be."""

import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from har.datasets import catalog, phone, store
from har.files import replacing, sha256, write_json
from har.params import Params
from har.paths import Paths
from har.quality.recordings import Source
from har.quality.sieve import sieve


def run(params: Params, paths: Paths) -> str:
    """Read the files of `data/recordings/`; keep in `data/collected/` what meets the expectations on recordings.

    Beside the recordings, laid out as `har.datasets.store` does: `rejected.json`, the reason for every other file,
    and `rejected/`, copies of them; `people.json`, the number of every person; `contents.json`, for each data set
    that there is, the hash of what it holds. Each rejected file is said on stderr.
    """
    began = time.perf_counter()
    found = phone.collect(paths.recordings)
    source = Source(phone.DATASET.name, found.recordings, phone.RATE_HZ, sides={}, counts=None, published=False)
    kept, faults = sieve(source, params.validate_)
    rejected = found.rejected | {found.files[name]: reason for name, reason in faults.items()}
    for name, reason in sorted(rejected.items()):
        print(f"collect: rejected {name}: {reason}", file=sys.stderr)
    with replacing(paths.collected) as folder:
        _keep_aside(rejected, paths.recordings, folder)
        write_json(folder / "people.json", found.people)
        store.write(kept, folder)
        write_json(folder / "contents.json", _contents(folder))
    people = len({recording.subject for recording in kept})
    return (
        f"collect: {len(kept)} recordings of {people} people, {len(rejected)} files rejected "
        f"({time.perf_counter() - began:.1f} s)"
    )


def _keep_aside(rejected: Mapping[str, str], recordings: Path, folder: Path) -> None:
    (folder / "rejected").mkdir(parents=True)
    for name in rejected:
        if (recordings / name).is_file():
            shutil.copyfile(recordings / name, folder / "rejected" / name)
    write_json(folder / phone.REJECTED, dict(rejected))


def _contents(folder: Path) -> dict[str, str]:
    """What each data set holds, as a hash: a new recording changes that of its data set alone."""
    published = {dataset.name: dataset.content_sha256 for dataset in catalog.DATASETS if dataset.published}
    return published | {phone.DATASET.name: sha256(folder / "manifest.json")}
