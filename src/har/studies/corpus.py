"""What studies learn from and score: windows and features of all subjects of some data sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from har.datasets import catalog
from har.errors import HarError
from har.files import digest, read_json, sha256, write_json
from har.models.examples import Examples
from har.params import Params, describe
from har.paths import Paths
from har.stages import collect, download, featurize, inputs, preprocess, validate
from har.studies.sources import code_sha256
from har.tracking.lock import exclusive

MAKERS: Final = ("har.stages.preprocess", "har.stages.featurize", "har.datasets.catalog")
WITHIN: Final = ("har.stages", "har.datasets", "har.signals")


@dataclass(frozen=True)
class Corpus:
    """Windows and features of all subjects; only the activities of the chosen set.

    windows: `[n, 128, 6]` in canonical units (m/s^2 with gravity, rad/s). features: `[n, f]`; `[n, 0]` where they were
    not asked for. index: `[n]` rows of dataset, subject, recording, start (sample), label, split.
    sha256: of the files that the windows come from. features_sha256: of those and the features'; "" without.
    """

    windows: NDArray[np.float32]
    features: NDArray[np.float32]
    index: pd.DataFrame
    activities: tuple[str, ...]
    sha256: str
    features_sha256: str = ""

    @property
    def y(self) -> NDArray[np.int64]:
        """Position of each row's label in the list of activities, `[n]`."""
        return self.index["label"].map(self.activities.index).to_numpy(dtype=np.int64)

    @property
    def subjects(self) -> NDArray[np.int64]:
        """Subject of each row, `[n]`."""
        return self.index["subject"].to_numpy(dtype=np.int64)

    def x(self, kind: str) -> NDArray[np.float32]:
        """What a family takes: `windows` or `features`, by its `inputs`."""
        return self.windows if kind == "windows" else self.features

    def content(self, kind: str) -> str:
        """SHA-256 of what a family of these inputs is trained on."""
        return self.sha256 if kind == "windows" else self.features_sha256

    def without(self, recordings: Sequence[str]) -> "Corpus":
        """The same less some recordings. Raises: HarError for a name that no recording has."""
        if not recordings:
            return self
        known = set(self.index["recording"])
        if unknown := [name for name in recordings if name not in known]:
            raise HarError(
                f"no recording is called {unknown[0]}: see `intervals.parquet` in data/raw/ for their names."
            )
        kept = ~self.index["recording"].isin(list(recordings)).to_numpy()
        hashes = [digest([sha256, sorted(recordings)]) for sha256 in (self.sha256, self.features_sha256)]
        index = self.index[kept].reset_index(drop=True)
        return Corpus(self.windows[kept], self.features[kept], index, self.activities, *hashes)

    def examples(self, rows: NDArray[np.int64], kind: str) -> Examples:
        """The rows `[m]` as a family takes them."""
        return Examples(self.x(kind)[rows], self.y[rows], self.subjects[rows])


def load(
    params: Params,
    paths: Paths,
    datasets: tuple[str, ...] | None = None,
    activities: str | None = None,
    features: bool = True,
) -> Corpus:
    """Read what the pipeline made, or make windows and features of other data sets once, under `data/studies/`.

    datasets: names; None means those of params.yaml. activities: a set; None means that of params.yaml.
    features: whether they are needed. Raises: HarError for an unknown data set or set of activities, and where a file
    is missing or corrupt.
    """
    chosen = with_choice(params, datasets, activities)
    places = paths
    if datasets is not None and chosen.datasets != params.datasets:
        places = Paths(paths.root / "data" / "studies" / "+".join(chosen.datasets))
        _make(chosen, places, paths)
    windows = inputs.read(chosen, places, "windows")
    if not features:
        empty = np.empty((len(windows.x), 0), np.float32)
        return Corpus(windows.x, empty, windows.index, windows.activities, windows.sha256)
    table = inputs.read(chosen, places, "features")
    return Corpus(windows.x, table.x, windows.index, windows.activities, windows.sha256, table.sha256)


def with_choice(params: Params, datasets: tuple[str, ...] | None, activities: str | None) -> Params:
    """`params` with other data sets or activities, checked as params.yaml is."""
    choice = {"datasets": datasets, "activities": activities}
    changes = {name: value for name, value in choice.items() if value is not None}
    try:
        return Params.model_validate(params.model_dump(by_alias=True) | changes)
    except ValidationError as error:
        raise HarError(f"the choice of data: {describe(error)}.") from error


def _make(params: Params, paths: Paths, home: Paths) -> None:
    """Run the stages up to the features, unless they ran with the same knobs, code and recordings of people.

    home: the checkout whose people are meant.
    """
    record = paths.root / "made.json"
    knobs = params.model_dump(mode="json", by_alias=True, include={"datasets", "validate_", "preprocess", "featurize"})
    with exclusive(paths.root / ".lock"):
        people = _collected(params, home)
        key = digest({"knobs": knobs, "code": code_sha256(MAKERS, WITHIN), **people})
        if _made(record) == key:
            return
        for dataset in params.datasets:
            if dataset in people or not (paths.raw(dataset) / "manifest.json").is_file():
                print(download.run(params, paths, dataset, home))
        for stage in (validate, preprocess, featurize):
            print(stage.run(params, paths))
        write_json(record, {"key": key})


def _collected(params: Params, home: Paths) -> dict[str, str]:
    """Collect what people recorded where it is asked for; the SHA-256 of what it holds, by data set."""
    names = [name for name in params.datasets if not catalog.get(name).published]
    if names:
        print(collect.run(params, home))
    return {name: sha256(home.collected / "manifest.json") for name in names}


def _made(record: Path) -> str | None:
    return str(read_json(record)["key"]) if record.is_file() else None
