"""The champion is followed whatever happens beside it."""

import asyncio
import logging
import shutil
from pathlib import Path

import pytest
from live_server import checkout

from har.export import metadata
from har.live.watch import Watch
from har.paths import Paths


async def until(happened: object) -> None:
    async with asyncio.timeout(120):
        while not happened():
            await asyncio.sleep(0.05)


def test_a_checkout_that_is_away_for_a_while_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = checkout(tmp_path / "here")
    watch = Watch(Paths(root))

    async def scenario() -> None:
        following = asyncio.create_task(watch.follow(poll_s=0.1))
        root.rename(tmp_path / "away")  # no process can be started in it
        await until(lambda: said(caplog, "followed again after an unexpected error") >= 2)
        (tmp_path / "away").rename(root)
        content = (root / "models" / "har-web.tflite").read_bytes()
        (tmp_path / "new").write_bytes(metadata.embed(content, metadata.read(content) | {"version": "2"}))
        shutil.move(tmp_path / "new", root / "models" / "champion-web.tflite")
        await until(lambda: watch.current.about.version == "2")
        assert not following.done()
        following.cancel()

    with caplog.at_level(logging.WARNING, "har.live"):
        asyncio.run(scenario())


def said(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records)
