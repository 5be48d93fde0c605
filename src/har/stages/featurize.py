"""Named features of every window."""

import time

import numpy as np
import pandas as pd

from har.files import check_manifest, replacing, write_manifest
from har.params import Params
from har.paths import Paths
from har.quality.features import check_features
from har.signals import features


def run(params: Params, paths: Paths) -> str:
    """Compute the features of `data/processed/` and guard their profile.

    Writes `data/features/`: `features.parquet` (a column a feature, float32, rows as in `index.parquet`) and
    `profile.parquet` (a row a feature).
    """
    started = time.perf_counter()
    check_manifest(paths.processed)
    windows = np.load(paths.processed / "windows.npy", mmap_mode="r")
    knobs = params.featurize
    table = pd.DataFrame(
        features.extract(
            windows,
            params.preprocess.rate_hz,
            median_samples=knobs.median_samples,
            noise_cutoff_hz=knobs.noise_cutoff_hz,
            gravity_cutoff_hz=knobs.gravity_cutoff_hz,
        ),
        columns=list(features.names()),
    )
    profile = check_features(table, paths)
    with replacing(paths.features) as folder:
        folder.mkdir()
        table.to_parquet(folder / "features.parquet", compression="zstd")
        profile.to_parquet(folder / "profile.parquet", compression="zstd")
        write_manifest(folder)
    return f"featurize: {table.shape[1]} features of {table.shape[0]:,} windows ({time.perf_counter() - started:.1f} s)"
