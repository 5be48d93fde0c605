"""The interface over HTTP: the model, recognition of whole recordings, and the recordings that are sent in."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse
from fastapi.security import HTTPBearer

from har.datasets.recording_file import RecordingFile
from har.live import answers, uploads
from har.live.answers import Answer
from har.live.champion import Champion, document, max_upload_bytes
from har.live.desk import Desk
from har.live.house import House
from har.live.interface import (
    A_CSV,
    A_WINDOW,
    CSV,
    FILE,
    JSON,
    KEEPING,
    REFUSALS,
    STRANGERS,
    Health,
    Model,
    Recognition,
    Stored,
    takes,
)
from har.live.limits import PerClient
from har.live.security import authorised
from har.live.uploads import Body

JSON_LIMIT: Final = 8_000_000  # bytes, as many as `answers.MAX_SAMPLES` take: numbers are far larger in memory
NO_CACHE: Final = {"cache-control": "no-cache"}  # to be asked about every time


class Routes:
    """What one server answers to requests."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._uploading = PerClient(house.live.uploads_per_minute)
        self._recognising = PerClient(house.live.recognitions_per_minute)

    def router(self) -> APIRouter:
        """The routes with their descriptions for OpenAPI."""
        found = APIRouter()
        add = partial(found.add_api_route, response_description="what was asked for")
        post = partial(add, methods=["POST"])
        token = Depends(HTTPBearer(auto_error=False, description="the token in the address that `har live` shows"))
        add("/model/model.json", self.model, responses=STRANGERS)
        add("/model/har.tflite", self.tflite, response_class=Response, responses=FILE)
        post("/v1/recognise", self.recognise, responses=REFUSALS, openapi_extra=takes(A_WINDOW | A_CSV))
        more = {"responses": KEEPING, "openapi_extra": takes(A_CSV), "dependencies": [token]}
        post("/v1/recordings", self.keep, status_code=201, **more)
        add("/healthz", self.health, responses=STRANGERS)
        add("/metrics", self.metrics, response_class=PlainTextResponse, responses=STRANGERS)
        if self._house.authority is not None:
            add("/certificate.crt", self.certificate, response_class=Response, include_in_schema=False)
        return found

    async def model(self, response: Response) -> Model:
        """What a client must know of the model to hear as the server does."""
        response.headers.update(NO_CACHE)
        return Model.model_validate(document(self._house.watch.current, self._house.live))

    async def tflite(self, request: Request, sha256: str | None = None) -> Response:
        """The model's file, for clients that recognise by themselves; with `sha256`, that model's or none."""
        champion = self._house.watch.current
        if sha256 not in (None, champion.sha256):
            raise HTTPException(404, "this model is not in use: ask for model.json again.")
        headers = {"etag": f'"{champion.sha256}"'} | NO_CACHE
        if champion.sha256 in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(champion.content, media_type="application/octet-stream", headers=headers)

    async def recognise(self, request: Request) -> Recognition:
        """The activity in every window of a recording, as JSON (128 samples at 50 Hz are one window) or CSV."""
        kind = _kind(request, (JSON, CSV))
        _allow(self._recognising, request)
        champion = self._house.watch.current
        limit = JSON_LIMIT if kind == JSON else max_upload_bytes(self._house.live)
        async with self._received(request, self._house.recognitions, limit) as body:
            found = await self._house.recognitions.work(partial(self._recognise, body, kind, champion))
        self._house.metrics.answers.labels("recordings").inc(len(found))
        return Recognition(sha256=champion.sha256, windows=found)

    @asynccontextmanager
    async def _received(self, request: Request, desk: Desk, limit: int) -> AsyncIterator[Body]:
        """A body of at most `limit` bytes, once the desk has a place for it."""
        timeout_s = self._house.live.timeout_s
        async with desk.place(timeout_s), uploads.received(request, self._house.incoming, limit, timeout_s) as body:
            yield body

    def _recognise(self, body: Body, kind: str, champion: Champion) -> list[Answer]:
        recording: RecordingFile
        recording, rate_hz = answers.samples(body.path.read_bytes()) if kind == JSON else (uploads.read(body), None)
        return answers.recognise(recording, rate_hz, champion, self._house.live, self._house.note())

    async def keep(self, request: Request, response: Response) -> Stored:
        """Keep a recording for training. Sent again, it is the same recording."""
        if not authorised(request.headers.get("authorization"), self._house.token):
            raise HTTPException(401, "the token is missing or not the right one: scan the code of `har live` again.")
        _kind(request, (CSV,))
        _allow(self._uploading, request)
        house = self._house
        async with self._received(request, house.uploads, max_upload_bytes(house.live)) as body:
            kept = await house.uploads.work(partial(uploads.keep, body, house.paths.recordings))
        house.metrics.recordings.labels("new" if kept.new else "known").inc()
        response.status_code = 201 if kept.new else 200
        return Stored(id=body.sha256, rows=kept.rows, seconds=kept.seconds)

    async def health(self) -> Health:
        """Whether the server works, and with which model."""
        champion = self._house.watch.current
        return Health(status="ok", version=champion.about.version, sha256=champion.sha256)

    async def metrics(self) -> Response:
        """What the server counts and times, in Prometheus' text format."""
        return PlainTextResponse(self._house.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def certificate(self) -> Response:
        """The certificate of this machine's own authority, for a phone that is to trust it."""
        assert self._house.authority is not None
        return FileResponse(self._house.authority, media_type="application/x-x509-ca-cert")


def _kind(request: Request, known: tuple[str, ...]) -> str:
    """The content type of a request, one of `known`; in UTF-8, if it says so at all."""
    kind, _, rest = request.headers.get("content-type", "").lower().partition(";")
    if kind.strip() not in known or rest.replace(" ", "") not in ("", "charset=utf-8"):
        raise HTTPException(415, f"send it as {' or '.join(known)} in UTF-8.")
    return kind.strip()


def _allow(clients: PerClient, request: Request) -> None:
    wait_s = clients.wait_s(request.client.host if request.client else "")
    if wait_s:
        seconds = math.ceil(wait_s)
        raise HTTPException(429, f"too many requests: wait for {seconds} s.", {"retry-after": str(seconds)})
