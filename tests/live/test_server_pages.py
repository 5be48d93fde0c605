"""The page, the model beside it, and what surrounds every answer."""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import pytest
from live_server import ROOT, Live, checkout, message, running
from websockets.exceptions import InvalidStatus

from har import params
from har.errors import HarError
from har.export import metadata
from har.live import server
from har.paths import Paths
from phone import canonical_samples


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(checkout(tmp_path_factory.mktemp("live"))) as server:
        yield server


def test_the_page_is_served_and_only_hashed_files_are_kept_by_browsers(live: Live) -> None:
    page = live.get("/")
    assert page.text == "<title>page</title>"
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == live.get("/sw.js").headers["cache-control"] == "no-cache"
    assert "immutable" in live.get("/assets/main-1a2b3c.js").headers["cache-control"]
    again = live.get("/", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["/params.yaml", "/../params.yaml", "/%2e%2e/params.yaml", "/assets/../../../params.yaml", "/..%2f..%2fparams.yaml",
     "//etc/passwd", "/assets", "/assets/", "/index.html%00", "/" + "a" * 5000, "/model/../../params.yaml"],
)  # fmt: skip
def test_what_is_not_of_the_page_is_not_served(live: Live, path: str) -> None:
    connection = HTTPConnection(live.address.removeprefix("http://"))  # sends a path as it stands
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


