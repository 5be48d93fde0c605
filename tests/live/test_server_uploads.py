"""Recordings that phones send: kept whole, once, and only if they can be right."""

import asyncio
import hashlib
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import httpx
import pytest
from live_server import Live, bodies, checkout, running

from har.live.desk import BODIES
from har.live.streams import OF_ONE_ADDRESS
from phone import canonical_samples, write_csv

SECONDS = 4


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = checkout(tmp_path_factory.mktemp("live"), uploads_per_minute=1000, timeout_s=3.0, max_upload_megabytes=0.2)
    with running(folder) as server:
        yield server


@pytest.fixture
def csv(tmp_path: Path, request: pytest.FixtureRequest) -> bytes:
    """A recording of its own for each test."""
    header = {"subject": hashlib.sha256(request.node.name.encode()).hexdigest(), "placement": "waist"}
    return write_csv(tmp_path / "r.csv", canonical_samples(50.0)[: SECONDS * 50], header=header).read_bytes()


def labelled(csv: bytes, activity: bytes) -> bytes:
    """The recording with a column `activity`."""
    lines = csv.splitlines()
    names = next(i for i, line in enumerate(lines) if not line.startswith(b"#"))
    rows = [line + b"," + activity for line in lines[names + 1 :]]
    return b"\n".join([*lines[:names], lines[names] + b",activity", *rows]) + b"\n"


def kept(live: Live) -> set[str]:
    return {path.name for path in (live.folder / "data" / "recordings").glob("*")}


def test_a_recording_is_kept_under_the_name_of_its_content(live: Live, csv: bytes) -> None:
    answer = live.upload(csv)
    name = hashlib.sha256(csv).hexdigest()
    assert answer.status_code == 201
    assert answer.json() == {"id": name, "rows": SECONDS * 50, "seconds": SECONDS - 0.02}
    assert (live.folder / "data" / "recordings" / f"{name}.csv").read_bytes() == csv


def test_what_was_done_is_kept_with_it(live: Live, csv: bytes) -> None:
    assert live.upload(labelled(csv, b"standing")).status_code == 201


def test_sent_again_it_is_the_same_recording(live: Live, csv: bytes) -> None:
    first = live.upload(csv)
    before = kept(live)
    again = live.upload(csv)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert kept(live) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace(b"9.80665", b"high", 1), "row 1, column acc_x holds 'high'"),
        (lambda text: text.replace(b"acc_z", b"acc_w", 1), "needs the column acc_z"),
        (lambda text: b"# acceleration: g\n" + text, "it looks like m/s^2"),
        (lambda text: text[: len(text) // 2] + b"\n", "row"),
        (lambda text: b"", "recording.csv"),
        (lambda text: b"../../etc/passwd", "recording.csv"),
        (lambda text: labelled(text, b"flying"), "flying"),
    ],
)
def test_a_recording_that_cannot_be_right_is_refused_and_not_kept(
    live: Live, csv: bytes, change: object, words: str
) -> None:
    before = kept(live)
    answer = live.upload(change(csv))
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert kept(live) == before
    assert bodies(live.folder) == []


