import io
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from har.datasets.archive import MAX_MEMBERS, read_members
from har.errors import HarError

WANTED = re.compile(r"(?<![^/])RawData/\w+\.txt$")
LIMIT = 1_000_000


def packed(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


GOOD = ("RawData/a.txt", b"1 2 3\n" * 100)


def test_reads_the_wanted_members_alone(write: Any) -> None:
    path = write("x.zip", packed(GOOD, ("README.txt", b"no"), ("RawData/", b""), ("MyRawData/b.txt", b"no")))
    assert read_members(path, WANTED, LIMIT) == dict([GOOD])


@pytest.mark.parametrize("prefix", ["HAPT Data Set/", "a/b/"])
def test_a_prefix_is_left_out_of_the_names(write: Any, prefix: str) -> None:
    mac = ("__MACOSX/RawData/a.txt", b"fork")
    path = write("x.zip", packed((prefix + GOOD[0], GOOD[1]), mac))
    assert read_members(path, WANTED, LIMIT) == dict([GOOD])


def test_one_archive_inside_another_is_read(write: Any) -> None:
    path = write("x.zip", packed(("HAPT Data Set.zip", packed(GOOD))))
    assert read_members(path, WANTED, LIMIT) == dict([GOOD])


def test_two_levels_are_too_deep(write: Any) -> None:
    path = write("x.zip", packed(("a.zip", packed(("b.zip", packed(GOOD))))))
    with pytest.raises(HarError, match="not the expected archive"):
        read_members(path, WANTED, LIMIT)


def test_the_inner_archive_is_checked_as_well(write: Any) -> None:
    path = write("x.zip", packed(("a.zip", packed(GOOD, ("../b.txt", b"")))))
    with pytest.raises(HarError, match=r"x\.zip/a\.zip: member '\.\./b\.txt' leaves the folder"):
        read_members(path, WANTED, LIMIT)


@pytest.mark.parametrize(
    "name", ["../evil.txt", "RawData/../../evil.txt", "/etc/evil.txt", "..\\evil.txt", "C:\\evil.txt", "C:evil.txt"]
)
def test_members_that_leave_the_folder_are_refused(write: Any, name: str) -> None:
    path = write("x.zip", packed(GOOD, (name, b"")))
    with pytest.raises(HarError, match="leaves the folder") as caught:
        read_members(path, WANTED, LIMIT)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010644], ids=["symlink", "device", "pipe"])
def test_links_and_devices_are_refused(write: Any, mode: int) -> None:
    info = zipfile.ZipInfo("RawData/link.txt")
    info.create_system, info.external_attr = 3, mode << 16
    with pytest.raises(HarError, match=r"'RawData/link\.txt' is a link or a device"):
        read_members(write("x.zip", packed(GOOD, (info, b"/etc/passwd"))), WANTED, LIMIT)


def test_encrypted_members_are_refused(write: Any) -> None:
    content = bytearray(packed(GOOD))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(HarError, match=r"'RawData/a\.txt' is encrypted"):
        read_members(write("x.zip", bytes(content)), WANTED, LIMIT)


def test_an_archive_that_declares_too_much_is_refused(write: Any) -> None:
    path = write("x.zip", packed(("RawData/a.txt", bytes(range(250)) * 5_000), method=zipfile.ZIP_STORED))
    with pytest.raises(HarError, match=r"would unpack to 1,250,000 bytes, more than 1,000,000"):
        read_members(path, WANTED, LIMIT)


def test_a_bomb_is_refused_by_its_ratio(write: Any) -> None:
    path = write("x.zip", packed(("RawData/a.txt", bytes(5_000_000))))
    with pytest.raises(HarError, match="unpacks to more than 200 times its size"):
        read_members(path, WANTED, 10_000_000)


def test_a_bomb_that_lies_about_its_size_is_refused(write: Any) -> None:
    content = bytearray(packed(("RawData/a.txt", bytes(5_000_000))))
    for start, offset in ((0, 22), (content.index(b"PK\x01\x02"), 24)):
        struct.pack_into("<I", content, start + offset, 1000)
    with pytest.raises(HarError, match=r"'RawData/a\.txt'"):
        read_members(write("x.zip", bytes(content)), WANTED, LIMIT)


def test_too_many_members_are_refused(write: Any) -> None:
    members = ((f"RawData/{number}.txt", b"") for number in range(MAX_MEMBERS + 1))
    with pytest.raises(HarError, match=r"has 20,001 members"):
        read_members(write("x.zip", packed(*members)), WANTED, LIMIT)


def test_a_member_that_is_there_twice_is_refused(write: Any) -> None:
    with pytest.raises(HarError, match=r"holds RawData/a\.txt twice"):
        read_members(write("x.zip", packed(GOOD, ("old/RawData/a.txt", b"0"))), WANTED, LIMIT)


def test_a_flipped_bit_is_found(write: Any) -> None:
    content = bytearray(packed(GOOD, method=zipfile.ZIP_STORED))
    content[content.index(GOOD[1]) + 7] ^= 1
    with pytest.raises(HarError, match=r"'RawData/a\.txt' is damaged"):
        read_members(write("x.zip", bytes(content)), WANTED, LIMIT)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", packed(GOOD)[:-30]], ids=["empty", "html", "cut"])
def test_what_is_no_zip_file_is_named(write: Any, content: bytes) -> None:
    with pytest.raises(HarError, match=r"x\.zip is not a readable zip file"):
        read_members(write("x.zip", content), WANTED, LIMIT)


@given(position=st.integers(0, len(packed(GOOD)) - 1), value=st.integers(0, 255))
def test_damage_anywhere_gives_the_content_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int
) -> None:
    content = bytearray(packed(GOOD))
    content[position] = value
    path = Path(tmp_path_factory.mktemp("zip")) / "x.zip"
    path.write_bytes(content)
    try:
        assert list(read_members(path, WANTED, LIMIT).values()) == [GOOD[1]]
    except HarError as error:
        assert "\n" not in str(error)  # noqa: PT017
