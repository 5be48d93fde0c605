import json
from pathlib import Path

import pytest

from har import files
from har.errors import HarError


def left(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def fail_half_way(path: Path, *, folder: bool) -> None:
    with files.replacing(path) as temporary:
        if folder:
            temporary.mkdir()
        (temporary / "new.txt" if folder else temporary).write_text("half")
        raise RuntimeError("disk")


def test_a_file_appears_whole_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    with files.replacing(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert left(tmp_path) == ["deep", "deep/file.txt"]


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="disk"):
        fail_half_way(path, folder=False)
    assert path.read_text() == "old"
    assert left(tmp_path) == ["file.txt"]


def test_a_folder_is_replaced_with_all_it_held(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    with files.replacing(folder) as temporary:
        temporary.mkdir()
        (temporary / "new.txt").write_text("new")
        assert left(folder) == ["old.txt"]
    assert left(tmp_path) == ["out", "out/new.txt"]


def test_a_folder_stays_where_writing_its_successor_fails(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    with pytest.raises(RuntimeError, match="disk"):
        fail_half_way(folder, folder=True)
    assert left(tmp_path) == ["out", "out/old.txt"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path, kind: str) -> None:
    leftover = tmp_path / ".out.part"
    if kind == "file":
        leftover.write_text("half")
    else:
        (leftover / "deep").mkdir(parents=True)
        (leftover / "deep" / "half.txt").write_text("half")
    with files.replacing(tmp_path / "out") as temporary:
        temporary.mkdir()
        (temporary / "new.txt").write_text("new")
    assert left(tmp_path) == ["out", "out/new.txt"]


def test_removing_a_link_to_a_folder_leaves_the_folder(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    files.remove(tmp_path / "link")
    assert left(tmp_path) == ["kept", "kept/file.txt"]


def test_json_has_one_form_whatever_the_order_of_its_keys(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"b": 1, "a": [1.5, "é"]})
    files.write_json(tmp_path / "b.json", {"a": [1.5, "é"], "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert files.read_json(tmp_path / "a.json") == {"a": [1.5, "é"], "b": 1}
    assert files.digest({"b": 1, "a": 2}) == files.digest({"a": 2, "b": 1}) != files.digest({"a": 2, "b": 2})


def test_json_that_no_other_program_could_read_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(ValueError, match="nan"):
        files.write_json(tmp_path / "a.json", {"f1": float("nan")})
    assert (tmp_path / "a.json").read_text() == "{}"


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": \xff}'])
def test_broken_json_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scores.json"
    path.write_bytes(content)
    with pytest.raises(HarError, match=r"scores\.json is not valid JSON .*: delete it and run `dvc repro`"):
        files.read_json(path)


def test_missing_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(HarError, match=r"scores\.json is missing: run the stage that makes it"):
        files.read_json(tmp_path / "scores.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An output of two files with its manifest."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.bin").write_bytes(b"a" * 1000)
    (tmp_path / "deep" / "b.bin").write_bytes(b"b")
    files.write_manifest(tmp_path)
    return tmp_path


def test_an_untouched_folder_passes_and_gives_its_hashes(folder: Path) -> None:
    assert files.check_manifest(folder) == {
        "a.bin": files.sha256(folder / "a.bin"),
        "deep/b.bin": files.sha256(folder / "deep" / "b.bin"),
    }


def test_one_changed_bit_is_found_and_its_file_named(folder: Path) -> None:
    content = bytearray((folder / "a.bin").read_bytes())
    content[500] ^= 1
    (folder / "a.bin").write_bytes(content)
    with pytest.raises(HarError, match=r"a\.bin is corrupt .*: delete it and run `dvc repro`"):
        files.check_manifest(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "deep" / "b.bin").unlink()
    with pytest.raises(HarError, match=r"deep/b\.bin is missing: run `dvc repro`"):
        files.check_manifest(folder)


def test_a_file_that_nobody_recorded_is_not_vouched_for(folder: Path) -> None:
    (folder / "stray.bin").write_bytes(b"?")
    assert set(files.check_manifest(folder)) == {"a.bin", "deep/b.bin"}


def test_a_folder_without_manifest_is_not_trusted(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(HarError, match=r"manifest\.json is missing"):
        files.check_manifest(folder)


@pytest.mark.parametrize("value", [[], "a.bin", 3, None])
def test_a_manifest_that_is_no_mapping_is_refused(folder: Path, value: object) -> None:
    (folder / "manifest.json").write_text(json.dumps(value))
    with pytest.raises(HarError, match=r"manifest\.json is not a mapping of files to hashes"):
        files.check_manifest(folder)


def test_writing_a_manifest_again_changes_nothing(folder: Path) -> None:
    before = (folder / "manifest.json").read_bytes()
    files.write_manifest(folder)
    assert (folder / "manifest.json").read_bytes() == before