def test_other_content_types_and_sizes_are_refused(live: Live, csv: bytes) -> None:
    before = kept(live)
    assert live.post("/v1/recordings", csv, "application/json").status_code == 415
    assert live.post("/v1/recordings", csv, "multipart/form-data").status_code == 415
    assert live.upload(b"x" * 200_001).status_code == 413
    chunked = httpx.post(
        live.address + "/v1/recordings",
        content=(b"x" * 50_000 for _ in range(10)),
        headers={"content-type": "text/csv"},
        timeout=60,
    )
    assert chunked.status_code == 413
    assert kept(live) == before


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\n",
        b"",
        b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\nt,",
    ],
)
def test_a_client_that_does_not_go_on_is_let_go(live: Live, sent: bytes) -> None:
    port = int(live.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(sent)
        answer = b""
        while part := connection.recv(4096):  # ends, within the connection's time-out
            answer += part
    if b"\r\n\r\n" in sent:
        assert answer.startswith(b"HTTP/1.1 408")


def test_an_idle_stream_is_closed(live: Live) -> None:
    with live.stream() as stream, pytest.raises(Exception, match="nothing sent or read"):
        stream.recv(timeout=60)


def test_a_server_killed_in_the_middle_leaves_nothing_and_takes_it_again(tmp_path: Path, csv: bytes) -> None:
    folder = checkout(tmp_path)
    with running(folder) as server, half_sent(server, csv):
        until(lambda: bodies(folder))
        server.process.kill()
        server.process.wait()
    assert not (folder / "data" / "recordings").exists()
    with running(folder) as server:
        assert bodies(folder) == []
        assert server.upload(csv).status_code == 201


def until(true: Callable[[], object]) -> None:
    """Wait for a minute, at most, until it is true."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def half_sent(server: Live, content: bytes) -> socket.socket:
    """A connection over which a recording is on its way, without its last byte."""
    connection = socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])), timeout=60)
    head = f"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n"
    connection.sendall(head.encode() + b"Content-Type: text/csv\r\nConnection: close\r\n\r\n" + content[:-1])
    return connection


def test_a_server_leaves_what_another_one_receives_alone(tmp_path: Path, csv: bytes) -> None:
    folder = checkout(tmp_path)
    with running(folder) as first, half_sent(first, csv) as connection:
        until(lambda: bodies(folder))
        with running(folder) as second:
            assert second.upload(csv + b"\n").status_code == 201
        connection.sendall(csv[-1:])
        assert connection.recv(4096).startswith(b"HTTP/1.1 201")
    assert list((folder / "data" / "live" / "incoming").iterdir()) == []


def test_slow_uploads_do_not_hold_up_recognition_and_further_ones_do_not_wait_for_ever(
    tmp_path: Path, csv: bytes
) -> None:
    slow = csv + b"\n" * 1_500_000  # may take half a minute more than others wait for a place
    with running(checkout(tmp_path, timeout_s=5.0)) as server:
        with ExitStack() as connections:
            for _ in range(BODIES):
                connections.enter_context(half_sent(server, slow))
            until(lambda: len(bodies(server.folder)) == BODIES)
            assert server.post("/v1/recognise", csv, "text/csv").status_code == 200
            refused = server.upload(csv)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert refused.json()["detail"].startswith("too many requests at once")
        assert server.upload(csv).status_code == 201


def test_recordings_may_be_on_another_file_system(tmp_path: Path, csv: bytes) -> None:
    folder = checkout(tmp_path / "checkout")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        assert Path(elsewhere).stat().st_dev != tmp_path.stat().st_dev
        (folder / "data").mkdir()
        (folder / "data" / "recordings").symlink_to(elsewhere)
        with running(folder) as server:
            assert [server.upload(csv).status_code for _ in range(2)] == [201, 200]
        (kept_file,) = Path(elsewhere).iterdir()
        assert kept_file.read_bytes() == csv


def test_streams_of_one_address_are_limited_beyond_this_machine(tmp_path: Path) -> None:
    async def scenario(server: Live) -> None:
        async with AsyncExitStack() as streams:
            for _ in range(OF_ONE_ADDRESS):
                stream = await streams.enter_async_context(server.encrypted_stream())
                await (await stream.ping())
            assert server.figure("har_streams") == OF_ONE_ADDRESS
            async with server.encrypted_stream() as refused:
                await asyncio.wait_for(refused.wait_closed(), 60)
                assert (refused.close_code, refused.close_reason) == (1013, "too many streams: try again later.")
            await stream.close()
            until(lambda: server.figure("har_streams") < OF_ONE_ADDRESS)
            async with server.encrypted_stream() as welcome:
                await (await welcome.ping())
                assert server.figure("har_streams") == OF_ONE_ADDRESS

    with running(checkout(tmp_path, timeout_s=300), "--host", "0.0.0.0") as server:
        asyncio.run(scenario(server))


def test_beyond_this_machine_it_is_encrypted_and_uploads_need_the_token(tmp_path: Path, csv: bytes) -> None:
    folder = checkout(tmp_path, uploads_per_minute=3)
    with running(folder, "--host", "0.0.0.0") as server:
        assert server.address.startswith("https://")
        assert any("█" in line or "▀" in line or "\x1b" in line for line in server.said)  # the code for phones
        bearer = {"authorization": f"Bearer {server.token}"}
        assert len(server.token) >= 32
        assert server.upload(csv).status_code == 401
        assert server.upload(csv, authorization=f"Bearer {server.token}x").status_code == 401
        assert server.upload(csv, authorization="Bearer caf\u00e9".encode("latin-1")).status_code == 401
        assert not (folder / "data" / "recordings").exists()
        assert server.upload(csv, **bearer).status_code == 201
        assert [server.upload(csv, **bearer).status_code for _ in range(2)] == [200, 200]
        refused = server.upload(csv, **bearer)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 20
        authority = ssl.create_default_context(cadata=server.get("/certificate.crt").text)
        for name in ("localhost", server.address.removeprefix("https://").rpartition(":")[0]):
            address = f"https://{name}:{server.address.rpartition(':')[2]}/healthz"
            assert httpx.get(address, verify=authority, timeout=60).status_code == 200
        assert server.get("/healthz", headers={"host": "evil.example"}).status_code == 400
    keys = list((folder / "data" / "live").glob("*key.pem"))
    assert len(keys) == 2
    assert all(key.stat().st_mode & 0o777 == 0o600 for key in keys)
    assert (folder / "data" / "live" / ".gitignore").read_text() == "*\n"
