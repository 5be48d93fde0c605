"""Fetching one file by HTTPS: streamed, resumed where it stopped, capped, with time-outs and retries."""

import hashlib
import ipaddress
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from tqdm import tqdm

from har.errors import HarError
from har.files import read_json, remove, write_json

MAX_PAUSE_S: Final = 30.0
_CHUNK: Final = 1 << 16
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})  # RFC 9110, RFC 6585: may pass by itself
_OK, _PARTIAL, _RANGE_NOT_SATISFIABLE = 200, 206, 416


class _Interrupted(Exception):
    """What another try may mend."""


@dataclass(frozen=True)
class _Version:
    """Which version of a file the server sent: what a resumed request must match."""

    url: str
    etag: str | None
    modified: str | None

    @property
    def validator(self) -> str | None:
        """Value of If-Range: a strong ETag, else the date, else none (RFC 9110, section 13.1.5)."""
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        return strong or self.modified


class _Partial:
    """The part of a file that has come so far, kept with the version it is part of."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self.note = target.with_name(f"{target.name}.part.json")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def version(self) -> _Version | None:
        """The version kept, or None where there is nothing that could be continued."""
        with suppress(HarError, TypeError):
            return _Version(**read_json(self.note)) if self.size() else None
        return None

    def restart(self, version: _Version) -> None:
        """Forget what has come and begin another version."""
        self.discard()
        write_json(self.note, asdict(version))

    def discard(self) -> None:
        remove(self.path)
        remove(self.note)


class _SafeAdapter(HTTPAdapter):
    """Plain HTTP for loopback hosts alone, also after a redirect."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        _require_safe(str(request.url))
        return super().send(request, *args, **kwargs)


def fetch(
    url: str,
    folder: Path,
    *,
    timeout_s: float,
    retries: int,
    max_bytes: int,
    pause_s: float = 1.0,
) -> Path:
    """Fetch `url` into `folder` and return the file; one that is there already is not fetched again.

    timeout_s: seconds to connect and between two reads. retries: further tries, each going on where the last one
    stopped if the server still has the same version, else from the beginning. pause_s: seconds before the first
    further try, doubled each time. A failure is a `HarError` of one sentence, and what came stays for the next call.
    """
    _require_safe(url)
    target = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:12]}.download"
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = _Partial(target)
    reason = ""
    with requests.Session() as session:
        session.mount("http://", _SafeAdapter())
        for attempt in range(retries + 1):
            if attempt:
                time.sleep(min(pause_s * 2 ** (attempt - 1), MAX_PAUSE_S))
            try:
                _attempt(session, url, partial, timeout_s, max_bytes)
            except _Interrupted as error:
                reason = str(error)
                continue
            partial.path.replace(target)
            partial.discard()
            return target
    raise HarError(f"{url} could not be fetched ({reason}; tries: {retries + 1}): run again to go on from there.")


def _attempt(session: requests.Session, url: str, partial: _Partial, timeout_s: float, max_bytes: int) -> None:
    """One request: go on from the partial file if its version has a validator, else from the beginning."""
    kept = partial.version()
    headers = {"Accept-Encoding": "identity"}  # so that sizes and ranges count the file's own bytes
    if kept and kept.url == url and kept.validator:
        headers |= {"Range": f"bytes={partial.size()}-", "If-Range": kept.validator}
    try:
        with session.get(url, headers=headers, stream=True, timeout=(timeout_s, timeout_s)) as response:
            total = _begin(response, url, partial, kept)
            _stream(response, url, partial, total, max_bytes)
    except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise HarError(f"{url}: the server's certificate is not trusted, so nothing was fetched.") from error
        raise _Interrupted(_kind(error, timeout_s)) from error
    except requests.RequestException as error:
        raise HarError(f"{url} cannot be fetched ({error}).") from error


def _begin(response: requests.Response, url: str, partial: _Partial, kept: _Version | None) -> int | None:
    """Read the answer's head, make the partial file ready for its body, and return the whole file's size in bytes."""
    status, headers = response.status_code, response.headers
    if status == _RANGE_NOT_SATISFIABLE:
        partial.discard()
        raise _Interrupted("the server has no more of the file than came so far")
    if status in _TRANSIENT:
        raise _Interrupted(f"HTTP status {status}")
    version = _Version(url, headers.get("ETag"), headers.get("Last-Modified"))
    if status == _OK:
        partial.restart(version)
        length = headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else None
    if status != _PARTIAL:
        raise HarError(f"{url} answers with HTTP status {status}: check the address, or take another route.")
    span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""))
    same = kept is not None and version.etag == kept.etag and version.modified in (None, kept.modified)
    if not same or span is None or int(span[1]) != partial.size():
        partial.discard()
        raise _Interrupted("the file on the server has changed")
    return None if span[2] == "*" else int(span[2])


def _stream(response: requests.Response, url: str, partial: _Partial, total: int | None, max_bytes: int) -> None:
    """Append the answer's body to the partial file, whose size then equals `total` bytes (if that is known)."""
    size = partial.size()
    # `disable=None`: a bar on a terminal, nothing in a log.
    bar = tqdm(desc=urlsplit(url).hostname, total=total, initial=size, unit="B", unit_scale=True, disable=None)
    with partial.path.open("ab") as file, bar:
        if total is not None and total > max_bytes:
            raise _too_large(url, partial, max_bytes)
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(url, partial, max_bytes)
            file.write(chunk)
            bar.update(len(chunk))
    if total is not None and size != total:
        raise _Interrupted(f"the connection ended after {size:,} of {total:,} bytes")


def _too_large(url: str, partial: _Partial, max_bytes: int) -> HarError:
    partial.discard()
    return HarError(f"{url} is larger than the cap of {max_bytes:,} bytes: raise download.max_megabytes to fetch it.")


def _kind(error: Exception, timeout_s: float) -> str:
    """What went wrong with a connection, in a few words."""
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return f"no answer within {timeout_s:g} s"
    return "the connection failed or ended early"


def _require_safe(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise HarError(f"{url} is refused: only https:// addresses are fetched (http:// from this machine alone).")


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
