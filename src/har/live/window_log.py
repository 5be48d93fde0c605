"""The log of answered windows that `har monitor` judges: features and answers; samples leave the memory nowhere.

Features are computed in a thread of their own, so that nobody waits for them. What they need beside the server (pandas,
for one) is imported there, and only where a log is wanted.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from queue import Empty, Full, Queue
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Counter

from har.errors import HarError
from har.live.champion import Champion
from har.params import Featurize

if TYPE_CHECKING:
    from har.monitoring.batch import Batch

logger = logging.getLogger("har.live")
WAITING: Final = 4096  # windows whose features are still to be computed, 13 MB; further ones are dropped
TOGETHER: Final = 128  # windows whose features are computed at once
PART: Final = 2000  # windows of a file
PART_S: Final = 600.0  # s after which a file is written, however few windows there are
LOOK_S: Final = 0.5  # s between two looks at what waits
MB: Final = 1_000_000

Note = Callable[[Champion, NDArray[np.floating[Any]], NDArray[np.float32]], None]
"""Takes the windows `[n, 128, 6]` of one stream or request that a champion answered, and their probabilities."""


@dataclass(frozen=True)
class Answered:
    """One window that is to be logged: window `[128, 6]`, probabilities `[a]`."""

    champion: Champion
    source: str
    window: NDArray[np.float32]
    probabilities: NDArray[np.float32]


class WindowLog:
    """A folder of Parquet parts, as `har.monitoring.log` reads them, no larger than `megabytes` but for the last."""

    def __init__(self, folder: Path, megabytes: float, filters: Featurize, count: Counter) -> None:
        """filters: in front of the features. count: by `kept` and `dropped`.

        Raises `HarError` for a folder that cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HarError(f"{folder} cannot be a folder ({error.strerror}): name another with --log.") from error
        self._folder, self._megabytes, self._filters, self._count = folder, megabytes, filters, count
        self._waiting: Queue[Answered] = Queue(WAITING)
        self._part: list[Batch] = []
        self._model = ""  # SHA-256 of the model that answered the windows of the part
        self._due = time.monotonic() + PART_S
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="window log", daemon=True)

    def start(self) -> None:
        """Begin to compute and write."""
        self._thread.start()

    def end(self) -> None:
        """Write what is there, and end."""
        self._ending.set()
        self._thread.join()

    def source(self) -> Note:
        """What one stream or request notes its windows with, under a random name."""
        return partial(self._note, token_hex(8))

    def _note(
        self, source: str, champion: Champion, windows: NDArray[np.floating[Any]], probabilities: NDArray[np.float32]
    ) -> None:
        for window, answer in zip(windows, probabilities, strict=True):
            try:
                self._waiting.put_nowait(Answered(champion, source, window.astype(np.float32), answer))
            except Full:
                self._count.labels("dropped").inc()

    def _run(self) -> None:
        while not self._ending.wait(LOOK_S):
            self._compute()
            if time.monotonic() > self._due:
                self._write()
        self._compute()
        self._write()

    def _compute(self) -> None:
        """Turn what waits into parts; a part is of one model."""
        while some := self._some():
            for model, answered in groupby(some, key=lambda one: one.champion.sha256):
                if model != self._model or sum(map(len, self._part)) >= PART:
                    self._write()
                self._model = model
                self._part.append(_batch(list(answered), self._filters))

    def _some(self) -> list[Answered]:
        found: list[Answered] = []
        try:
            while len(found) < TOGETHER:
                found.append(self._waiting.get_nowait())
        except Empty:
            pass
        return found

    def _write(self) -> None:
        """Write the part, if there is anything in it, and remove the oldest ones where they are too many."""
        from har.monitoring import batch, log

        part, self._part, self._due = self._part, [], time.monotonic() + PART_S
        if not part:
            return
        windows = batch.joined(part)
        try:
            log.write_part(windows, self._model, self._folder)
            self._count.labels("kept").inc(len(windows))
            _keep_within(log.parts(self._folder), self._megabytes)
        except OSError as error:
            self._count.labels("dropped").inc(len(windows))
            logger.warning("%d windows of the log are lost: %s", len(windows), error)


def stride(champion: Champion, hop: int) -> int:
    """Of how many answered windows, `hop` samples apart, one is logged, so that they overlap as in training."""
    return max(1, -(-champion.about.step // hop))


def _batch(answered: Sequence[Answered], filters: Featurize) -> "Batch":
    from har.monitoring import folder
    from har.monitoring.batch import Batch

    about = answered[0].champion.about
    windows = np.stack([one.window for one in answered])
    return Batch(
        folder.extract(windows, about.rate_hz, filters.model_dump()),
        np.stack([one.probabilities for one in answered]),
        np.array([one.source for one in answered]),
        about.activities,
    )


def _keep_within(parts: Sequence[Path], megabytes: float) -> None:
    """Remove the oldest of `parts` until the others fit; the last one stays."""
    sizes = [path.stat().st_size for path in parts]
    for number, path in enumerate(parts[:-1]):
        if sum(sizes[number:]) <= megabytes * MB:
            return
        path.unlink(missing_ok=True)
