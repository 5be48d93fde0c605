"""The interface over a WebSocket: samples in, activities out."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Final

from fastapi import WebSocket, WebSocketDisconnect

from har.errors import HarError
from har.live import answers
from har.live.answers import Listener
from har.live.house import House
from har.live.limits import Bucket

SAMPLES_A_SECOND: Final = 1000.0  # five times the fastest phone; a client that sends faster is read more slowly
OF_ONE_ADDRESS: Final = 16  # streams at once, where others than this machine can take part
BURST: Final = 10_000.0  # samples
REASON_BYTES: Final = 123  # of a closing frame (RFC 6455, sec. 5.5)
INVALID, TRY_LATER, LEAVING = 1007, 1013, 1001  # codes of a closing frame (RFC 6455, sec. 7.4; IANA)


async def serve(socket: WebSocket, house: House) -> None:
    """Answer one client until it leaves, falls silent, or sends what cannot be right."""
    await socket.accept()
    client = socket.client.host if socket.client else ""
    if house.streams.total() >= house.live.max_streams or (not house.local and house.streams[client] >= OF_ONE_ADDRESS):
        await _close(socket, TRY_LATER, "too many streams: try again later.")
        return
    house.streams[client] += 1
    try:
        await _listen(socket, house)
    except HarError as error:
        await _close(socket, INVALID, str(error))
    except TimeoutError:
        await _close(socket, LEAVING, f"nothing sent or read for {house.live.timeout_s:g} s.")
    except WebSocketDisconnect:
        pass  # the client has left
    finally:
        house.streams[client] -= 1
        house.streams += Counter()  # forgets addresses without a stream


async def _listen(socket: WebSocket, house: House) -> None:
    listener = Listener(house.watch.current, house.live, house.note())
    bucket = Bucket(SAMPLES_A_SECOND, BURST)
    metrics = house.metrics
    while True:
        async with asyncio.timeout(house.live.timeout_s):
            received = await socket.receive()
        if received["type"] == "websocket.disconnect":
            return
        with metrics.hearing.time():
            message = answers.parse(received.get("text"))
            found = listener.hear(house.watch.current, message)
            async with asyncio.timeout(house.live.timeout_s):  # a client that does not read stops being read
                for answer in found:
                    await socket.send_text(answer.model_dump_json())
        metrics.samples.inc(len(message.t))
        if found:
            metrics.answers.labels("streams").inc(len(found))
        if debt_s := bucket.take(len(message.t)):
            await asyncio.sleep(debt_s)


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    """Close with as much of `reason` as a closing frame holds; nothing happens where the client has left."""
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))
