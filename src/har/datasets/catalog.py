"""The datasets that there are, by name. A new one is one file beside this one and one entry below."""

from typing import Final

from har.datasets import hapt, motionsense, phone
from har.datasets.dataset import Dataset
from har.errors import HarError

DATASETS: Final = (hapt.DATASET, motionsense.DATASET, phone.DATASET)


def get(name: str) -> Dataset:
    """The dataset of that name; an unknown one is a `HarError` that lists those there are."""
    known = {dataset.name: dataset for dataset in DATASETS}
    if name not in known:
        raise HarError(f"params.yaml: datasets: {name!r} is not known: choose from {', '.join(known)}.")
    return known[name]
