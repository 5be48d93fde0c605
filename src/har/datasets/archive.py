"""Reading the wanted members of a zip archive from elsewhere, into memory, without trusting the archive."""

import io
import lzma
import re
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Final

from har.errors import HarError

MAX_MEMBERS: Final = 20_000  # the largest archive known here has fewer than 1,000
MAX_RATIO: Final = 200  # unpacked to packed size; sensor text packs about 5 times, deflate's utmost is 1,032
SMALL: Final = 1 << 20  # bytes; below this the ratio of one member harms nobody
_CHUNK: Final = 1 << 20
_ENCRYPTED: Final = 0x1
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError, ValueError)


def read_members(path: Path, wanted: re.Pattern[str], max_bytes: int) -> dict[str, bytes]:
    """The members of a zip file whose path `wanted` finds, by the path from the match on.

    So a pattern of `RawData/.*` finds `RawData/a.txt` and `HAPT Data Set/RawData/a.txt`, both as `RawData/a.txt`.
    An archive without any, but with zip files in it, is searched one level deeper.

    max_bytes: most that the whole archive may unpack to, as it declares and as it turns out.
    Nothing is written to disk. A member that would leave the folder it is unpacked to, a link, an encrypted or
    damaged member, a bomb, or an archive without a wanted member is a `HarError` that names it.
    """
    try:
        with path.open("rb") as file:
            members = _read(file, path.name, wanted, max_bytes, depth=1)
    except _DAMAGE as error:
        raise HarError(f"{path} is not a readable zip file ({error}): remove it and try again.") from error
    if not members:
        raise HarError(f"{path} holds no member like {wanted.pattern!r}: it is not the expected archive.")
    return members


def _read(file: IO[bytes], origin: str, wanted: re.Pattern[str], max_bytes: int, depth: int) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        _check(infos, origin, max_bytes)
        budget, members = max_bytes, {}
        for info in infos:
            match = wanted.search(info.filename)
            if match is None or info.is_dir() or info.filename.startswith("__MACOSX/"):
                continue
            name = info.filename[match.start() :]
            if name in members:
                raise HarError(f"{origin} holds {name} twice: it is not the expected archive.")
            members[name] = _read_member(archive, info, origin, budget)
            budget -= len(members[name])
        inner = [info for info in infos if info.filename.lower().endswith(".zip")]
        if not members and depth:
            for info in inner:
                data = io.BytesIO(_read_member(archive, info, origin, budget))
                members |= _read(data, f"{origin}/{info.filename}", wanted, budget, depth - 1)
        return members


def _check(infos: list[zipfile.ZipInfo], origin: str, max_bytes: int) -> None:
    if len(infos) > MAX_MEMBERS:
        raise HarError(f"{origin} has {len(infos):,} members, more than {MAX_MEMBERS:,}: it is refused.")
    if (declared := sum(info.file_size for info in infos)) > max_bytes:
        raise HarError(f"{origin} would unpack to {declared:,} bytes, more than {max_bytes:,}: it is refused.")
    for info in infos:
        if reason := _objection(info):
            raise HarError(f"{origin}: member {info.filename!r} {reason}: the archive is refused.")


def _objection(info: zipfile.ZipInfo) -> str | None:
    path = info.filename.replace("\\", "/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in PurePosixPath(path).parts:
        return "leaves the folder that it would be unpacked to"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if info.file_size > max(SMALL, MAX_RATIO * info.compress_size):
        return f"unpacks to more than {MAX_RATIO} times its size"
    return None


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, origin: str, budget: int) -> bytes:
    """Unpack one member, counting what really comes out: the declared size is the archive's own word."""
    content = bytearray()
    try:
        with archive.open(info) as file:
            while chunk := file.read(_CHUNK):
                content += chunk
                if len(content) > min(budget, info.file_size):
                    raise HarError(f"{origin}: member {info.filename!r} unpacks to more than it declares or may.")
    except _DAMAGE as error:
        raise HarError(f"{origin}: member {info.filename!r} is damaged ({error}): get the archive again.") from error
    return bytes(content)
