"""The real server, as `har live` starts it, in a folder of its own."""

import json
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml
from websockets.asyncio.client import connect as async_connect
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]


@dataclass
class Live:
    """A server that runs; token: what uploads need, empty where they need none."""

    process: subprocess.Popen[str]
    folder: Path
    address: str
    token: str
    said: list[str]

    def get(self, path: str, **more: object) -> httpx.Response:
        return httpx.get(self.address + path, verify=False, timeout=60, **more)

    def post(self, path: str, content: bytes | str, kind: str, **headers: str) -> httpx.Response:
        headers = {"content-type": kind} | headers
        return httpx.post(self.address + path, content=content, headers=headers, verify=False, timeout=60)

    def upload(self, content: bytes | str, **headers: str) -> httpx.Response:
        return self.post("/v1/recordings", content, "text/csv", **headers)

    def stream(self, origin: str | None = None) -> ClientConnection:
        return connect(self.streams, origin=origin, compression=None, proxy=None, open_timeout=60)

    def encrypted_stream(self) -> async_connect:
        """For a server with TLS, where `stream` stalls: one thread reads the TLS socket while another writes to it."""
        unverified = ssl._create_unverified_context()
        return async_connect(self.streams, ssl=unverified, compression=None, proxy=None, open_timeout=60)

    @property
    def streams(self) -> str:
        return self.address.replace("http", "ws", 1) + "/v1/stream"

    def figure(self, name: str) -> float:
        lines = self.get("/metrics").text.splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(name) and line[len(name)] in " {")


def checkout(folder: Path, **live: object) -> Path:
    """What the server needs of a checkout; `live` replaces knobs of its section of params.yaml."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["live"] |= live
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    shutil.copy(ROOT / "models" / "har-web.tflite", folder / "models")
    assets = folder / "web" / "dist" / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    (assets.parent / "index.html").write_text("<title>page</title>", encoding="utf-8")
    (assets.parent / "sw.js").write_text("// worker", encoding="utf-8")
    (assets / "main-1a2b3c.js").write_text("// main", encoding="utf-8")
    return folder


def bodies(folder: Path) -> list[Path]:
    """What servers in `folder` have of requests that are under way, or left of them."""
    return list((folder / "data" / "live" / "incoming").rglob("*.csv"))


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Live]:
    """`har live` with `options` in `folder`, until the end of the block."""
    command = [sys.executable, "-m", "har", "live", "--port", "0", *(options or ("--http",))]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = []
            for line in process.stdout:
                said.append(line.rstrip())
                if "End with Ctrl+C" in line or "end with Ctrl+C" in line:
                    break
            found = next((line.split()[2] for line in said if line.startswith("har live: ")), None)
            assert found is not None, process.stderr.read()
            address, _, token = found.partition("#token=")
            yield Live(process, folder, address.rstrip("/"), token, said)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def message(times: object, samples: object) -> str:
    return json.dumps({"t": [float(t) for t in times], "samples": [[float(x) for x in row] for row in samples]})
