"""`har live --log` beside `har monitor`: what the server collected is judged, and holds no samples."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from live_server import ROOT, Live, checkout, message, running

from har.datasets import hapt
from har.export.runtime import Runner
from har.monitoring import folder, log
from har.monitoring import reference as references
from har.params import Download
from har.signals.windows import cut

RATE_HZ, SECONDS = 50.0, 160.0
REFERENCE = ROOT / "reports" / "monitoring" / "reference.json"


@pytest.fixture(scope="module")
def motion() -> np.ndarray:
    """A test subject of HAPT who stands, sits, lies and walks, `[n, 6]` in canonical units."""
    settings = Download(routes=("package",), timeout_s=1, retries=0, max_megabytes=1)
    one = next(item for item in hapt.from_package(settings, Path()) if item.subject == 10)
    return hapt.to_canonical(one.samples)[-round(SECONDS * RATE_HZ) :]


def monitored(place: Path, name: str) -> tuple[int, list[str]]:
    """The exit code of `har monitor` in a checkout without data, and the alarms that it names."""
    (place / "reports" / "monitoring").mkdir(parents=True, exist_ok=True)
    shutil.copy(REFERENCE, place / "reports" / "monitoring")
    command = [sys.executable, "-m", "har", "monitor", name]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 3, 4), done.stderr
    verdict = json.loads((place / "reports" / "monitoring" / "verdict.json").read_text(encoding="utf-8"))
    return done.returncode, [found["name"] for found in verdict["findings"] if found["level"] == "alarm"]


def stream(server: Live, samples: np.ndarray) -> int:
    """Send samples over one socket; returns how many windows were answered."""
    answers = 0
    with server.stream() as socket:
        for first in range(0, len(samples), 250):
            part = samples[first : first + 250]
            socket.send(message((first + np.arange(len(part))) / RATE_HZ, part))
        due = (len(samples) - 2 - 128) // 32 + 1  # the last two samples wait for what comes after them
        while answers < due:
            json.loads(socket.recv(timeout=60))
            answers += 1
    return answers


def test_what_was_streamed_is_judged_afterwards(tmp_path: Path, motion: np.ndarray) -> None:
    with running(checkout(tmp_path), "--http", "--log", "log") as server:
        answered = stream(server, motion)
        answered_too = stream(server, motion)
    table = pd.concat([pd.read_parquet(part) for part in log.parts(tmp_path / "log")])
    assert len(table) == (answered + 1) // 2 + (answered_too + 1) // 2  # a window a step, answers come twice as often
    assert table["source"].nunique() == 2
    assert monitored(tmp_path, "log") == (0, [])


def test_a_gyroscope_in_the_wrong_unit_is_named(tmp_path: Path, motion: np.ndarray) -> None:
    with running(checkout(tmp_path), "--http", "--log", "log") as server:
        stream(server, motion * ([1.0] * 3 + [180 / np.pi] * 3))
    code, alarms = monitored(tmp_path, "log")
    assert code == 4
    assert "gyroscope_unit" in alarms


def test_a_request_leaves_the_features_that_monitoring_reads_and_no_sample(tmp_path: Path, motion: np.ndarray) -> None:
    with running(checkout(tmp_path), "--http", "--log", "log") as server:
        body = json.dumps({"samples": motion.tolist(), "rate_hz": RATE_HZ})
        assert server.post("/v1/recognise", body, "application/json").status_code == 200
    reference = references.read(REFERENCE)
    found = log.read(tmp_path / "log", reference)
    windows = cut(motion.astype(np.float32), reference.window, reference.step)
    expected = folder.extract(windows, reference.rate_hz, reference.filters)
    np.testing.assert_allclose(found.features, expected, rtol=1e-3, atol=1e-3)
    answers = Runner(ROOT / "models" / "har-web.tflite").probabilities(windows)
    np.testing.assert_allclose(found.probabilities, answers, atol=1e-4)
    (part,) = log.parts(tmp_path / "log")
    known = {"source", *reference.features, *(f"p_{name}" for name in reference.activities), "model_sha256"}
    assert set(pd.read_parquet(part).columns) == known


def test_nothing_is_logged_unless_it_is_asked_for(tmp_path: Path, motion: np.ndarray) -> None:
    with running(checkout(tmp_path)) as server:
        stream(server, motion[:1000])
    assert list(tmp_path.rglob("*.parquet")) == []


def test_a_log_where_a_file_is_is_refused(tmp_path: Path) -> None:
    (checkout(tmp_path) / "log").write_text("a file")
    command = [sys.executable, "-m", "har", "live", "--http", "--port", "0", "--log", "log"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "har: log cannot be a folder (File exists): name another with --log."
