"""Taking turns at a registry that several machines use.

An MLflow registry offers no lock. Whoever wants to decide leaves a note on the registered model, looks whether there is
another one, and if so takes its own away and tries again a little later: of two that look after both have written, at
least one sees the other. A note runs out, so that whoever was killed is not waited for for ever. To take one for
abandoned by mistake does no harm: who lost it decides nothing and moves nothing (`Turn.renew`), and who moved an alias
looks whether a later decision stands by now, as after a machine that slept between the two (`promotion`).
"""

import json
import os
import platform
import random
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from har.errors import HarError

if TYPE_CHECKING:
    from mlflow import MlflowClient

NOTE = "har.turn."  # prefix of a registered model's tags: who decides about it at the moment
LEASE_S = 300.0  # s that a note is good for; renewed before each step that others see (clocks may differ by less)
PATIENCE_S = 600.0  # s to wait for others
PAUSE_S = (0.2, 1.0)  # s between two tries, drawn at random so that two do not keep in step


@dataclass(frozen=True)
class Turn:
    """The right to decide about the registered model `name`, as long as it is renewed in time."""

    client: "MlflowClient"
    name: str
    key: str

    def renew(self, so_far: str) -> None:
        """Make the note good for another `LEASE_S`. Raises `HarError`, which ends with what was reached `so_far`,
        where it has run out: others may be deciding.
        """
        note = self.client.get_registered_model(self.name).tags.get(self.key)
        if note is None or json.loads(note)["until"] < time.time():
            raise HarError(
                f"This took longer than {LEASE_S:g} s, and somebody else may decide about {self.name} by now. {so_far}"
            )
        self.write()

    def write(self) -> None:
        """Leave the note, or leave it anew."""
        note = {"until": time.time() + LEASE_S, "process": os.getpid(), **_here()}
        self.client.set_registered_model_tag(self.name, self.key, json.dumps(note, sort_keys=True))

    def end(self) -> None:
        """Take the note away."""
        self.client.delete_registered_model_tag(self.name, self.key)


@contextmanager
def turn(client: "MlflowClient", name: str) -> Iterator[Turn]:
    """Be the only one who decides about the registered model `name`, which exists; waits for others.

    Raises `HarError` where others took longer than `PATIENCE_S`.
    """
    mine = Turn(client, name, NOTE + uuid.uuid4().hex)
    try:
        _take(mine)
        yield mine
    finally:
        mine.end()


def _take(mine: Turn) -> None:
    """Return once the note of `mine` is the only one."""
    deadline, told = time.monotonic() + PATIENCE_S, False
    while True:
        others = _others(mine)
        if not others:
            mine.write()
            others = _others(mine)
            if not others:
                return
            mine.end()
        who = others[0]
        if time.monotonic() > deadline:
            raise HarError(f"{who} has been deciding about {mine.name} for {PATIENCE_S:g} s: try again later.")
        if not told:
            print(f"har: waiting for {who}, which decides about {mine.name}", file=sys.stderr)
            told = True
        time.sleep(random.uniform(*PAUSE_S))


def _others(mine: Turn) -> list[str]:
    """Who else left notes that are still good; the other ones are cleared away."""
    found = []
    for key, value in mine.client.get_registered_model(mine.name).tags.items():
        if not key.startswith(NOTE) or key == mine.key:
            continue
        note = json.loads(value)
        if note["until"] > time.time() and not _ended(note):
            found.append(f"process {note['process']} on {note['host']}")
        else:
            mine.client.delete_registered_model_tag(mine.name, key)
    return found


def _ended(note: dict[str, Any]) -> bool:
    """Whether a note was left by a process of this machine that is no more, or by an earlier try of this one."""
    if any(note.get(name) != value for name, value in _here().items()):
        return False
    if note["process"] == os.getpid():
        return True
    try:
        os.kill(note["process"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # there is one, of another user
        return False
    return False


def _here() -> dict[str, Any]:
    """Where the number of a process means that process: containers share names of hosts, and count for themselves."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        processes = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:  # not Linux, and no container
        boot, processes = "", 0
    return {"host": platform.node(), "boot": boot, "processes": processes}
