"""One run of the whole pipeline, and copies of what it made."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_checkout import Checkout, commit, fresh


@pytest.fixture(autouse=True)
def _no_other_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout in which `dvc repro` ran once, and what it made is committed. Tests only read it."""
    folder = tmp_path_factory.mktemp("pipeline")
    checkout = fresh(folder / "finished")
    checkout.repro()
    commit(checkout)
    yield checkout
    shutil.rmtree(folder)  # 200 MB


@pytest.fixture
def checkout(finished: Checkout, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the finished checkout, to be spoilt."""
    copy = finished.copy(tmp_path / "copy")
    yield copy
    shutil.rmtree(copy.root)
