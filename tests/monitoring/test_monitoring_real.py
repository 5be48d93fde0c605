"""`har monitor` on people of HAPT and MotionSense, with the recogniser of this checkout."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from har.datasets import hapt, motionsense
from har.datasets.schema import BASIC, Recording
from har.errors import HarError
from har.export import metadata
from har.files import sha256, write_manifest
from har.params import Download, load
from har.paths import Paths
from har.signals import features
from har.stages import monitor, preprocess
from har.studies.injected import FAULTS, Told, write

ROOT = Path(__file__).parents[2]
MOTIONSENSE = ROOT.parent / "shared" / "data" / "motionsense.zip"
RATE_HZ = 50.0
KNOWN, OTHERS = (1, 3, 6, 7, 8, 11, 15, 16, 17, 19, 22, 23), (10, 13)  # authors' training and test subjects


@pytest.fixture(scope="session")
def people() -> list[Recording]:
    settings = Download(routes=("package",), timeout_s=1, retries=0, max_megabytes=1)
    return [item for item in hapt.from_package(settings, Path()) if item.subject in KNOWN + OTHERS]


@pytest.fixture(scope="session")
def checkout(people: list[Recording], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What preprocess and featurize would make of the known people, and the recogniser."""
    root = tmp_path_factory.mktemp("checkout")
    paths = Paths(root)
    shutil.copy(ROOT / "params.yaml", root)
    paths.tflite_web.parent.mkdir()
    shutil.copy(Paths(ROOT).tflite_web, paths.tflite_web)
    params = load(root / "params.yaml")
    known = [item for item in people if item.subject in KNOWN]
    parts = [preprocess.windows_of(item, hapt.DATASET, params) for item in known]
    index = pd.concat([rows for _, rows in parts], ignore_index=True).assign(split="train")
    basic = index["label"].isin(BASIC).to_numpy()
    windows = np.concatenate([part for part, _ in parts])[basic]
    columns = features.extract(windows, RATE_HZ, **params.featurize.model_dump())
    paths.processed.mkdir(parents=True)
    paths.features.mkdir(parents=True)
    np.save(paths.processed / "windows.npy", windows)
    index[basic].reset_index(drop=True).to_parquet(paths.processed / "index.parquet")
    pd.DataFrame(columns, columns=list(features.names())).to_parquet(paths.features / "features.parquet")
    write_manifest(paths.processed)
    write_manifest(paths.features)
    monitor.make(params, paths)
    return root


def har_monitor(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "har", "monitor", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=300)


def told(samples: np.ndarray) -> Told:
    return Told(samples, np.arange(len(samples)) / RATE_HZ, RATE_HZ)


def others(people: list[Recording]) -> list[tuple[str, Told]]:
    return [(item.name, told(hapt.to_canonical(item.samples))) for item in people if item.subject in OTHERS]


def alarms(output: Path) -> list[str]:
    facts = json.loads((output / "verdict.json").read_text(encoding="utf-8"))
    return [item["name"] for item in facts["findings"] if item["level"] == "alarm"]


def test_other_people_of_the_same_data_set_are_quiet(checkout: Path, people: list[Recording], tmp_path: Path) -> None:
    for name, one in others(people):
        write(one, tmp_path / "in" / f"{name}.parquet")
    done = har_monitor(checkout, str(tmp_path / "in"), "--output", str(tmp_path / "out"))
    assert (done.returncode, alarms(tmp_path / "out")) == (0, []), done.stdout
    assert done.stdout.startswith("quiet: ")
    assert "<html" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[fault.title for fault in FAULTS])
def test_every_fault_is_named(checkout: Path, people: list[Recording], tmp_path: Path, number: int) -> None:
    fault = FAULTS[number]
    for name, one in others(people):
        write(fault.inject(one), tmp_path / "in" / f"{name}.parquet")
    options = monitor.Options(tmp_path / "in", output=tmp_path / "out")
    found = monitor.run(load(checkout / "params.yaml"), Paths(checkout), options)
    assert found.exit_code == (3 if fault.finding == "rotation" else 4)
    assert [name for name in alarms(tmp_path / "out") if not name.endswith("_drift")] == [fault.finding]


