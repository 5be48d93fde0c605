"""Deciding about candidates: each decision is written into the ledger first and carried out in the registry second.

Whatever moves an alias is on record before it moves, and a process that is killed in between is finished by the next.
One process decides at a time. A shared registry keeps the ledger's entries too, so that all its users know the same
ones: each brings its own file up to date before it decides. The champion's TFLite files follow the alias to
`models/champion.tflite` and `models/champion-web.tflite`.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.files import digest
from har.params import Promote
from har.tracking import champion_files, environment, ledger
from har.tracking.author import author
from har.tracking.candidate import DIGEST, Candidate
from har.tracking.lease import Turn
from har.tracking.policy import Decision
from har.tracking.registry import CHAMPION, PREVIOUS, Registry

Entry = Mapping[str, Any]
INSTEAD = "run `har rollback`"  # of using a champion whose files are damaged
NOTHING = "Nothing was decided: run the same command again."  # what to say where the turn is lost
RECORDED = "The decision is on record, and carried out by the next command where nobody has: see `har models`."
Judge = Callable[[Mapping[str, Path] | None, bool], Decision]


def promote(registry: Registry, book: Path, candidate: Candidate, limits: Promote, judge: Judge) -> Entry:
    """Register `candidate`, let `judge` decide and make it champion if it passes; return the ledger's entry.

    book: the ledger. judge: given the champion's files, or None where there is no other champion, and whether this
    candidate was rolled back by hand. The same candidate under the same limits beside the same champion is judged
    once; its entry is returned again. Raises `HarError` where the turn was lost.
    """
    with registry.turn() as turn:
        settle(registry, book, turn)
        version = registry.register(candidate, partial(_renew, turn, NOTHING))
        state = _state(registry, book, candidate, version, registry.aliases().get(CHAMPION), limits)
        if state.decided is not None:
            return state.decided
        decision = _judge(registry, state, judge)
        if decision.promote:
            _check(registry, version, "the candidate", "delete that version and run `dvc repro -f -s promote`")
        entry = _write_down(
            registry,
            book,
            turn,
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
            _carry_out(registry, turn, entry)
        return entry


@dataclass(frozen=True)
class Preview:
    """What `promote` would decide about a candidate.

    candidate: its digest. champion: the version that is champion now, or None. decided: the entry of the decision that
    was taken before in this same state and would stand, or None. unfinished: a decision that would be carried out
    first, or None. base: the revision whose model was judged beside it, in place of a champion, or None.
    """

    candidate: str
    promote: bool
    reasons: list[Any]
    champion: str | None = None
    decided: Entry | None = None
    unfinished: Entry | None = None
    base: str | None = None


def preview(registry: Registry, book: Path, candidate: Candidate, limits: Promote, judge: Judge) -> Preview:
    """What `promote` would decide, with the same arguments; nothing is registered, moved or written."""
    unfinished = _unfinished(registry, known(registry, book))
    number = registry.aliases().get(CHAMPION) if unfinished is None else unfinished["version"]
    state = _state(registry, book, candidate, registry.find(candidate.digest), number, limits)
    if state.decided is not None:
        passed = state.decided["decision"] == "promote"
        return Preview(candidate.digest, passed, state.decided["reasons"], number, state.decided, unfinished)
    decision = _judge(registry, state, judge)
    return Preview(candidate.digest, decision.promote, decision.as_list(), number, None, unfinished)


def rollback(registry: Registry, book: Path) -> Entry:
    """Swap the aliases `champion` and `previous`; return the ledger's entry.

    A rollback that was killed half-way is finished and not done again. Raises `HarError` where there is no previous
    champion or its files are not as registered. The files of the champion that goes may be gone.
    """
    with registry.turn() as turn:
        unfinished = settle(registry, book, turn, leaving=True)
        if unfinished is not None and unfinished["decision"] == "rollback":
            return unfinished
        aliases = registry.aliases()
        if PREVIOUS not in aliases or CHAMPION not in aliases:
            raise HarError(f"{registry.name} has no previous champion to return to: promote another candidate first.")
        _check(registry, aliases[PREVIOUS], "the previous champion", "promote another candidate")
        code = environment.stamp(registry.store.root)
        entry = _entry(registry, "rollback", aliases[PREVIOUS], aliases[CHAMPION], code)
        entry = _write_down(registry, book, turn, entry)
        _carry_out(registry, turn, entry)
        return entry


def settle(registry: Registry, book: Path, turn: Turn | None, leaving: bool = False) -> Entry | None:
    """Bring the ledger up to date and carry out its last entry where it moves the champion and a killed process did
    not; return it if so.

    leaving: whether a promoted champion is left at once, so that its file need not be brought.
    """
    ledger.extend(book, registry.published())
    entry = _unfinished(registry, known(registry, book))
    if entry is not None:
        _carry_out(registry, turn, entry, file=not leaving or entry["decision"] == "rollback")
    return entry


def known(registry: Registry, book: Path) -> list[dict[str, Any]]:
    """The ledger's entries about this model, oldest first, with those that only a shared registry has yet."""
    return [entry for entry in ledger.merge(book, registry.published()) if entry["model"] == registry.name]


