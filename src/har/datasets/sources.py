"""The two routes that every dataset of files has: its authors' archive by HTTPS, and a folder on this machine."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from har.datasets import archive, fetch
from har.errors import HarError
from har.params import Download

MIRROR: Final = "HAR_MIRROR"  # environment variable that names the folder
UNPACKED: Final = 4  # times its own cap that an archive may unpack to; sensor text packs three to five times


def by_https(url: str, wanted: re.Pattern[str], settings: Download, cache: Path) -> dict[str, bytes]:
    """The wanted members of the archive at `url`, by the path that `wanted` finds.

    The archive is removed from `cache` once it has been read, so that a damaged one is fetched again the next time.
    """
    max_bytes = int(settings.max_megabytes * 1e6)
    path = fetch.fetch(url, cache, timeout_s=settings.timeout_s, retries=settings.retries, max_bytes=max_bytes)
    try:
        return archive.read_members(path, wanted, UNPACKED * max_bytes)
    finally:
        path.unlink(missing_ok=True)


def by_mirror(
    names: Sequence[str], content: str, within: Sequence[str], wanted: re.Pattern[str], settings: Download
) -> tuple[dict[str, bytes], str]:
    """The wanted files out of the folder that `HAR_MIRROR` names, by the path that `wanted` finds, and their origin.

    names: file names of the archive. content: the folder that the archive unpacks to, in the mirror itself or in one
    of its folders `within`. A mirror that is not named or holds none of these is a `HarError`.
    """
    if not (value := os.environ.get(MIRROR)):
        raise HarError(f"the environment variable {MIRROR} is not set: let it name a folder that holds {names[0]}.")
    folder = Path(value)
    for path in (folder / name for name in names):
        if path.is_file():
            return archive.read_members(path, wanted, int(UNPACKED * settings.max_megabytes * 1e6)), str(path)
    for base in (folder, *(folder / name for name in within)):
        files = {path.relative_to(base).as_posix(): path for path in (base / content).rglob("*") if path.is_file()}
        if members := {name: path.read_bytes() for name, path in sorted(files.items()) if wanted.fullmatch(name)}:
            return members, str(base)
    raise HarError(f"{folder} (of {MIRROR}) holds neither {' nor '.join(names)} nor the files of {content}/.")
