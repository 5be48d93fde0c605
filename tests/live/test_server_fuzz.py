"""Whatever is sent: no answer of 500 or more, no crash, no growth, and nothing that OpenAPI does not say."""

import random
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from live_server import Live, checkout, message, running
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from websockets.exceptions import ConnectionClosed

from phone import canonical_samples

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SAMPLES = canonical_samples(50.0)
GROWTH = 40e6  # bytes that allocators and caches may take after the first thousand messages


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = checkout(tmp_path_factory.mktemp("live"), recognitions_per_minute=10_000, uploads_per_minute=10_000)
    with running(folder) as server:
        yield server
        assert server.process.poll() is None


@pytest.mark.parametrize(
    "path", ["/v1/recognise", "/v1/recordings", "/model/model.json", "/model/har.tflite", "/healthz", "/metrics"]
)
def test_every_request_is_answered_as_documented(live: Live, path: str) -> None:
    interface = schemathesis.openapi.from_url(f"{live.address}/openapi.json")
    (operation,) = (found.ok() for found in interface.get_all_operations() if found.ok().path == path)

    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def answered(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS, timeout=60)

    answered()


def test_random_bytes_in_place_of_http_hurt_nobody(live: Live) -> None:
    import socket

    rng = random.Random(1)
    port = int(live.address.rpartition(":")[2])
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(rng.randbytes(rng.randrange(1, 2000)))
    assert live.get("/healthz").status_code == 200


def wrong(rng: random.Random) -> str | bytes:
    """A message that is broken in one of many ways, or in none."""
    count = rng.randrange(0, 30)
    start = rng.choice([0.0, 1e300, -5.0, 3.0])
    right = message([start + i / 50 for i in range(count)], SAMPLES[:count])
    match rng.randrange(5):
        case 0:
            return rng.randbytes(rng.randrange(500))
        case 1:
            return right[: rng.randrange(len(right))]
        case 2:
            characters = list(right)
            for _ in range(3):
                characters[rng.randrange(len(characters))] = chr(rng.randrange(32, 1000))
            return "".join(characters)
        case 3:
            return right.replace("0.0", rng.choice(["1e400", "null", "[]", '"x"', "-1e6", "NaN"]))
        case _:
            return right


def pester(live: Live, rng: random.Random, sockets: int) -> None:
    for _ in range(sockets):
        with live.stream() as socket:
            try:
                for _ in range(10):
                    socket.send(wrong(rng))
            except ConnectionClosed:
                pass
        code = socket.close_code
        assert code in (1000, 1005, 1006, 1007), code  # never 1011, an error of the server's


def test_random_messages_close_sockets_and_nothing_else(live: Live) -> None:
    rng = random.Random(2)
    pester(live, rng, 50)
    before = live.figure("process_resident_memory_bytes")
    pester(live, rng, 150)
    assert live.figure("process_resident_memory_bytes") - before < GROWTH
    assert live.figure("har_streams") == 0
    assert live.get("/healthz").status_code == 200
    with live.stream() as socket:
        socket.send(message([i / 50 for i in range(150)], SAMPLES[:150]))
        assert socket.recv(timeout=60)


def test_random_bodies_are_refused(live: Live) -> None:
    rng = random.Random(3)
    kinds = [("recordings", "text/csv"), ("recognise", "text/csv"), ("recognise", "application/json")]
    with httpx.Client(timeout=60) as client:
        for path, kind in kinds * 20:
            body = rng.randbytes(rng.randrange(3000))
            answer = client.post(f"{live.address}/v1/{path}", content=body, headers={"content-type": kind})
            assert answer.status_code == 422
            assert answer.json()["detail"]
