"""Recordings are what they should be, or the pipeline stops here."""

import time
from dataclasses import replace

from har.datasets import catalog, phone, store
from har.datasets.schema import activity_set
from har.datasets.split import sides
from har.errors import HarError
from har.files import read_json, write_text
from har.params import Params
from har.paths import Paths
from har.quality.published import RECORDINGS
from har.quality.recordings import Source, check_recordings
from har.quality.rejects import as_csv, files, rejects


def run(params: Params, paths: Paths) -> str:
    """Validate the recordings of every dataset, `data/raw/<dataset>/`, in canonical units.

    Writes `reports/quality/recordings/`, `reports/data_docs/recordings/` and `reports/rejects.csv`: which samples
    will be in no window, and why, and which files that people recorded were rejected. Recordings that are not as
    expected are a `HarError` that names them, and so is a side of the split that nobody is on.
    """
    started = time.perf_counter()
    sources = [_source(name, params, paths) for name in params.datasets]
    for side in ("validation", "test"):
        if not any(source.sides[side] for source in sources):
            raise HarError(
                f"params.yaml: nobody is on the {side} side of the split: name some people in "
                f"preprocess.{side}_subjects, or add a data set whose authors did."
            )
    report = check_recordings(sources, params.validate_, paths)
    recordings = [recording for source in sources for recording in source.recordings]
    left_out = rejects(recordings, params.preprocess, activity_set(params.activities))
    for source in sources:
        if not source.published:
            left_out += files(read_json(paths.raw(source.name) / phone.REJECTED))
    write_text(paths.reports / "rejects.csv", as_csv(left_out))
    met = f"{len(report.outcomes)} expectations met"
    return f"validate: {len(recordings)} recordings, {met} ({time.perf_counter() - started:.1f} s)"


def _source(name: str, params: Params, paths: Paths) -> Source:
    """The recordings of one dataset in canonical units, with what is known of it."""
    dataset = catalog.get(name)
    return Source(
        name=name,
        recordings=[
            replace(recording, samples=dataset.to_canonical(recording.samples))
            for recording in store.read(paths.raw(name))
        ],
        rate_hz=dataset.rate_hz,
        sides=sides(dataset, params.preprocess),
        counts=RECORDINGS.get(name),
        published=dataset.published,
    )
