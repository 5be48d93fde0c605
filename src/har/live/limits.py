"""How much a client may ask for: requests a minute, samples a second, bytes, and time."""

import asyncio
import time
from collections import OrderedDict
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MANY_CLIENTS: Final = 10_000  # beyond this, the client that was quiet for longest is forgotten


class Bucket:
    """A token bucket: `rate` a second, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._level, self._then = burst, time.monotonic()

    def take(self, count: float = 1.0) -> float:
        """Take `count`, going into debt if need be; returns for how long (s) the bucket will be in debt."""
        self._fill()
        self._level -= count
        return max(-self._level / self._rate, 0.0)

    def try_take(self) -> float:
        """Take one if there is one; returns 0, or how long (s) until there is one."""
        self._fill()
        if self._level < 1:
            return (1 - self._level) / self._rate
        self._level -= 1
        return 0.0

    def _fill(self) -> None:
        now = time.monotonic()
        self._level = min(self._burst, self._level + (now - self._then) * self._rate)
        self._then = now


class PerClient:
    """One bucket a client, of `per_minute` requests, all of which may come at once."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """0 where `client` may go on, else how long (s) until it may."""
        bucket = self._buckets.setdefault(client, Bucket(self._per_minute / 60, self._per_minute))
        self._buckets.move_to_end(client)
        if len(self._buckets) > MANY_CLIENTS:
            self._buckets.popitem(last=False)
        return bucket.try_take()


class Hurried(H11Protocol):
    """uvicorn's HTTP, which also lets go of a client that takes longer than `timeout_keep_alive` for its headers."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by asyncio; the first headers are awaited from here on."""
        super().connection_made(transport)
        self._hurry()

    def handle_events(self) -> None:
        """Called with every piece of a request."""
        super().handle_events()
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        super().connection_lost(exc)
        self._calm()

    def _hurry(self) -> None:
        if self.conn.their_state is not h11.IDLE:  # the headers are here; bodies have their own limit
            self._calm()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.timeout_keep_alive, self.transport.close)

    def _calm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