def test_every_answer_carries_the_security_headers(live: Live) -> None:
    for answer in (live.get("/"), live.get("/none"), live.get("/docs"), live.post("/v1/recognise", "x", "text/csv")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "script-src 'self' 'wasm-unsafe-eval'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "accelerometer=(self), gyroscope=(self)" in answer.headers["permissions-policy"]
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_other_hosts_and_other_sites_are_refused(live: Live) -> None:
    port = live.address.rpartition(":")[2]
    assert live.get("/", headers={"host": "evil.example"}).status_code == 400
    assert live.get("/", headers={"host": f"evil.example:{port}"}).status_code == 400
    assert live.get("/", headers={"host": f"localhost:{port}"}).status_code == 200
    assert live.get("/", headers={"host": f"[::1]:{port}"}).status_code == 200
    assert live.upload("x", origin="https://evil.example").status_code == 403
    assert live.upload("x", origin=live.address).status_code == 422  # the page's own


@pytest.mark.parametrize("origin", ["https://evil.example", "http://[", "http://[::1", "null", ""])
def test_an_origin_that_is_not_this_page_is_refused_however_it_is_written(live: Live, origin: str) -> None:
    assert live.upload("x", origin=origin).status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        live.stream(origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("host", ["[", "[::1", "localhost:[", "[v1.x]", "]", "", "//[", "a@[b"])
def test_a_host_that_is_none_is_refused(live: Live, host: str) -> None:
    for path in ("/", "/none", "/healthz"):
        assert live.get(path, headers={"host": host}).status_code == 400


def test_the_documentation_needs_no_other_host(live: Live) -> None:
    page = live.get("/docs").text
    assert "POST /v1/recordings" in page
    assert "Retry-After" in page
    assert not re.search(r"https?://|<script|style=", page)
    assert live.get("/docs.css").headers["content-type"].startswith("text/css")
    assert set(live.get("/openapi.json").json()["paths"]) == {
        "/model/model.json", "/model/har.tflite", "/v1/recognise", "/v1/recordings", "/healthz", "/metrics",
    }  # fmt: skip


def test_the_model_is_the_champion_s_bytes_with_what_a_client_must_know(live: Live) -> None:
    content = (ROOT / "models" / "har-web.tflite").read_bytes()
    about, model = live.get("/model/model.json"), live.get("/model/har.tflite")
    assert model.content == content
    assert about.json() == {
        "version": metadata.read(content)["version"],
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "activities": metadata.read(content)["activities"],
        "rate_hz": 50,
        "window": 128,
        "step": 64,
        "hop": 32,
        "smoother": {"kind": "forward", "stay": 0.8, "evidence": 0.25},
        "unsure_below": 0.6,
        "max_upload_bytes": 6_000_000,
    }
    assert about.headers["cache-control"] == model.headers["cache-control"] == "no-cache"
    assert model.headers["etag"] == f'"{about.json()["sha256"]}"'
    assert live.get("/model/har.tflite", headers={"if-none-match": model.headers["etag"]}).status_code == 304


def test_a_model_is_answered_under_its_own_hash_alone(live: Live) -> None:
    sha256 = live.get("/model/model.json").json()["sha256"]
    assert live.get(f"/model/har.tflite?sha256={sha256}").content == live.get("/model/har.tflite").content
    for other_hash in ("0" * 64, "", sha256.upper()):
        assert live.get(f"/model/har.tflite?sha256={other_hash}").status_code == 404


def test_a_static_host_gets_the_same_two_files(live: Live, tmp_path: Path) -> None:
    server.export_model(params.load(live.folder / "params.yaml"), Paths(live.folder), None, tmp_path / "model")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["har.tflite", "model.json"]
    assert json.loads((tmp_path / "model" / "model.json").read_text()) == live.get("/model/model.json").json()
    assert (tmp_path / "model" / "har.tflite").read_bytes() == live.get("/model/har.tflite").content


def other(tflite: bytes, version: str) -> bytes:
    """The same recogniser as another version."""
    return metadata.embed(tflite, metadata.read(tflite) | {"version": version})


def wait_for(live: Live, version: str) -> None:
    deadline = time.monotonic() + 60
    while live.get("/model/model.json").json()["version"] != version:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_new_champion_is_used_at_once_and_a_broken_one_never(tmp_path: Path, short_model: Path) -> None:
    folder = checkout(tmp_path)
    champion = folder / "models" / "champion-web.tflite"
    content = (folder / "models" / "har-web.tflite").read_bytes()
    samples = canonical_samples(50.0)
    with running(folder) as live, live.stream() as stream:
        stream.send(message(np.arange(150) / 50, samples[:150]))
        first = json.loads(stream.recv(timeout=60))
        (tmp_path / "new").write_bytes(other(content, "2"))
        shutil.move(tmp_path / "new", champion)
        wait_for(live, "2")
        stream.send(message(np.arange(150, 180) / 50, samples[150:180]))  # the stream goes on where it was
        second = json.loads(stream.recv(timeout=60))
        assert second["t"] == pytest.approx(first["t"] + 0.64)
        assert second["smoothed"] != second["probabilities"]
        for unusable in (b"\0\0\0\0TFL3 and nothing else", short_model.read_bytes()):
            champion.write_bytes(unusable)
            time.sleep(2)  # two looks
            assert live.get("/model/model.json").json()["version"] == "2"
        champion.write_bytes(other(content, "3"))
        wait_for(live, "3")
        assert live.figure("har_model_reloads") == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"http": True, "page": Path("none")}, "none holds no page: run `make web`"),
        ({"http": True, "host": "0.0.0.0"}, "--http is for this machine alone"),
        ({"certificate": Path("c.pem")}, "belong together"),
        ({"certificate": Path("c.pem"), "key": Path("k.pem")}, "c.pem is not there"),
        ({"certificate": Path("params.yaml"), "key": Path("params.yaml")}, "no pair of PEM files"),
        ({"http": True, "model": Path("params.yaml")}, "not a TFLite model"),
        ({"host": "192.0.2.7"}, "cannot be used"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object], words: str
) -> None:
    monkeypatch.chdir(checkout(tmp_path))
    with pytest.raises(HarError, match=re.escape(words)):
        server.run(params.load(), Paths(), server.Options(port=0, **options))


def test_it_is_small(live: Live) -> None:
    assert live.figure("process_resident_memory_bytes") < 300e6
    maps = Path(f"/proc/{live.process.pid}/maps").read_text()
    assert not re.search(r"/(tensorflow|mlflow|pandas|scipy)/", maps)
