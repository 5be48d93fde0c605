"""Decisions about models, append-only and hash-chained: a JSON object a line, each with the hash of the one before."""

import fcntl
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.files import digest

START = "0" * 64  # what the first entry names as the hash before it

Entry = dict[str, Any]


def append(path: Path, entry: Mapping[str, Any]) -> Entry:
    """Add an entry and return it with `sequence`, `previous`, `time` (UTC) and `hash`; it is on disk on return.

    One process writes at a time. A last line without an end is what a killed process left of an entry that nobody acted
    on, and is replaced. Raises `HarError` where the chain is broken.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        entries = _entries(path, content)
        whole: Entry = {
            **entry,
            "sequence": len(entries) + 1,
            "previous": entries[-1]["hash"] if entries else START,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        whole["hash"] = digest(whole)
        file.truncate(content.rfind(b"\n") + 1)
        file.write(json.dumps(whole, sort_keys=True, allow_nan=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        _sync_folder(path.parent)
    return whole


def verify(path: Path) -> list[Entry]:
    """All entries, oldest first; a missing file has none. Raises `HarError` naming the line that breaks the chain.

    A last line without an end is not an entry (see `append`).
    """
    return _entries(path, path.read_bytes()) if path.exists() else []


def _entries(path: Path, content: bytes) -> list[Entry]:
    entries: list[Entry] = []
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        entry = _parse(line)
        if entry is None:
            fault = "is not a JSON object"
        elif entry.get("hash") != digest({name: value for name, value in entry.items() if name != "hash"}):
            fault = "was changed after it was written"
        elif (entry.get("sequence"), entry.get("previous")) != (number, entries[-1]["hash"] if entries else START):
            fault = "does not follow the line before it"
        else:
            entries.append(entry)
            continue
        raise HarError(f"{path}, line {number} {fault}: restore the ledger from Git or a copy.")
    return entries


def _parse(line: bytes) -> Entry | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _sync_folder(folder: Path) -> None:
    """Make a new file's name as durable as its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
