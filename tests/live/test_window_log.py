"""The log of windows by itself: its limits, and what becomes of it when the champion is replaced."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from live_server import ROOT
from prometheus_client import CollectorRegistry, Counter

from har.export import metadata
from har.live import window_log
from har.live.champion import Champion, load
from har.live.window_log import WAITING, WindowLog
from har.monitoring import log as logs
from har.params import Params
from har.params import load as load_params

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def champion() -> Champion:
    return load(ROOT / "models" / "har-web.tflite")


@pytest.fixture(scope="module")
def params() -> Params:
    return load_params(ROOT / "params.yaml")


@pytest.fixture
def counts() -> CollectorRegistry:
    return CollectorRegistry()


def opened(folder: Path, params: Params, counts: CollectorRegistry, megabytes: float = 100.0) -> WindowLog:
    counter = Counter("har_log_windows", "Windows of the log", ["as"], registry=counts)
    return WindowLog(folder, megabytes, params.featurize, counter)


def noted(log: WindowLog, champion: Champion, number: int) -> None:
    windows = RANDOM.normal([9.81, 0, 0, 0, 0, 0], 1.0, size=(number, 128, 6))
    answers = np.full((number, len(champion.about.activities)), 1 / len(champion.about.activities), np.float32)
    log.source()(champion, windows, answers)


def counted(counts: CollectorRegistry, word: str) -> float:
    return counts.get_sample_value("har_log_windows_total", {"as": word}) or 0.0


def test_what_does_not_fit_into_the_memory_is_dropped_and_counted(
    tmp_path: Path, champion: Champion, params: Params, counts: CollectorRegistry
) -> None:
    log = opened(tmp_path, params, counts)
    noted(log, champion, WAITING + 7)
    log.start()
    log.end()
    assert (counted(counts, "kept"), counted(counts, "dropped")) == (WAITING, 7)
    assert sum(len(pd.read_parquet(part)) for part in logs.parts(tmp_path)) == WAITING


def test_parts_are_of_some_thousand_windows_and_of_one_model(
    tmp_path: Path, champion: Champion, params: Params, counts: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_log, "PART", 256)
    changed = tmp_path / "changed.tflite"
    changed.write_bytes(metadata.embed(champion.content, metadata.read(champion.content) | {"version": "another"}))
    successor = load(changed)
    log = opened(tmp_path / "log", params, counts)
    for model, number in ((champion, 600), (successor, 10)):
        noted(log, model, number)
    log.start()
    log.end()
    found = [pd.read_parquet(part) for part in logs.parts(tmp_path / "log")]
    assert [set(part["model_sha256"]) for part in found] == [{champion.sha256}] * 3 + [{successor.sha256}]
    assert sum(map(len, found)) == 610


def test_the_oldest_parts_go_when_there_are_too_many(tmp_path: Path, champion: Champion, params: Params) -> None:
    for _ in range(4):
        log = opened(tmp_path, params, CollectorRegistry(), megabytes=0.4)
        noted(log, champion, 300)
        log.start()
        log.end()
    left = logs.parts(tmp_path)
    assert 1 <= len(left) < 4
    assert sum(path.stat().st_size for path in left) <= 400_000


def test_a_folder_that_cannot_be_written_is_told_and_counted(
    tmp_path: Path,
    champion: Champion,
    params: Params,
    counts: CollectorRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = opened(tmp_path / "log", params, counts)
    (tmp_path / "log").rmdir()
    (tmp_path / "log").write_text("a file in the way")
    noted(log, champion, 5)
    log.start()
    log.end()
    assert counted(counts, "dropped") == 5
    assert "5 windows of the log are lost" in caplog.text
