"""Small recordings with known physics, and the real ones."""

from dataclasses import replace
from pathlib import Path

import pytest
from quality_people import person

from har import params as parameters
from har.datasets import catalog
from har.datasets.schema import Recording
from har.params import Params
from har.paths import Paths


@pytest.fixture(scope="session")
def params() -> Params:
    return parameters.load(Path(__file__).parents[2] / "params.yaml")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path)


@pytest.fixture
def people() -> list[Recording]:
    return [person(1), person(2), person(3)]


@pytest.fixture(scope="session")
def hapt(params: Params, tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    """All of HAPT in the units of its source, out of the installed package."""
    return catalog.get("hapt").retrieve("package", params.download, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def canonical(hapt: list[Recording]) -> list[Recording]:
    """All of HAPT in m/s^2 and rad/s."""
    to_canonical = catalog.get("hapt").to_canonical
    return [replace(recording, samples=to_canonical(recording.samples)) for recording in hapt]
