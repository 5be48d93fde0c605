"""Where requests with a whole recording are served: a few at once, the work in one thread, the wait for it limited."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, TypeVar

T = TypeVar("T")
BODIES: Final = 16  # on disk at once, of one desk; further requests wait


class Busy(Exception):
    """All places stayed taken for as long as a request may wait."""


class Desk:
    """Serves one kind of request, so that another kind cannot take its places or its thread."""

    def __init__(self, name: str, bodies: int = BODIES) -> None:
        self._places = asyncio.Semaphore(bodies)
        self._thread = ThreadPoolExecutor(1, name)

    @asynccontextmanager
    async def place(self, patience_s: float) -> AsyncIterator[None]:
        """Have one of the places for as long as the block runs. Raises `Busy` if none comes free in `patience_s`."""
        try:
            async with asyncio.timeout(patience_s):
                await self._places.acquire()
        except TimeoutError:
            raise Busy from None
        try:
            yield
        finally:
            self._places.release()

    async def work(self, work: Callable[[], T]) -> T:
        """Do `work` on a whole recording in the one thread for it: such work neither holds up streams nor piles up."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
