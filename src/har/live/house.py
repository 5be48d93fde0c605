"""What all parts of one server share."""

import os
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from har.live.desk import Desk
from har.live.metrics import Metrics
from har.live.watch import Watch
from har.live.window_log import Note, WindowLog
from har.params import Live
from har.paths import Paths


@dataclass
class House:
    """One server: its knobs, its folders, the model it watches and the token that uploads need (None: none).

    page: the folder of the built page, None for a server without one. hosts: the names under which it is known.
    authority: the certificate that phones may choose to trust, None where it is not our own. local: whether only this
    machine can reach it. log: where answered windows are logged, None where they are not. streams: how many are open,
    by the client's address.
    """

    live: Live
    paths: Paths
    watch: Watch
    hosts: tuple[str, ...]
    token: str | None = None
    page: Path | None = None
    authority: Path | None = None
    local: bool = True
    log: WindowLog | None = None
    streams: Counter[str] = field(default_factory=Counter)
    uploads: Desk = field(default_factory=lambda: Desk("uploads"), repr=False)
    recognitions: Desk = field(default_factory=lambda: Desk("recognitions"), repr=False)

    @cached_property
    def metrics(self) -> Metrics:
        """What this server counts and times."""
        return Metrics(self.watch, self.streams.total)

    def note(self) -> Note | None:
        """What one stream or request notes its windows with, None where they are not logged."""
        return None if self.log is None else self.log.source()

    @property
    def incoming(self) -> Path:
        """Where bodies of requests are while they are served, of this process alone."""
        return self.paths.live / "incoming" / str(os.getpid())
