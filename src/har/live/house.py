"""What all parts of one server share."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

from har.live.metrics import Metrics
from har.live.watch import Watch
from har.live.window_log import Note, WindowLog
from har.params import Live
from har.paths import Paths

T = TypeVar("T")
BODIES: Final = 16  # on disk at once; further requests wait


@dataclass
class House:
    """One server: its knobs, its folders, the model it watches and the token that uploads need (None: none).

    page: the folder of the built page, None for a server without one. hosts: the names under which it is known.
    authority: the certificate that phones may choose to trust, None where it is not our own. bodies: what requests with
    a body wait for. log: where answered windows are logged, None where they are not.
    """

    live: Live
    paths: Paths
    watch: Watch
    hosts: tuple[str, ...]
    token: str | None = None
    page: Path | None = None
    authority: Path | None = None
    log: WindowLog | None = None
    open_streams: int = 0
    bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BODIES), repr=False)
    _desk: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "desk"), repr=False)

    @cached_property
    def metrics(self) -> Metrics:
        """What this server counts and times."""
        return Metrics(self.watch, lambda: self.open_streams)

    def note(self) -> Note | None:
        """What one stream or request notes its windows with, None where they are not logged."""
        return None if self.log is None else self.log.source()

    @property
    def incoming(self) -> Path:
        """Where bodies of requests are while they are served."""
        return self.paths.live / "incoming"

    async def at_the_desk(self, work: Callable[[], T]) -> T:
        """Do `work` on a whole recording in the one thread for it: such work neither holds up streams nor piles up."""
        return await asyncio.get_running_loop().run_in_executor(self._desk, work)
