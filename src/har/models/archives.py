"""Zip archives whose bytes depend on their content alone: not on the time, nor on where objects lay in memory."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Final

EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip entry can have
Edit = Callable[[str, str], str]
"""Name and text of an entry to its new text."""


def settled(archive: bytes, edit: Edit, rename: Callable[[str], str] = str) -> bytes:
    """Rewrite a zip with fixed times and sorted entries, `.json` through `edit` and names through `rename`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w") as target:
        for name in sorted(source.namelist(), key=rename):
            content = source.read(name)
            if name.endswith(".json"):
                content = edit(name, content.decode()).encode()
            target.writestr(zipfile.ZipInfo(rename(name), EPOCH), content)
    return out.getvalue()


def settled_keras(archive: bytes) -> bytes:
    """Take the date of saving and the addresses of shared objects out of a `.keras` file; loading needs neither."""

    def edit(name: str, text: str) -> str:
        text = re.sub(r'("date_saved": )"[^"]*"', r'\1"1980-01-01@00:00:00"', text)
        return re.sub(r', "shared_object_id": \d+', "", text)

    return settled(archive, edit)


def settled_skops(archive: bytes) -> bytes:
    """Number the objects of a `.skops` file, and the files named for them, in the order in which they appear.

    skops calls them by their address in memory.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        addresses = re.findall(r'"__id__": (\d+)', source.read("schema.json").decode())
    number = {address: str(i) for i, address in enumerate(dict.fromkeys(addresses))}

    def edit(name: str, text: str) -> str:
        text = re.sub(r'("__id__": )(\d+)', lambda match: match[1] + number[match[2]], text)
        return re.sub(r'("file": ")(\d+)', lambda match: match[1] + number[match[2]], text)

    def rename(name: str) -> str:
        stem, dot, suffix = name.partition(".")
        return number.get(stem, stem) + dot + suffix

    return settled(archive, edit, rename)
