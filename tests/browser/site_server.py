"""The built page on a small static server of its own, which also takes recordings, or fails to, as it is told."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from har.live import champion
from har.params import load

MARKS = [pytest.mark.browser, pytest.mark.xdist_group("browser")]  # one worker: the page is built once
ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
MODEL = ROOT / "models" / "har-web.tflite"
CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"  # the strictest that the page promises to work under


def run_node(script: Path, *arguments: str, **environment: str) -> str:
    """Run a tool of web/node_modules with Node, and `environment` beside what there is."""
    command = ["node", str(script), *arguments]
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False, env=os.environ | environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path) -> None:
    """The page as `make web` builds it, the model beside it as on a static host, and its modules by themselves."""
    with tempfile.TemporaryDirectory() as beside:
        sample = Path(beside) / "replay.csv"
        subprocess.run([sys.executable, WEB / "tools/replay.py", sample, "--synthetic"], check=True)
        bundle(folder, sample)
    champion.export(champion.load(MODEL), load(ROOT / "params.yaml").live, folder / "model")
    modules = str(Path(__file__).with_name("modules.ts"))
    run_node(WEB / "node_modules/rolldown/bin/cli.mjs", modules, "--format", "esm", "-o", str(folder / "modules.js"))


def bundle(folder: Path, sample: Path) -> None:
    """The page's own files, with the recording `sample`."""
    vite = WEB / "node_modules/vite/bin/vite.js"
    run_node(vite, "build", "--outDir", str(folder), "--logLevel", "error", SAMPLE=str(sample))


@dataclass
class Site:
    """A folder served at `url`. uploads: what was kept, by id. script: how the next uploads fare, one a request.

    patience: set when an upload that is to wait has waited for long enough.
    """

    folder: Path
    uploads: dict[str, bytes] = field(default_factory=dict)
    script: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    patience: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def listening(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        """Listen, on the same port as before where it was stopped."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), partial(Handler, self))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.patience.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def copy(self, folder: Path) -> "Site":
        """A site of its own with the same files, which may then be changed."""
        shutil.copytree(self.folder, folder, copy_function=shutil.copy2)
        return Site(folder)


class Handler(SimpleHTTPRequestHandler):
    """Files, and `POST v1/recordings`."""

    protocol_version = "HTTP/1.1"

    def __init__(self, site: Site, *arguments: Any) -> None:
        self.site = site
        super().__init__(*arguments, directory=str(site.folder))

    def log_message(self, *_: object) -> None:
        pass

    def end_headers(self) -> None:
        lasting = self.path.startswith("/assets/")
        self.send_header("Cache-Control", "public, max-age=31536000, immutable" if lasting else "no-cache")
        self.send_header("Content-Security-Policy", CSP)
        super().end_headers()

    def parse_request(self) -> bool:
        """Whether to go on: connections that were kept open end with the server."""
        self.close_connection = True
        return self.site.listening and super().parse_request()

    def do_GET(self) -> None:
        self.site.requests.append(self.path)
        super().do_GET()

    def do_POST(self) -> None:
        self.site.tokens.append(self.headers.get("Authorization"))
        length = int(self.headers["Content-Length"])
        how = self.site.script.pop(0) if self.site.script else "keep"
        if how == "die":  # in the middle of the body
            self.rfile.read(length // 2)
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(length)
        if how == "wait":
            self.site.patience.wait()
        name = hashlib.sha256(body).hexdigest()
        if how in ("keep", "wait"):
            self.site.uploads[name] = body
            self._answer(201, {"id": name, "rows": 0, "seconds": 0.0})
        elif how == "confuse":  # keeps another file than it was sent
            self._answer(201, {"id": "0" * 64, "rows": 0, "seconds": 0.0})
        elif how == "busy":
            self._answer(503, {"detail": "too many requests at once: wait for 10 s."})
        elif how == "lock":
            self._answer(401, {"detail": "the token is missing or not the right one."})
        else:
            self._answer(422, {"detail": how})

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
