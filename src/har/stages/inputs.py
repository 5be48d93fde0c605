"""What train, evaluate and export read: the windows or features of one side of the split, with their labels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.datasets.schema import activity_set, word
from har.files import check_manifest, digest
from har.models.examples import Examples
from har.params import Params
from har.paths import Paths


@dataclass(frozen=True)
class Table:
    """Inputs of a family, row by row with the index that says where each comes from.

    x: windows `[n, 128, 6]` in canonical units or features `[n, f]`; only the activities of the chosen set.
    activities: those of the set that the windows have, in its order.
    index: `[n]` rows of dataset, subject, recording, start (sample), label, split. sha256: of all the files read.
    """

    x: NDArray[np.float32]
    index: pd.DataFrame
    activities: tuple[str, ...]
    sha256: str

    def side(self, split: str) -> "Table":
        """Rows of one side of the split: `train`, `validation` or `test`."""
        chosen = (self.index["split"] == split).to_numpy()
        return Table(self.x[chosen], self.index[chosen].reset_index(drop=True), self.activities, self.sha256)

    @property
    def y(self) -> NDArray[np.int64]:
        """Position of each row's label in the list of activities, `[n]`."""
        return self.index["label"].map(self.activities.index).to_numpy(dtype=np.int64)

    def examples(self) -> Examples:
        """The rows as a family takes them."""
        return Examples(self.x, self.y, self.index["subject"].to_numpy())


def read(params: Params, paths: Paths, kind: str) -> Table:
    """Read `windows` or `features`; a corrupt file is a `HarError` that names it, before anything is computed."""
    hashes = check_manifest(paths.processed)
    index = pd.read_parquet(paths.processed / "index.parquet")
    if kind == "windows":
        x: NDArray[np.float32] = np.load(paths.processed / "windows.npy", mmap_mode="r")
    else:
        hashes |= check_manifest(paths.features)
        x = pd.read_parquet(paths.features / "features.parquet").to_numpy(dtype=np.float32)
    wanted = activity_set(params.activities)
    index["label"] = index["label"].replace({label: word(label, wanted) for label in index["label"].unique()})
    activities = tuple(name for name in wanted if (index["label"] == name).any())
    chosen = index["label"].isin(activities).to_numpy()
    return Table(x[chosen], index[chosen].reset_index(drop=True), activities, digest(hashes))
