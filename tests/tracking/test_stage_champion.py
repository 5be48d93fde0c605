"""An alias that was moved by hand, in MLflow's UI or on a team's server, reaches this machine's file and its server."""

import asyncio

import pytest
from exported_checkout import Checkout, louder

from har import files
from har.datasets.schema import BASIC
from har.errors import HarError
from har.export import metadata
from har.live.watch import Watch
from har.stages import champion, promote
from har.tracking import store
from har.tracking.registry import Registry

MODEL = "har-cnn-lstm"
ABOUT = {
    "name": MODEL,
    "activities": list(BASIC),
    "rate_hz": 50.0,
    "window": 128,
    "step": 64,
    "dataset": "none",
    "licence": "none",
}


def describe(checkout: Checkout, version: str) -> None:
    """Put into the exported files what a server needs to know of them."""
    forms = [checkout.paths.exported / name for name in ("float32.tflite", "page.tflite")]
    for path in (*forms, checkout.paths.tflite, checkout.paths.tflite_web):
        path.write_bytes(metadata.embed(path.read_bytes(), ABOUT | {"version": version}))
    files.write_manifest(checkout.paths.exported)


@pytest.fixture
def two_champions(checkout: Checkout) -> Checkout:
    """Version 2 is champion, version 1 was before."""
    describe(checkout, "1")
    promote.run(checkout.params(), checkout.paths)
    checkout.export(louder)
    describe(checkout, "2")
    promote.run(checkout.params(), checkout.paths)
    return checkout


def move(checkout: Checkout, number: str) -> None:
    """What somebody does in MLflow's UI."""
    registry(checkout).client.set_registered_model_alias(MODEL, "champion", number)


def registry(checkout: Checkout) -> Registry:
    return Registry(store.locate(checkout.paths.root), MODEL)


def sha256(checkout: Checkout, number: str, page: bool = False) -> str:
    return registry(checkout).version(number).tags[f"har.sha256.{'har-web' if page else 'har'}.tflite"]


def test_the_file_follows_an_alias_that_was_moved_by_hand(two_champions: Checkout) -> None:
    path = two_champions.paths.champion
    assert champion.run(two_champions.params(), two_champions.paths).endswith("version 2 of har-cnn-lstm is in place")
    before = path.stat()
    champion.run(two_champions.params(), two_champions.paths)
    assert path.stat() == before
    move(two_champions, "1")
    assert "version 1" in champion.run(two_champions.params(), two_champions.paths)
    assert files.sha256(path) == sha256(two_champions, "1")
    page = two_champions.paths.champion_web
    for each in (path, page):
        each.unlink()
        champion.run(two_champions.params(), two_champions.paths)
        assert files.sha256(each) == sha256(two_champions, "1", each is page)
    assert [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".")] == []


def test_a_damaged_champion_does_not_replace_the_file(two_champions: Checkout) -> None:
    for path in (two_champions.paths.root / "mlruns").rglob("artifacts/har.tflite"):
        if files.sha256(path) == sha256(two_champions, "1"):
            path.write_bytes(path.read_bytes() + b"\0")
    move(two_champions, "1")
    with pytest.raises(HarError, match="version 1 of har-cnn-lstm, the champion, is missing or not the file"):
        champion.run(two_champions.params(), two_champions.paths)
    assert files.sha256(two_champions.paths.champion) == sha256(two_champions, "2")


def test_where_there_is_no_registry_none_is_made(checkout: Checkout) -> None:
    assert "has no champion yet" in champion.run(checkout.params(), checkout.paths)
    database = checkout.paths.root / "mlflow.db"
    database.unlink()
    assert "no registry" in champion.run(checkout.params(), checkout.paths)
    assert not database.exists()
    assert not checkout.paths.champion.exists()


def test_a_server_uses_the_version_that_the_alias_was_moved_to(two_champions: Checkout) -> None:
    watch = Watch(two_champions.paths)
    assert watch.current.about.version == "2"
    move(two_champions, "1")

    async def follow() -> None:
        following = asyncio.gather(watch.follow_file(), watch.follow_registry(poll_s=1.0))
        async with asyncio.timeout(120):
            while watch.current.about.version != "1":
                await asyncio.sleep(0.1)
        following.cancel()

    asyncio.run(follow())
    assert watch.current.sha256 == sha256(two_champions, "1")
    assert watch.reloads == 1
