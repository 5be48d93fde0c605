"""The knobs of this checkout, and a reference of twelve people."""

from pathlib import Path

import pytest
from people_at_work import reference_of

from har.monitoring.reference import Reference
from har.params import Monitor, load

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def knobs() -> Monitor:
    return load(ROOT / "params.yaml").monitor


@pytest.fixture(scope="session")
def reference() -> Reference:
    return reference_of(list(range(12)))