def differences(registry: Registry, book: Path) -> list[str]:
    """What differs between the champion in the registry and what was recorded of it; empty if nothing does."""
    moved = moves(known(registry, book))
    number = registry.aliases().get(CHAMPION)
    if number is None:
        return [f"{registry.name} has no champion in the registry"]
    with tempfile.TemporaryDirectory() as folder:
        lines = registry.differences(number, Path(folder))
    candidate = registry.version(number).tags.get(DIGEST)
    if (number, candidate) not in [(move["version"], move["candidate"]) for move in moved]:
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


def _renew(turn: Turn | None, so_far: str) -> None:
    if turn is not None:
        turn.renew(so_far)


def _carry_out(registry: Registry, turn: Turn | None, entry: Entry, file: bool = True) -> None:
    """Make the entry's version champion and put its files (`file`) where others look; may be repeated.

    Raises `HarError` where the turn was lost: before an alias moves, or once a later entry was carried out in place of
    this one.
    """
    _renew(turn, RECORDED)
    stands = _move(registry, entry)
    if file:
        champion_files.place(registry, stands["version"], INSTEAD)
    registry.note(stands)
    if stands is not entry:
        raise HarError(
            f"Decision {entry['sequence']} about {registry.name} took so long that somebody else decided in between: "
            f"decision {stands['sequence']} stands, see `har models`."
        )


def _move(registry: Registry, entry: Entry) -> Entry:
    """Move the aliases as the entry says, and then as a later one does that was published in the meantime; return the
    last. Whoever sleeps before it moves an alias must not leave it where an old decision wants it.
    """
    while True:
        registry.move(entry)
        later = [one for one in moves(registry.published()) if one["sequence"] > entry["sequence"]]
        if not later:
            return entry
        entry = max(later, key=lambda one: int(one["sequence"]))


def _unfinished(registry: Registry, entries: list[dict[str, Any]]) -> Entry | None:
    """The last entry where it moves the champion and was not carried out.

    Older entries are settled: nobody decides anything before the entry at the end is.
    """
    last = moves(entries[-1:])
    return last[0] if last and not registry.applied(last[0]) else None


def _state(
    registry: Registry, book: Path, candidate: Candidate, version: str | None, number: str | None, limits: Promote
) -> _State:
    """The state in which the candidate, registered as `version`, is decided about beside the champion `number`."""
    entries = known(registry, book)
    withdrawn: set[str | None] = set()
    for entry in moves(entries):
        withdrawn.discard(entry["candidate"])
        if entry["decision"] == "rollback":
            withdrawn.add(entry["former"])
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
        return judge(_champion_files(registry, state.champion, Path(folder)), state.withdrawn)


def _champion_files(registry: Registry, number: str, folder: Path) -> dict[str, Path]:
    return registry.checked_files(number, folder, "the champion", INSTEAD)


def moves(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries that move the alias `champion`."""
    return [entry for entry in entries if entry["decision"] in ("promote", "rollback")]


def _write_down(registry: Registry, book: Path, turn: Turn | None, entry: Entry) -> dict[str, Any]:
    """Write the entry into the ledger, and into a shared registry before."""

    def publish(whole: Entry) -> None:
        if turn is not None:
            turn.renew(NOTHING)
            registry.publish(whole)

    return ledger.append(book, entry, publish)


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
        "by": author(),
        "reasons": [],
        **rest,
    }
