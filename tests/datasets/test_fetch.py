import datetime
import ipaddress
import json
import os
import random
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from har.datasets.fetch import fetch
from har.errors import HarError

CONTENT = random.Random(0).randbytes(600_000)
Get = Callable[..., Path]


@pytest.fixture
def get(server: Any, tmp_path: Path) -> Get:
    """Fetches what `server` serves; without a pause before further tries."""
    server.content = CONTENT

    def _get(url: str | None = None, **changes: Any) -> Path:
        options = {"timeout_s": 5.0, "retries": 0, "max_bytes": 10_000_000, "pause_s": 0.0} | changes
        return fetch(url or server.url, tmp_path / "cache", **options)

    return _get


def ranges(server: Any) -> list[str | None]:
    return [headers.get("Range") for headers in server.requests]


def test_fetches_the_file_and_leaves_nothing_beside_it(get: Get, tmp_path: Path) -> None:
    path = get()
    assert path.read_bytes() == CONTENT
    assert list((tmp_path / "cache").iterdir()) == [path]


def test_a_file_of_unknown_length_is_fetched_whole(server: Any, get: Get) -> None:
    server.answer(length=False)
    assert get().read_bytes() == CONTENT


def test_a_file_that_is_there_is_not_fetched_again(server: Any, get: Get) -> None:
    assert get() == get()
    assert len(server.requests) == 1


def test_a_dropped_connection_is_resumed_where_it_stopped(server: Any, get: Get) -> None:
    server.answer(drop_after=400_000)
    assert get(retries=1).read_bytes() == CONTENT
    first, second = ranges(server)
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= 400_000


def test_the_next_call_resumes_what_an_earlier_one_left(server: Any, get: Get) -> None:
    server.answer(drop_after=400_000)
    with pytest.raises(HarError, match=r"could not be fetched .*; tries: 1"):
        get()
    assert get().read_bytes() == CONTENT
    assert ranges(server)[1] is not None


def test_a_killed_process_is_resumed(server: Any, get: Get, tmp_path: Path) -> None:
    server.answer(stall_after=400_000)
    code = (
        "import sys; from pathlib import Path; from har.datasets.fetch import fetch; "
        "fetch(sys.argv[1], Path(sys.argv[2]), timeout_s=60, retries=0, max_bytes=10**7)"
    )
    with subprocess.Popen([sys.executable, "-c", code, server.url, str(tmp_path / "cache")]) as process:
        while not any(part.stat().st_size for part in (tmp_path / "cache").glob("*.part")):
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert get().read_bytes() == CONTENT
    assert ranges(server)[1] is not None


def test_a_stalled_answer_ends_with_the_time_out_and_is_resumed(server: Any, get: Get) -> None:
    server.answer(stall_after=400_000)
    assert get(timeout_s=0.3, retries=1).read_bytes() == CONTENT
    assert ranges(server)[1] is not None


def test_a_server_that_stalls_always_is_given_up(server: Any, get: Get) -> None:
    for _ in range(2):
        server.answer(stall_after=0)
    with pytest.raises(HarError, match=r"no answer within 0\.2 s; tries: 2"):
        get(timeout_s=0.2, retries=1)


def test_a_server_without_ranges_starts_again(server: Any, get: Get) -> None:
    server.answer(drop_after=400_000)
    server.answer(ranges=False)
    assert get(retries=1).read_bytes() == CONTENT


def test_a_changed_file_is_not_mixed_with_the_old_one(server: Any, get: Get) -> None:
    server.answer(drop_after=400_000)
    with pytest.raises(HarError):
        get()
    server.content, server.etag = CONTENT[::-1], '"two"'
    assert get().read_bytes() == CONTENT[::-1]