def test_people_of_another_data_set_are_a_reason_to_retrain(checkout: Path, tmp_path: Path) -> None:
    if not MOTIONSENSE.is_file():
        pytest.skip("MotionSense's archive is not beside this checkout")
    for name, one in _motionsense(MOTIONSENSE, subject=1):
        write(one, tmp_path / "in" / f"{name}.parquet")
    done = har_monitor(checkout, str(tmp_path / "in"), "--output", str(tmp_path / "out"))
    assert done.returncode == 3, done.stderr
    assert {"feature_drift", "rotation"} <= set(alarms(tmp_path / "out"))
    assert "where it pointed along +x in the training" in done.stdout


def _motionsense(archive: Path, subject: int) -> Sequence[tuple[str, Told]]:
    found = []
    with zipfile.ZipFile(archive) as files:
        for name in sorted(files.namelist()):
            if name.startswith(f"{motionsense.FOLDER}/") and name.endswith(f"/sub_{subject}.csv"):
                table = pd.read_csv(io.BytesIO(files.read(name)))
                total = [table[f"gravity.{axis}"] + table[f"userAcceleration.{axis}"] for axis in "xyz"]
                turning = [table[f"rotationRate.{axis}"] for axis in "xyz"]
                found.append((Path(name).parent.name, told(motionsense.to_canonical(np.stack([*total, *turning], 1)))))
    return found


def test_a_log_needs_neither_recordings_nor_training_data(
    checkout: Path, people: list[Recording], tmp_path: Path
) -> None:
    """What a server would do: features and answers leave the house, samples and training data stay."""
    name, one = others(people)[0]
    write(FAULTS[0].inject(one), tmp_path / "in" / f"{name}.parquet")
    log, params = tmp_path / "log.parquet", load(checkout / "params.yaml")
    monitor.run(params, Paths(checkout), monitor.Options(tmp_path / "in", output=tmp_path / "first", log=log))
    away = tmp_path / "away"
    for part in ("models/har-web.tflite", "reports/monitoring/reference.json"):
        (away / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(checkout / part, away / part)
    monitor.run(params, Paths(away), monitor.Options(log))
    assert alarms(away / "reports" / "monitoring") == alarms(tmp_path / "first") != []


def test_a_mistake_is_one_sentence_and_exit_code_2(checkout: Path, tmp_path: Path) -> None:
    done = har_monitor(checkout, str(tmp_path / "none"))
    assert done.returncode == 2
    assert "is no folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_judged_is_refused(checkout: Path, tmp_path: Path) -> None:
    params, bare = load(checkout / "params.yaml"), Paths(tmp_path)
    (tmp_path / "log.csv").write_text("a\n1\n", encoding="utf-8")
    bare.tflite_web.parent.mkdir()
    shutil.copy(Paths(checkout).tflite_web, bare.tflite_web)
    with pytest.raises(HarError, match="is no log"):
        monitor.run(params, Paths(checkout), monitor.Options(tmp_path / "log.csv"))
    with pytest.raises(HarError, match=r"reference\.json is missing: run `dvc repro` or `dvc pull`"):
        monitor.run(params, bare, monitor.Options(tmp_path))


def test_a_reference_follows_the_model(checkout: Path, people: list[Recording], tmp_path: Path) -> None:
    name, one = others(people)[0]
    write(one, tmp_path / "in" / f"{name}.parquet")
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy)
    params, paths = load(copy / "params.yaml"), Paths(copy)
    content = paths.tflite_web.read_bytes()
    paths.champion_web.write_bytes(metadata.embed(content, metadata.read(content) | {"version": "another"}))
    monitor.run(params, paths, monitor.Options(tmp_path / "in"))
    made = json.loads((monitor.home(paths) / "reference.json").read_text(encoding="utf-8"))
    assert made["model_sha256"] == sha256(paths.champion_web)
    shutil.rmtree(copy / "data")
    paths.champion_web.unlink()
    with pytest.raises(HarError, match="is of another model than"):
        monitor.run(params, paths, monitor.Options(tmp_path / "in"))
