"""Bodies of requests, and the recordings kept of them: whole or not at all, named after their content."""

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Final

from starlette.requests import Request

from har.datasets import canonical, phone, recording_file
from har.datasets.canonical import NOTHING_STATED
from har.datasets.recording_file import RecordingFile
from har.datasets.schema import LABELS
from har.errors import HarError
from har.files import remove

SLOWEST: Final = 50_000  # bytes/s, a poor mobile network
NAME: Final = Path("recording.csv")  # what a client's recording is called in messages to it


class TooLarge(Exception):
    """A body exceeds its limit."""


@dataclass(frozen=True)
class Body:
    """A request's body on disk, there for as long as the request is served. sha256: of its bytes, in hex."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Kept:
    """A recording that is kept. new: whether it was not there before. seconds: from first to last sample."""

    new: bool
    rows: int
    seconds: float


@contextmanager
def prepared(incoming: Path) -> Iterator[None]:
    """Have the folder `incoming` for bodies, and clear away those beside it that killed servers left.

    A server holds a lock on its folder for as long as it runs, which ends with the process.
    """
    incoming.parent.mkdir(parents=True, exist_ok=True)
    with _locked(incoming.parent, fcntl.LOCK_EX):  # no other server is between making its folder and locking it
        for left in incoming.parent.iterdir():
            with suppress(BlockingIOError), _locked(left, fcntl.LOCK_EX | fcntl.LOCK_NB):
                remove(left)
        incoming.mkdir()
        folder = os.open(incoming, os.O_RDONLY)
        fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        remove(incoming)
        os.close(folder)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    """Hold a lock on a file or folder. Raises `BlockingIOError` with `LOCK_NB` where another process holds it."""
    opened = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(opened, how)
        yield
    finally:
        os.close(opened)


@asynccontextmanager
async def received(request: Request, incoming: Path, limit: int, timeout_s: float) -> AsyncIterator[Body]:
    """The body of a request as a file in the folder `incoming`, removed afterwards.

    Raises `TooLarge` for more than `limit` bytes and `TimeoutError` for one that takes longer than `timeout_s` and the
    time that its bytes need at the slowest speed.
    """
    if int(request.headers.get("content-length", 0)) > limit:
        raise TooLarge
    path = incoming / f"{token_hex(16)}.csv"
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            async with asyncio.timeout(timeout_s) as deadline:
                started = asyncio.get_running_loop().time()
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge
                    deadline.reschedule(started + timeout_s + size / SLOWEST)
                    digest.update(chunk)
                    file.write(chunk)
        yield Body(path, digest.hexdigest())
    finally:
        remove(path)


def read(body: Body) -> RecordingFile:
    """The CSV in a body. Raises `HarError` for what cannot be read, under the one name that the client knows."""
    with _named(body):
        return replace(recording_file.read(body.path), path=NAME)


def keep(body: Body, recordings: Path) -> Kept:
    """Move the CSV in a body to `<sha256>.csv` in the folder `recordings`, unless it is there already.

    Raises `HarError` for a recording that the data set `phone` would not read, and for an activity that is not known.
    """
    with _named(body):
        phone.read(body.path)
        file = recording_file.read(body.path)
        _check_activities(file)
    target = recordings / f"{body.sha256}.csv"
    new = not target.is_file()
    if new:
        recordings.mkdir(parents=True, exist_ok=True)
        _move(body.path, target)
    seconds = float(canonical.clock(file, NOTHING_STATED)[-1])
    return Kept(new, len(file.samples), round(seconds, 3))


def _move(source: Path, target: Path) -> None:
    """Move a file so that it is still there after a power cut: the client deletes its copy on our word."""
    _write_through(source)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:  # the two folders are on different file systems
            raise
        hidden = target.with_name(f".{source.name}")
        try:
            shutil.copyfile(source, hidden)
            _write_through(hidden)
            hidden.replace(target)
        finally:
            remove(hidden)
    _write_through(target.parent)


def _write_through(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _check_activities(file: RecordingFile) -> None:
    """Refuse activities that no set of them knows: whoever wrote them is still there to mend it."""
    written = [] if file.activities is None else file.activities.tolist()
    for row, activity in enumerate(written, 1):
        if activity and activity not in LABELS:
            raise HarError(f"{file.path}: row {row}, column activity holds {activity!r}: use {', '.join(LABELS)}.")


@contextmanager
def _named(body: Body) -> Iterator[None]:
    """Call a body by the name that the client knows."""
    try:
        yield
    except HarError as error:
        raise HarError(str(error).replace(str(body.path), str(NAME))) from error
