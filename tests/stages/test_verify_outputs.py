"""The part of `har verify` that needs no registry: dvc.lock against what lies there."""

import hashlib
from pathlib import Path

import pytest
import yaml

from har import params
from har.errors import HarError
from har.paths import Paths
from har.stages import verify

ROOT = Path(__file__).parents[2]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A file and a folder as dvc.lock has them, and a champion that is in order."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "har.tflite").write_bytes(b"model")
    (tmp_path / "data" / "raw").mkdir(parents=True)
    for name in ("b.bin", "a.bin"):
        (tmp_path / "data" / "raw" / name).write_bytes(name.encode())
    listed = f'[{{"md5": "{md5(b"a.bin")}", "relpath": "a.bin"}}, {{"md5": "{md5(b"b.bin")}", "relpath": "b.bin"}}]'
    outs = [
        {"path": "models/har.tflite", "hash": "md5", "md5": md5(b"model"), "size": 5},
        {"path": "data/raw", "hash": "md5", "md5": f"{md5(listed.encode())}.dir", "size": 10, "nfiles": 2},
    ]
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"one": {"outs": outs}, "two": {}}}))
    monkeypatch.setattr(verify, "verify_champion", lambda *_: [])
    return Paths(tmp_path)


def run(paths: Paths) -> str:
    return verify.run(params.load(ROOT / "params.yaml"), paths)


def refused(paths: Paths) -> str:
    with pytest.raises(HarError) as caught:
        run(paths)
    return str(caught.value)


def test_what_is_as_recorded_passes(paths: Paths) -> None:
    assert run(paths).startswith("verify: 2 outputs are as dvc.lock has them")


def test_everything_that_differs_is_named_at_once(paths: Paths) -> None:
    (paths.root / "models" / "har.tflite").unlink()
    (paths.root / "data" / "raw" / "a.bin").write_bytes(b"other")
    said = refused(paths)
    assert "models/har.tflite is missing" in said
    assert "data/raw is not what dvc.lock says" in said


@pytest.mark.parametrize("change", ["renamed", "added", "removed"])
def test_a_folder_with_other_files_differs(paths: Paths, change: str) -> None:
    folder = paths.root / "data" / "raw"
    if change == "renamed":
        (folder / "a.bin").rename(folder / "c.bin")
    elif change == "added":
        (folder / "c.bin").write_bytes(b"c")
    else:
        (folder / "a.bin").unlink()
    said = refused(paths)
    assert "data/raw is not what dvc.lock says" in said
    assert "models/har.tflite" not in said


def test_what_the_registry_says_of_the_champion_is_passed_on(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "verify_champion", lambda *_: ["har.tflite of version 1 is missing"])
    assert "har.tflite of version 1 is missing" in refused(paths)


def test_without_dvc_lock_there_is_nothing_to_verify(paths: Paths) -> None:
    (paths.root / "dvc.lock").unlink()
    assert "dvc.lock is missing: run `dvc repro` first" in refused(paths)


@pytest.mark.parametrize(
    "content", ["", "stages: [", "- stages", "stages: 3", "stages: {one: {outs: [{path: a}]}}", "stages: {one: 3}"]
)
def test_a_damaged_dvc_lock_is_one_sentence(paths: Paths, content: str) -> None:
    (paths.root / "dvc.lock").write_text(content)
    assert "dvc.lock is damaged: restore it from Git" in refused(paths)
