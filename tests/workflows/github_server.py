"""As much of GitHub as the real `gh` asks for: comments, pull requests, dispatches and releases, kept in memory."""

import json
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
            case "GET", "/pulls":
                owner, _, head = query.get("head", ["me:"])[0].partition(":")
                assert (owner, query["state"]) == ("me", ["open"])
                found = [pull for pull in self.pulls if head in ("", pull["head"])]
                return 200, [pull | {"head": {"ref": pull["head"]}} for pull in found]
            case "POST", "/pulls":
                if any(pull["head"] == sent["head"] for pull in self.pulls):
                    return 422, {"message": f"A pull request already exists for me:{sent['head']}."}
                number = len(self.pulls) + 2
                self.pulls.append({"number": number, "html_url": f"https://github.com/me/har/pull/{number}", **sent})
                return 201, self.pulls[-1]
            case "PATCH", "/pulls/N":
                self.pulls[int(path.rpartition("/")[2]) - 2] |= sent
                return 200, {"html_url": f"https://github.com{path}"}
            case "POST", "/dispatches":
                self.dispatches.append(sent)
                return 204, None
            case "POST", "/releases":
                self.releases.append(sent)
                return 201, self._release()
            case "PATCH", "/releases/N":
                self.releases[-1] |= sent
                return 200, self._release()
            case "GET", "/releases/N":
                return 200, self._release()
            case (("GET" | "HEAD"), "/releases/tags/v1.0.0") if self.releases and not self.releases[-1]["draft"]:
                return 200, self._release()
            case "POST", "/graphql" if self.releases and "tagName" in sent["variables"]:
                release = {"databaseId": 1, "isDraft": self.releases[-1]["draft"]}
                return 200, {"data": {"repository": {"release": release}}}
            case "DELETE", "/releases/assets/N":
                self.assets.pop(list(self.assets)[int(path.rpartition("/")[2])])
                return 204, None
        return 404, {"message": f"{method} {path} is not asked of GitHub here"}

    def _release(self) -> dict[str, Any]:
        """The one release, which has the number 1, and its assets."""
        root = "https://api.github.com/repos/me/har/releases"
        assets = [{"id": n, "name": name, "url": f"{root}/assets/{n}"} for n, name in enumerate(self.assets)]
        return self.releases[-1] | {
            "id": 1,
            "url": f"{root}/1",
            "upload_url": f"{root}/1/assets{{?name,label}}",
            "html_url": "https://github.com/me/har/releases/1",
            "published_at": None if self.releases[-1]["draft"] else "2026-01-01T00:00:00Z",
            "assets": assets,
        }


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
            with suppress(BrokenPipeError):  # gh asks for a release in two ways, and leaves the slower one
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = handle_request_of_gh

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
