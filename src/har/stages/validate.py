"""Recordings are what they should be, or the pipeline stops here."""

import time
from dataclasses import replace

from har.datasets import catalog, store
from har.datasets.schema import activity_set
from har.files import write_text
from har.params import Params
from har.paths import Paths
from har.quality.published import RECORDINGS
from har.quality.recordings import check_recordings
from har.quality.rejects import as_csv, rejects


def run(params: Params, paths: Paths) -> str:
    """Validate the recordings of `data/raw/<dataset>/` in canonical units.

    Writes `reports/quality/recordings/`, `reports/data_docs/recordings/` and `reports/rejects.csv`: which samples
    will be in no window, and why. Recordings that are not as expected are a `HarError` that names them.
    """
    started = time.perf_counter()
    dataset = catalog.get(params.dataset)
    source = store.read(paths.raw(params.dataset))
    recordings = [replace(recording, samples=dataset.to_canonical(recording.samples)) for recording in source]
    report = check_recordings(
        recordings,
        rate_hz=dataset.rate_hz,
        sides={"validation": params.preprocess.validation_subjects, "test": dataset.test_subjects},
        limits=params.validate_,
        counts=RECORDINGS.get(dataset.name),
        paths=paths,
    )
    write_text(
        paths.reports / "rejects.csv", as_csv(rejects(recordings, params.preprocess, activity_set(params.activities)))
    )
    met = f"{len(report.outcomes)} expectations met"
    return f"validate: {len(recordings)} recordings, {met} ({time.perf_counter() - started:.1f} s)"
