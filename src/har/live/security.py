"""What stands between the network and the application: who may ask, and what every answer carries."""

import hmac
import ipaddress
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    # 'wasm-unsafe-eval' lets WebAssembly be compiled and nothing else be evaluated.
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; connect-src 'self'; "
        "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "accelerometer=(self), gyroscope=(self), camera=(), geolocation=(), microphone=()",
    # Cross-origin isolation, which WebAssembly's threads need; everything is of one origin.
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Refuse requests for other hosts (DNS rebinding) and from other sites, and add the security headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        """hosts: the names and addresses under which the server is known, without ports, IPv6 without brackets."""
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket (ASGI)."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        problem = self._problem(Headers(scope=scope))
        if problem is None:
            await self._app(scope, receive, with_headers)
        else:
            await JSONResponse({"detail": problem[1]}, problem[0])(scope, receive, with_headers)

    def _problem(self, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return 400, "this server is not known under that name: start it with --host NAME."
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != host.lower():
            return 403, "this server answers its own page alone, not another site's."
        return None


def known_hosts(host: str) -> list[str]:
    """The names and addresses under which a server bound to `host` is known; see also `addresses`."""
    names = {"localhost", "127.0.0.1", "::1", host.strip("[]")}
    if not is_local(host):
        names |= {*addresses(), socket.gethostname(), f"{socket.gethostname().partition('.')[0]}.local"}
    return sorted(names - {"0.0.0.0", "::"})


def is_local(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def addresses() -> list[str]:
    """This machine's addresses, the one of its default route first."""
    found: dict[str, None] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation (RFC 5737): nothing is sent
            found[probe.getsockname()[0]] = None
        except OSError:
            pass  # no default route: the names below are all there is
    try:
        for info in socket.getaddrinfo(socket.gethostname(), None):
            found[str(info[4][0]).partition("%")[0]] = None
    except OSError:
        pass  # the machine's own name is not known to itself
    return [address for address in found if not ipaddress.ip_address(address).is_loopback]


def authorised(header: str | None, token: str | None) -> bool:
    """Whether an `Authorization` header carries the token, where one is needed."""
    return token is None or hmac.compare_digest((header or "").encode(), f"Bearer {token}".encode())


def _netloc(origin: str) -> str:
    """The host and port in an `Origin` header; empty where it is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name or address in a `Host` header, without port and brackets; empty where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
