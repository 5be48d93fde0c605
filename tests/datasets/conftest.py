"""A file server on this machine that misbehaves as told, and a small archive in the layout of HAPT."""

import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from har.datasets import hapt, store
from har.datasets.dataset import Dataset
from har.datasets.schema import Interval, Recording
from har.params import Download

SHARED_HAPT = Path(__file__).parents[3] / "shared" / "data" / "hapt.zip"


@dataclass(frozen=True)
class Answer:
    """How one request is answered: by default as a good server does, ranges included."""

    status: int | None = None
    drop_after: int | None = None  # bytes of the body, then the connection ends
    stall_after: int | None = None  # bytes of the body, then nothing more comes
    flip: int | None = None  # index in the file of a byte that arrives with its lowest bit flipped
    ranges: bool = True
    if_range: bool = True  # False: a range is served although the file has changed
    length: bool = True
    location: str | None = None


@dataclass
class FileServer:
    """Serves `content`; the answers in `script` are given first, one a request."""

    url: str
    content: bytes = b""
    etag: str | None = '"one"'
    script: list[Answer] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def answer(self, **how: Any) -> None:
        """Add an answer to the script."""
        self.script.append(Answer(**how))


def _handler(server: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            server.requests.append(dict(self.headers))
            answer = server.script.pop(0) if server.script else Answer()
            if answer.status is not None:
                self.send_response(answer.status)
                if answer.location:
                    self.send_header("Location", answer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = self._start(answer)
            if start and start >= len(server.content):
                self.send_error(416)
                return
            self._send(answer, start)

        def _start(self, answer: Answer) -> int:
            match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            changed = answer.if_range and self.headers.get("If-Range") != server.etag
            return int(match[1]) if match and answer.ranges and not changed else 0

        def _send(self, answer: Answer, start: int) -> None:
            content = bytearray(server.content)
            if answer.flip is not None:
                content[answer.flip] ^= 1
            body = bytes(content[start:])
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            if answer.length:
                self.send_header("Content-Length", str(len(body)))
            if server.etag:
                self.send_header("ETag", server.etag)
            self.end_headers()
            stop = answer.stall_after if answer.drop_after is None else answer.drop_after
            self.wfile.write(body[:stop])
            self.wfile.flush()
            if answer.stall_after is not None:
                server.closing.wait(30)
            self.close_connection = True

    return Handler


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A file server on a free port of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    http = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    files = FileServer(f"http://127.0.0.1:{http.server_address[1]}/hapt.zip")
    http.RequestHandlerClass = _handler(files)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield files
    files.closing.set()
    http.shutdown()
    http.server_close()


@pytest.fixture
def settings() -> Download:
    return Download(routes=("https",), timeout_s=5.0, retries=0, max_megabytes=50.0)


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _text(table: np.ndarray) -> bytes:
    return "".join(" ".join(repr(float(value)) for value in row) + "\n" for row in table).encode()


@dataclass(frozen=True)
class Sample:
    """Two small recordings: as they should come out, and as the authors would have written them."""

    recordings: list[Recording]
    members: dict[str, bytes]
    dataset: Dataset

    def zip(self, prefix: str = "") -> bytes:
        return zipped({prefix + name: content for name, content in self.members.items()})

    def without(self, name: str) -> dict[str, bytes]:
        return {key: content for key, content in self.members.items() if key != name}


@pytest.fixture
def sample() -> Sample:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(300, 6)), random.normal(size=(200, 6))
    recordings = [
        Recording("exp01_user01", 1, 50.0, first, (Interval("standing", 0, 150), Interval("stand_to_sit", 150, 300))),
        Recording("exp02_user04", 4, 50.0, second, (Interval("walking", 10, 140),)),
    ]
    members = {"README.txt": b"HAPT\n", "RawData/labels.txt": b"1 1 5 1 150\n1 1 7 151 300\n2 4 1 11 140\n"}
    for recording in recordings:
        members[f"RawData/acc_{recording.name}.txt"] = _text(recording.samples[:, :3])
        members[f"RawData/gyro_{recording.name}.txt"] = _text(recording.samples[:, 3:])
    dataset = replace(hapt.DATASET, content_sha256=store.content_sha256(recordings))
    return Sample(recordings, members, dataset)


@pytest.fixture(scope="session")
def hapt_recordings() -> list[Recording]:
    """All of HAPT by the package route."""
    return hapt.from_package(Download(routes=("package",), timeout_s=1, retries=0, max_megabytes=1), Path())


@pytest.fixture(scope="session")
def shared_hapt() -> Path:
    """The authors' files as a zip archive."""
    if not SHARED_HAPT.is_file():
        pytest.skip(f"{SHARED_HAPT} is absent: the authors' archive is needed")
    return SHARED_HAPT


Writer = Callable[[str, bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes bytes to a file of this test's folder."""

    def _write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return _write
