"""The server as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from har import __version__
from har.errors import HarError
from har.live import streams, uploads
from har.live.desk import Busy
from har.live.house import House
from har.live.pages import STYLE, Page, documentation
from har.live.routes import Routes
from har.live.security import Guard
from har.live.uploads import TooLarge

DESCRIPTION: Final = "Recognises what a person does from a phone's accelerometer and gyroscope (docs/live-server.md)."
RETRY_S: Final = 10  # s; a body of a few MB over a poor network holds its place for longer, most for less
SOCKET: Final = (
    "The WebSocket /v1/stream takes JSON messages {t: [s], samples: [[acc 3, gyro 3]]} and answers every completed "
    "window with an Answer. A pause of more than 0.5 s starts anew; a message that cannot be right closes the socket "
    "with the reason."
)


def create(house: House) -> ASGIApp:
    """The application that serves `house`. Raises `HarError` where the page is not built."""
    app = FastAPI(
        title="har live",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # what FastAPI offers comes from another host
        redoc_url=None,
        lifespan=partial(_following, house),
    )
    app.include_router(Routes(house).router())

    @app.websocket("/v1/stream")
    async def stream(client: WebSocket) -> None:
        await streams.serve(client, house)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(documentation(app.openapi(), SOCKET))

    @app.get("/docs.css", include_in_schema=False)
    async def style() -> Response:
        return Response(STYLE, media_type="text/css")

    if house.page is not None:
        app.mount("/", Page(house.page))
    for kind in (HarError, TooLarge, TimeoutError, Busy, ClientDisconnect):
        app.add_exception_handler(kind, _refuse)
    return Guard(house.metrics.count(app), house.hosts)


async def _refuse(request: Request, error: Exception) -> Response:
    """What went wrong with a body, in one sentence."""
    match error:
        case HarError():
            return JSONResponse({"detail": str(error)}, 422)
        case TooLarge():
            return JSONResponse({"detail": "the body is too large: cut the recording in two."}, 413)
        case TimeoutError():
            return JSONResponse({"detail": "the body took too long: send it again."}, 408)
        case Busy():
            detail = f"too many requests at once: wait for {RETRY_S} s."
            return JSONResponse({"detail": detail}, 503, {"retry-after": str(RETRY_S)})
        case _:
            return Response(status_code=400)  # the client has left


@asynccontextmanager
async def _following(house: House, app: FastAPI) -> AsyncIterator[None]:
    """Follow the champion, and log where that is wanted, for as long as the server runs."""
    with uploads.prepared(house.incoming):
        follower = asyncio.create_task(house.watch.follow(house.live.registry_poll_s))
        if house.log is not None:
            house.log.start()
        yield
        follower.cancel()
        with suppress(asyncio.CancelledError):
            await follower
        if house.log is not None:
            await asyncio.to_thread(house.log.end)
