"""Recordings to windows: canonical units, axes and rate, and a split by subject."""

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.datasets import catalog, store
from har.datasets.dataset import Dataset
from har.datasets.schema import Recording
from har.datasets.split import sides, split_of
from har.evaluation import filter_figure
from har.files import replacing, write_manifest
from har.params import Params
from har.paths import Paths
from har.quality.windows import check_windows
from har.signals.resample import resample
from har.signals.windows import cut, starts


def run(params: Params, paths: Paths) -> str:
    """Cut every labelled interval of every dataset, `data/raw/<dataset>/`, into windows.

    Writes `data/processed/`: `windows.npy` `[n, 128, 6]` float32 (m/s^2 with gravity, rad/s; raw canonical samples,
    unfiltered), `index.parquet` (dataset, subject, recording, start in canonical samples, label, split), and the
    figure `reports/figures/filters.png`.
    """
    started = time.perf_counter()
    datasets = [catalog.get(name) for name in params.datasets]
    recordings = {dataset.name: store.read(paths.raw(dataset.name)) for dataset in datasets}
    tables = [table_of(recordings[dataset.name], dataset, params) for dataset in datasets]
    windows = np.concatenate([part for part, _ in tables])
    index = _stacked([rows for _, rows in tables])
    lengths = {
        recording.name: round(len(recording.samples) * params.preprocess.rate_hz / recording.rate_hz)
        for name in recordings
        for recording in recordings[name]
    }
    labels = {dataset.name: tuple(dataset.activities.values()) for dataset in datasets if dataset.published}
    check_windows(windows, index, params, paths, lengths, labels)
    example = _example(recordings[datasets[0].name], datasets[0], params)
    filter_figure.draw(example, params, paths.reports / "figures" / "filters.png")
    with replacing(paths.processed) as folder:
        folder.mkdir()
        np.save(folder / "windows.npy", windows)
        index.to_parquet(folder / "index.parquet", compression="zstd")
        write_manifest(folder)
    counts = index["split"].value_counts()
    return (
        f"preprocess: {len(index):,} windows ({counts['train']:,} train, {counts['validation']:,} validation, "
        f"{counts['test']:,} test) ({time.perf_counter() - started:.1f} s)"
    )


def table_of(
    recordings: Sequence[Recording], dataset: Dataset, params: Params
) -> tuple[NDArray[np.float32], pd.DataFrame]:
    """Windows `[n, window, 6]` of one dataset and their index, with the side of the split that each is on."""
    parts = [windows_of(recording, dataset, params) for recording in recordings]
    index = _stacked([rows for _, rows in parts])
    index["split"] = split_of(index["subject"].tolist(), **sides(dataset, params.preprocess))
    return np.concatenate([windows for windows, _ in parts]), index


def windows_of(recording: Recording, dataset: Dataset, params: Params) -> tuple[NDArray[np.float32], pd.DataFrame]:
    """Windows `[n, window, 6]` of one recording in canonical units and rate, and their rows of the index.

    Intervals shorter than a window give none; what is left over at an interval's end is dropped.
    """
    knobs = params.preprocess
    samples = canonical(recording, dataset, params)
    ratio = knobs.rate_hz / recording.rate_hz
    pieces, rows = [np.empty((0, knobs.window, samples.shape[1]), np.float32)], []
    for interval in recording.intervals:
        first, last = round(interval.start * ratio), min(round(interval.end * ratio), len(samples))
        pieces.append(cut(samples[first:last], knobs.window, knobs.step).astype(np.float32))
        rows += [
            (dataset.name, recording.subject, recording.name, first + int(start), interval.activity)
            for start in starts(last - first, knobs.window, knobs.step)
        ]
    index = pd.DataFrame(rows, columns=["dataset", "subject", "recording", "start", "label"])
    return np.concatenate(pieces), index


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables below each other; those without rows, whose columns have no type, are left out unless all are."""
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def canonical(recording: Recording, dataset: Dataset, params: Params) -> NDArray[np.float64]:
    """Samples `[n, 6]` of a recording in canonical units, axes and rate."""
    samples = dataset.to_canonical(recording.samples)
    if recording.rate_hz == params.preprocess.rate_hz:
        return samples
    return resample(np.arange(len(samples)) / recording.rate_hz, samples, params.preprocess.rate_hz)


def _example(recordings: Sequence[Recording], dataset: Dataset, params: Params) -> NDArray[np.float64]:
    """Ten seconds of the first walk, `[n, 6]` in canonical units and rate; of the first interval if nobody walks."""
    labelled = [(recording, interval) for recording in recordings for interval in recording.intervals]
    recording, walk = next(((one, item) for one, item in labelled if item.activity == "walking"), labelled[0])
    first = round(walk.start / recording.rate_hz * params.preprocess.rate_hz)
    return canonical(recording, dataset, params)[first : first + round(10 * params.preprocess.rate_hz)]