def test_a_range_of_a_changed_file_is_refused_and_all_fetched_again(server: Any, get: Get) -> None:
    server.answer(drop_after=400_000)
    with pytest.raises(HarError):
        get()
    server.content, server.etag = CONTENT[::-1], '"two"'
    server.answer(if_range=False)
    assert get(retries=1).read_bytes() == CONTENT[::-1]
    assert ranges(server)[1:] != [None, None]
    assert ranges(server)[-1] is None


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_validator_nothing_is_resumed(server: Any, get: Get, etag: str | None) -> None:
    server.etag = etag
    server.answer(drop_after=400_000)
    assert get(retries=1).read_bytes() == CONTENT
    assert ranges(server) == [None, None]


def test_a_partial_file_longer_than_the_file_is_thrown_away(server: Any, get: Get, tmp_path: Path) -> None:
    server.answer(drop_after=400_000)
    with pytest.raises(HarError):
        get()
    server.content = CONTENT[:1000]
    assert get(retries=1).read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"url": 1, "etag": "x", "modified": null, "more": 2}'])
def test_a_damaged_note_beside_the_partial_file_starts_again(server: Any, get: Get, tmp_path: Path, note: str) -> None:
    server.answer(drop_after=400_000)
    with pytest.raises(HarError):
        get()
    (found,) = (tmp_path / "cache").glob("*.part.json")
    assert json.loads(found.read_text())["etag"] == '"one"'
    found.write_text(note)
    assert get().read_bytes() == CONTENT
    assert ranges(server) == [None, None]


def test_a_passing_server_error_is_tried_again(server: Any, get: Get) -> None:
    server.answer(status=503)
    assert get(retries=1).read_bytes() == CONTENT


def test_a_missing_file_is_not_tried_again(server: Any, get: Get) -> None:
    server.answer(status=404)
    with pytest.raises(HarError, match="HTTP status 404"):
        get(retries=3)
    assert len(server.requests) == 1


@pytest.mark.parametrize("length", [True, False], ids=["declared", "undeclared"])
def test_a_file_above_the_cap_is_refused_and_removed(server: Any, get: Get, tmp_path: Path, length: bool) -> None:
    server.answer(length=length)
    with pytest.raises(HarError, match=r"larger than the cap of 500,000 bytes.*max_megabytes"):
        get(max_bytes=500_000)
    assert list((tmp_path / "cache").iterdir()) == []


def test_nobody_listening_is_one_sentence(get: Get) -> None:
    with pytest.raises(HarError, match=r"^http://\S+ could not be fetched \(the connection failed") as caught:
        get("http://127.0.0.1:9/x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x.zip",
        "http://127.0.0.1.example.org/x.zip",
        "http://127.0.0.1@example.org/x.zip",
        "ftp://127.0.0.1/x.zip",
        "file:///etc/passwd",
        "x.zip",
    ],
)
def test_only_https_is_fetched(get: Get, url: str) -> None:
    with pytest.raises(HarError, match="only https:// addresses are fetched"):
        get(url)


def test_a_redirect_to_plain_http_elsewhere_is_refused(server: Any, get: Get) -> None:
    server.answer(status=302, location="http://example.org/x.zip")
    with pytest.raises(HarError, match=r"http://example\.org/x\.zip is refused"):
        get()


def test_a_redirect_on_this_machine_is_followed(server: Any, get: Get) -> None:
    server.answer(status=302, location=server.url)
    assert get().read_bytes() == CONTENT


def test_redirects_in_a_circle_end(server: Any, get: Get) -> None:
    for _ in range(40):
        server.answer(status=302, location=server.url)
    with pytest.raises(HarError, match="redirects"):
        get(retries=3)
    assert len(server.requests) < 40


def test_a_server_that_nobody_vouches_for_is_refused(get: Get, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path / "server.pem"))
    https = HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    https.socket = context.wrap_socket(https.socket, server_side=True)
    threading.Thread(target=https.serve_forever, args=(0.01,), daemon=True).start()
    try:
        with pytest.raises(HarError, match="certificate is not trusted"):
            get(f"https://127.0.0.1:{https.server_address[1]}/x.zip", retries=3)
    finally:
        https.shutdown()
        https.server_close()


def _self_signed(path: Path) -> Path:
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    certificate = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return path
