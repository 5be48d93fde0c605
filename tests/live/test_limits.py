import pytest

from har.live import limits
from har.live.limits import Bucket, PerClient


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time (s) that the buckets see."""
    now = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    return now


def test_a_client_may_spend_its_minute_at_once_and_then_waits_for_its_share(clock: list[float]) -> None:
    clients = PerClient(per_minute=3)
    assert [clients.wait_s("a") for _ in range(3)] == [0, 0, 0]
    assert clients.wait_s("a") == pytest.approx(20)
    assert clients.wait_s("b") == 0  # another one's limit is its own
    clock[0] += 20
    assert clients.wait_s("a") == 0
    assert clients.wait_s("a") > 0
    clock[0] += 3600
    assert [clients.wait_s("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_a_fast_stream_is_slowed_to_the_rate(clock: list[float]) -> None:
    bucket = Bucket(rate=100.0, burst=50.0)
    assert bucket.take(50) == 0
    assert bucket.take(100) == pytest.approx(1.0)
    clock[0] += 1.0
    assert bucket.take(10) == pytest.approx(0.1)


def test_as_many_clients_are_remembered_as_there_is_room_for(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MANY_CLIENTS", 2)
    clients = PerClient(per_minute=1)
    for name in ("a", "b", "b", "c"):
        clients.wait_s(name)
    assert len(clients._buckets) == 2
    assert clients.wait_s("a") == 0  # forgotten
    assert clients.wait_s("c") > 0
