"""Decisions about models, append-only and hash-chained: a JSON object a line, each with the hash of the one before."""

import fcntl
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.files import digest

START = "0" * 64  # what the first entry names as the hash before it

Entry = dict[str, Any]


def append(path: Path, entry: Mapping[str, Any], publish: Callable[[Entry], None] | None = None) -> Entry:
    """Add an entry and return it with `sequence`, `previous`, `time` (UTC) and `hash`; it is on disk on return.

    publish: called with the whole entry before it is written here, so that what is here is also elsewhere.
    One process writes at a time. A last line without an end is what a killed process left of an entry that nobody acted
    on, and is replaced. Raises `HarError` where the chain is broken.
    """
    whole: Entry = {}

    def add(entries: list[Entry]) -> list[Entry]:
        whole.update(entry)
        whole["sequence"] = len(entries) + 1
        whole["previous"] = entries[-1]["hash"] if entries else START
        whole["time"] = datetime.now(UTC).isoformat(timespec="seconds")
        whole["hash"] = digest(whole)
        if publish is not None:
            publish(whole)
        return [whole]

    _write(path, add)
    return whole


def extend(path: Path, others: Sequence[Entry]) -> None:
    """Add those of `others`, a copy of the ledger kept elsewhere, that are not here yet (see `merge`)."""
    if len(merge(path, others)) > len(verify(path)):
        _write(path, lambda entries: _following(path, entries, others))


def merge(path: Path, others: Sequence[Entry]) -> list[Entry]:
    """All entries of the ledger and of `others`, a copy of some of it, oldest first; nothing is written.

    Raises `HarError` where the two are not one chain.
    """
    entries = verify(path)
    return entries + _following(path, entries, others)


def verify(path: Path) -> list[Entry]:
    """All entries, oldest first; a missing file has none. Raises `HarError` naming the line that breaks the chain.

    A last line without an end is not an entry (see `append`).
    """
    return _entries(path, path.read_bytes()) if path.exists() else []


def _following(path: Path, entries: Sequence[Entry], others: Sequence[Entry]) -> list[Entry]:
    """Those of `others` that come after `entries`."""
    chain = list(entries)
    for entry in sorted(others, key=lambda one: int(one["sequence"])):
        number = int(entry["sequence"])
        if number <= len(chain):
            if chain[number - 1]["hash"] != entry["hash"]:
                raise HarError(
                    f"{path}, line {number} is another decision than the registry has under that number: "
                    "restore the ledger from Git."
                )
        elif number > len(chain) + 1 or _fault(entry, number, chain[-1]["hash"] if chain else START):
            raise HarError(
                f"{path} ends before decision {number} of the registry, and what is between is not known there: bring "
                "the ledger up to date from Git."
            )
        else:
            chain.append(entry)
    return chain[len(entries) :]


def _write(path: Path, more: Callable[[list[Entry]], list[Entry]]) -> None:
    """Add the entries that `more` makes of those that are there, while nobody else writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        added = more(_entries(path, content))
        file.truncate(content.rfind(b"\n") + 1)
        for entry in added:
            file.write(json.dumps(entry, sort_keys=True, allow_nan=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        _sync_folder(path.parent)


def _entries(path: Path, content: bytes) -> list[Entry]:
    entries: list[Entry] = []
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        entry = _parse(line)
        fault = _fault(entry, number, entries[-1]["hash"] if entries else START)
        if entry is None or fault is not None:
            raise HarError(f"{path}, line {number} {fault}: restore the ledger from Git or a copy.")
        entries.append(entry)
    return entries


def _fault(entry: Entry | None, number: int, previous: str) -> str | None:
    """What is wrong with an entry that should be the one of this number after the one of that hash; None if nothing."""
    if entry is None:
        return "is not a JSON object"
    if entry.get("hash") != digest({name: value for name, value in entry.items() if name != "hash"}):
        return "was changed after it was written"
    if (entry.get("sequence"), entry.get("previous")) != (number, previous):
        return "does not follow the line before it"
    return None


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
