"""Following the champion: its file as soon as it changes, and the registry's alias through a process of its own.

The registry is asked by `har champion` in a child process, since the server itself must stay small and MLflow is not.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Final

from har.errors import HarError
from har.live.champion import Champion, load, locate
from har.paths import Paths

log = logging.getLogger("har.live")
LOOK_S: Final = 1.0  # s between two looks at the model's file
PATIENCE_S: Final = 120.0  # s that the registry may take


class Watch:
    """`current` is the champion in use; whoever holds a former one may finish with it."""

    def __init__(
        self, paths: Paths, fixed: Path | None = None, check: Callable[[Champion], object] = lambda champion: champion
    ) -> None:
        """fixed: a file to serve instead of the champion. check: raises `HarError` for one that does not fit the knobs.

        Raises `HarError` where there is no recogniser to serve.
        """
        self._paths, self._fixed, self._check = paths, fixed, check
        self._seen = self._stamp()
        self.current: Champion = self._load()
        self.reloads = 0

    async def follow(self, poll_s: float) -> None:
        """Follow the file and, every `poll_s` seconds, the registry, whatever happens meanwhile."""
        await asyncio.gather(_again(self.follow_file), _again(partial(self.follow_registry, poll_s)))

    async def follow_file(self) -> None:
        """Load the file again whenever it changes; one that cannot be used is logged and the former stays."""
        while True:
            await asyncio.sleep(LOOK_S)
            stamp = self._stamp()
            if stamp == self._seen or stamp is None:
                continue
            self._seen = stamp
            try:
                champion = await asyncio.to_thread(self._load)
            except (HarError, OSError) as error:
                log.warning("the former model stays in use: %s", error)
                continue
            if champion.sha256 != self.current.sha256:
                self.current = champion
                self.reloads += 1
                log.warning("now in use: %s (SHA-256 %s)", self._path(), champion.sha256[:12])

    async def follow_registry(self, poll_s: float) -> None:
        """Bring `models/champion-web.tflite` up to the alias every `poll_s` seconds; not for a fixed file."""
        said = ""
        while self._fixed is None:
            problem = await _ask_registry(self._paths.root)
            if problem != said and problem:
                log.warning("the registry cannot be asked: %s", problem)
            said = problem
            await asyncio.sleep(poll_s)

    def _load(self) -> Champion:
        champion = load(self._path())
        self._check(champion)
        return champion

    def _path(self) -> Path:
        return locate(self._paths) if self._fixed is None else self._fixed

    def _stamp(self) -> tuple[object, ...] | None:
        """What changes when the file does; None where there is none (any more)."""
        path = self._path()
        try:
            found = path.stat()
        except OSError:
            return None
        return path, found.st_mtime_ns, found.st_size, found.st_ino


async def _again(follow: Callable[[], Coroutine[object, object, None]]) -> None:
    """Call `follow` until it ends by itself: an error that nobody thought of is logged, and it is called again."""
    while True:
        try:
            return await follow()
        except Exception:
            log.exception("the champion is followed again after an unexpected error")
            await asyncio.sleep(LOOK_S)


async def _ask_registry(root: Path) -> str:
    """Run `har champion` in the checkout `root`; returns what went wrong, empty if nothing."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "har", "champion"),
        cwd=root,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await asyncio.wait_for(child.communicate(), PATIENCE_S)
    except TimeoutError:
        return f"no answer within {PATIENCE_S:g} s"
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1] if child.returncode and lines else ""
