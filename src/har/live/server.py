"""`har live`: the server from its options to its end."""

import os
import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import uvicorn

from har.errors import HarError
from har.files import write_text
from har.live import certificate, champion
from har.live.app import create
from har.live.house import House
from har.live.limits import Hurried
from har.live.security import addresses, is_local, known_hosts
from har.live.watch import Watch
from har.live.window_log import WindowLog
from har.params import Params
from har.paths import Paths

TOKEN: Final = "HAR_LIVE_TOKEN"  # environment variable: in the command line, others could read it
SPARE_CONNECTIONS: Final = 100  # for requests, beside the streams


@dataclass(frozen=True)
class Options:
    """How the server is reached and what it serves.

    host: an address or name to bind to. http: without encryption, for this machine alone. certificate, key: PEM files
    instead of our own certificate. model: a file to serve instead of the champion. page: the folder of the built page.
    log: the folder for features and answers of windows, None for none.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    http: bool = False
    certificate: Path | None = None
    key: Path | None = None
    model: Path | None = None
    page: Path = Path("web/dist")
    log: Path | None = None


def run(params: Params, paths: Paths, options: Options) -> None:
    """Serve until interrupted. Raises `HarError` for options that cannot be followed."""
    if not (paths.live / ".gitignore").is_file():
        write_text(paths.live / ".gitignore", "*\n")  # private keys are in there
    files = _files(paths, options)
    house = _house(params, paths, options, files.authority if files else None)
    app = create(house)
    listening = _bind(options)
    config = uvicorn.Config(
        app,
        http=Hurried,
        ws="websockets-sansio",
        ws_max_size=int(params.live.max_message_kilobytes * 1000),
        ws_per_message_deflate=False,  # tens of kB a client, for messages that hardly shrink
        proxy_headers=False,  # a client must not choose under which address it is counted
        server_header=False,
        access_log=False,
        log_level="warning",
        limit_concurrency=params.live.max_streams + SPARE_CONNECTIONS,
        timeout_keep_alive=round(params.live.timeout_s),
        timeout_graceful_shutdown=5,
        ssl_certfile=None if files is None else files.certificate,
        ssl_keyfile=None if files is None else files.key,
    )
    _Server(config, partial(_announce, house, options, listening.getsockname()[1])).run(sockets=[listening])


class _Server(uvicorn.Server):
    """uvicorn, which says where it is as soon as it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def export_model(params: Params, paths: Paths, model: Path | None, folder: Path) -> str:
    """Write the model and what a client must know of it into `folder`, as the server would answer them."""
    found = champion.load(model or champion.locate(paths))
    champion.export(found, params.live, folder)
    return f"live: wrote {folder / 'model.json'} and {folder / 'har.tflite'}, version {found.about.version}"


def _house(params: Params, paths: Paths, options: Options, authority: Path | None) -> House:
    local = is_local(options.host)
    if options.http and not local:
        raise HarError("--http is for this machine alone: phones give sensors to encrypted pages only, leave it out.")
    watch = Watch(paths, options.model, lambda found: champion.document(found, params.live))
    token = os.environ.get(TOKEN) or (None if local else secrets.token_urlsafe(24))
    hosts = tuple(known_hosts(options.host))
    house = House(params.live, paths, watch, hosts, token, options.page, authority, local)
    if options.log is not None:
        house.log = WindowLog(options.log, params.live.log_megabytes, params.featurize, house.metrics.logged)
    return house


def _files(paths: Paths, options: Options) -> certificate.Files | None:
    if options.http:
        return None
    if (options.certificate is None) != (options.key is None):
        raise HarError("--certificate and --key belong together: give both or none.")
    if options.certificate is None or options.key is None:
        return certificate.own(paths.live, known_hosts(options.host))
    for path in (options.certificate, options.key):
        if not path.is_file():
            raise HarError(f"{path} is not there: name an existing PEM file.")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(options.certificate, options.key)
    except (ssl.SSLError, OSError) as error:
        raise HarError(f"{options.certificate} and {options.key} are no pair of PEM files ({error}).") from error
    return certificate.Files(options.certificate, options.key)


def _bind(options: Options) -> socket.socket:
    host = options.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, options.port), family=family, backlog=512)
    except OSError as error:
        raise HarError(
            f"{options.host} port {options.port} cannot be used ({error.strerror}): "
            "choose another with --host and --port."
        ) from error


def _announce(house: House, options: Options, port: int) -> None:
    """Say where the server is; for phones also as a code, which carries the token."""
    scheme = "http" if options.http else "https"
    if is_local(options.host):
        print(f"har live: {scheme}://localhost:{port}/ (for a phone: --host 0.0.0.0; end with Ctrl+C)", flush=True)
        return
    import segno

    names = addresses() if options.host in ("0.0.0.0", "::") else [options.host]
    name = names[0] if names else "localhost"
    address = f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}/"
    whole = f"{address}#token={quote(house.token or '')}"
    segno.make(whole, error="l", micro=False).terminal(compact=True)
    print(f"har live: {whole}")
    if house.authority is not None:
        print(f"The phone will warn once, unless it trusts {address}certificate.crt (docs/live-server.md).")
    print("Whoever has this address may send recordings. End with Ctrl+C.", flush=True)
