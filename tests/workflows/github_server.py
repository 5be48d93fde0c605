"""As much of GitHub as the real `gh` asks for: comments, pull requests, dispatches and releases, kept in memory."""

import json
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


class GitHub:
    """What was asked of it."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.dispatches: list[dict[str, Any]] = []
        self.releases: list[dict[str, Any]] = []
        self.assets: dict[str, bytes] = {}

    def answer(self, method: str, address: str, body: bytes) -> tuple[int, Any]:
        """Status and JSON of the answer to one request."""
        path, query = urlsplit(address).path, parse_qs(urlsplit(address).query)
        if method == "POST" and path.endswith("/assets"):
            self.assets[query["name"][0]] = body
            return 201, {"name": query["name"][0]}
        sent = json.loads(body) if body else {}
        match method, re.sub(r"/\d+(?=/|$)", "/N", path.removeprefix("/repos/me/har")):
            case "GET", "/issues/N/comments":
                return 200, self.comments
            case "POST", "/issues/N/comments":
                self.comments.append({"id": len(self.comments) + 1, "user": {"type": "Bot"}, **sent})
                return 201, self.comments[-1]
            case "PATCH", "/issues/comments/N":
                self.comments[int(path.rpartition("/")[2]) - 1] |= sent
                return 200, {}
            case "POST", "/pulls":
                self.pulls.append(sent)
                return 201, {"html_url": "https://github.com/me/har/pull/2"}
            case "POST", "/dispatches":
                self.dispatches.append(sent)
                return 204, None
            case ("POST", "/releases") | ("PATCH", "/releases/N"):
                self.releases.append(sent)
                release = "https://api.github.com/repos/me/har/releases/1"
                return 201, {
                    "id": 1,
                    "url": release,
                    "upload_url": f"{release}/assets{{?name,label}}",
                    "html_url": "https://github.com/me/har/releases/1",
                }
        return 404, {"message": f"{method} {path} is not asked of GitHub here"}


@contextmanager
def serving(socket: Path) -> Iterator[GitHub]:
    """Answer on a Unix socket, which `gh` takes as its `http_unix_socket`."""
    github = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def handle_request_of_gh(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            assert self.headers["Authorization"] == "token of-the-test"
            status, answer = github.answer(self.command, self.path, body)
            content = b"" if answer is None or self.command == "HEAD" else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PATCH = handle_request_of_gh

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

        def get_request(self) -> Any:
            return super().get_request()[0], ("unix", 0)

    with Server(str(socket), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()
