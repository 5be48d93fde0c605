"""Deciding about candidates: each decision is written into the ledger first and carried out in the registry second.

Whatever moves an alias is on record before it moves, and a process that is killed in between is finished by the next.
The champion's TFLite file follows the alias to `models/champion.tflite`.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.files import digest, replacing, sha256
from har.params import Promote
from har.paths import Paths
from har.tracking import environment, ledger
from har.tracking.policy import Decision
from har.tracking.registry import CHAMPION, DIGEST, FILE, PREVIOUS, Candidate, Registry

Entry = Mapping[str, Any]
Judge = Callable[[Mapping[str, Path] | None, bool], Decision]


def promote(registry: Registry, book: Path, candidate: Candidate, limits: Promote, judge: Judge) -> Entry:
    """Register `candidate`, let `judge` decide and make it champion if it passes; return the ledger's entry.

    book: the ledger. judge: given the champion's files, or None where there is no other champion, and whether this
    candidate was rolled back by hand. The same candidate under the same limits beside the same champion is judged
    once; its entry is returned again.
    """
    with registry.store.writing():
        settle(registry, book)
        version = registry.register(candidate)
        state = _state(registry, book, candidate, version, limits)
        if state.decided is not None:
            return state.decided
        decision = _judge(registry, state, judge)
        if decision.promote:
            _check(registry, version, "the candidate", "delete that version and run `dvc repro -f -s promote`")
        entry = ledger.append(
            book,
            _entry(
                registry,
                "promote" if decision.promote else "reject",
                version,
                state.champion,
                candidate.commit,
                reasons=decision.as_list(),
                limits=state.limits,
                withdrawn=state.withdrawn,
            ),
        )
        if decision.promote:
            _carry_out(registry, entry)
        return entry


def rollback(registry: Registry, book: Path) -> Entry:
    """Swap the aliases `champion` and `previous`; return the ledger's entry.

    A rollback that was killed half-way is finished and not done again. Raises `HarError` where there is no previous
    champion or its files are not as registered.
    """
    with registry.store.writing():
        unfinished = settle(registry, book)
        if unfinished is not None and unfinished["decision"] == "rollback":
            return unfinished
        aliases = registry.aliases()
        if PREVIOUS not in aliases or CHAMPION not in aliases:
            raise HarError(f"{registry.name} has no previous champion to return to: promote another candidate first.")
        _check(registry, aliases[PREVIOUS], "the previous champion", "promote another candidate")
        code = environment.stamp(registry.store.root)
        entry = ledger.append(book, _entry(registry, "rollback", aliases[PREVIOUS], aliases[CHAMPION], code))
        _carry_out(registry, entry)
        return entry


def settle(registry: Registry, book: Path) -> Entry | None:
    """Carry out the ledger's last entry where it moves the champion and a killed process did not; return it if so.

    Older entries are settled: nobody decides anything before the entry at the end is.
    """
    entries = [entry for entry in ledger.verify(book) if entry["model"] == registry.name]
    if not _moves(entries[-1:], registry.name) or registry.applied(entries[-1]):
        return None
    _carry_out(registry, entries[-1])
    return entries[-1]


def differences(registry: Registry, book: Path) -> list[str]:
    """What differs between the champion in the registry and what was recorded of it; empty if nothing does."""
    moves = _moves(ledger.verify(book), registry.name)
    number = registry.aliases().get(CHAMPION)
    if number is None:
        return [f"{registry.name} has no champion in the registry"]
    with tempfile.TemporaryDirectory() as folder:
        lines = registry.differences(number, Path(folder))
    candidate = registry.version(number).tags.get(DIGEST)
    if (number, candidate) not in [(move["version"], move["candidate"]) for move in moves]:
        lines.append(f"{book} does not say that version {number} of {registry.name} became champion")
    return lines


@dataclass(frozen=True)
class _State:
    """What a decision about a candidate depends on besides its scores.

    champion: the version of another champion, or None. limits: their digest. withdrawn: whether the candidate was
    rolled back. decided: the entry of a decision that was taken in this same state, or None.
    """

    champion: str | None
    limits: str
    withdrawn: bool
    decided: Entry | None


def _check(registry: Registry, version: str, role: str, instead: str) -> None:
    """Raise `HarError` for a version whose files are damaged, before it is on record that it becomes champion."""
    with tempfile.TemporaryDirectory() as folder:
        registry.checked_files(version, Path(folder), role, instead)


def _carry_out(registry: Registry, entry: Entry) -> None:
    """Make the entry's version champion and put its file where `har predict` looks; may be repeated."""
    registry.move(entry)
    path = Paths(registry.store.root).champion
    expected = registry.version(entry["version"]).tags.get(FILE + "har.tflite")
    if not path.is_file() or sha256(path) != expected:
        with tempfile.TemporaryDirectory() as folder, replacing(path) as temporary:
            shutil.copyfile(registry.champion_files(Path(folder))["har.tflite"], temporary)
    registry.note(entry)


def _state(registry: Registry, book: Path, candidate: Candidate, version: str, limits: Promote) -> _State:
    entries = [entry for entry in ledger.verify(book) if entry["model"] == registry.name]
    withdrawn: set[str | None] = set()
    for entry in _moves(entries, registry.name):
        withdrawn.discard(entry["candidate"])
        if entry["decision"] == "rollback":
            withdrawn.add(entry["former"])
    number = registry.aliases().get(CHAMPION)
    champion = None if number is None else registry.version(number).tags.get(DIGEST)
    is_champion = champion == candidate.digest
    key = digest(limits.model_dump(mode="json", exclude={"model", "shared_ledger"}))
    decided = None
    for entry in entries:
        about = (entry["candidate"], entry["version"])  # another version is of a registry that was or is elsewhere
        if about == (candidate.digest, version) and entry["decision"] != "rollback":
            same = entry["limits"] == key and entry["withdrawn"] == (candidate.digest in withdrawn)
            beside = is_champion or (entry["decision"] == "reject" and entry["former"] == champion)
            decided = entry if same and beside else None
    return _State(None if is_champion else number, key, candidate.digest in withdrawn, decided)


def _judge(registry: Registry, state: _State, judge: Judge) -> Decision:
    if state.champion is None:
        return judge(None, state.withdrawn)
    with tempfile.TemporaryDirectory() as folder:
        return judge(registry.champion_files(Path(folder)), state.withdrawn)


def _moves(entries: list[dict[str, Any]], model: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["model"] == model and entry["decision"] in ("promote", "rollback")]


def _entry(
    registry: Registry, decision: str, version: str, former: str | None, commit: str | None, **rest: Any
) -> dict[str, Any]:
    return {
        "decision": decision,
        "model": registry.name,
        "version": version,
        "candidate": registry.version(version).tags.get(DIGEST),
        "former_version": former,
        "former": None if former is None else registry.version(former).tags.get(DIGEST),
        "commit": commit,
        "reasons": [],
        **rest,
    }
