"""Load `har live` with phones that stream over WebSockets: does it lose a sample, and how long does an answer take?

Run it with `python benchmarks/live_load.py`. The server is one process, as `har live` starts it, and the phones are
this one. Every phone sends ten samples every 0.2 s. An answer's time runs from when the message with the window's last
sample was due to leave until the answer is there: the phones' own lateness counts against the server. The resampler
waits for two samples beyond the window, so that some answers have to wait for the next message; the second line leaves
that wait out.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).resolve().parents[1]
RATE_HZ, A_MESSAGE = 50, 10  # samples a second, samples a message
PERIOD_S = A_MESSAGE / RATE_HZ
WINDOW, HOP, BEYOND = 128, 32, 2  # samples: models/har.tflite, params.yaml, har.live.stream
GOAL_MS = 250.0
PATIENCE_S = 30.0
GRAVITY, GAIT_HZ, STEP_MS2, SWING_RADS = 9.80665, 1.8, 3.0, 1.0  # a regular walk


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as page:
        (Path(page) / "index.html").write_text("")
        command = [sys.executable, "-m", "har", "live", "--http", "--port", "0", "--page", page]
        started = time.perf_counter()
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            address = next(line.split()[2] for line in server.stdout if line.startswith("har live: "))
            print(f"start-up: {time.perf_counter() - started:.1f} s")
            met = asyncio.run(load(address, options.phones, round(options.seconds * RATE_HZ / A_MESSAGE)))
            print(f"server: at most {peak_memory(server.pid) / 1e6:.0f} MB")
        finally:
            server.terminate()
            server.wait()
    print(f"goal (nothing lost, p99 of sample to answer at most {GOAL_MS:g} ms): {'met' if met else 'NOT met'}")
    return 0 if met else 1


async def load(address: str, phones: int, messages: int) -> bool:
    """Stream, then compare what was sent with what the server heard and answered; returns whether the goal is met."""
    stream = f"{address.replace('http', 'ws', 1)}v1/stream"
    texts = [text(message) for message in range(messages)]
    start = time.perf_counter() + 2.0  # by then all are connected
    results = await asyncio.gather(*(phone(stream, texts, start + PERIOD_S * i / phones) for i in range(phones)))
    async with httpx.AsyncClient() as client:
        figures = (await client.get(f"{address}metrics")).text
    sent = phones * messages * A_MESSAGE
    heard = round(figure(figures, "har_samples_total"))
    due = phones * windows(messages)
    latencies = np.concatenate([np.array(each) for each in results])
    print(f"{phones} phones, {messages * PERIOD_S:g} s: sent {sent} samples, heard {heard}, lost {sent - heard}")
    print(f"windows due {due}, answered {len(latencies)}")
    for title, column in (("sample to answer", 0), ("message to answer", 1)):
        p50, p99, worst = np.percentile(latencies[:, column], [50, 99, 100])
        print(f"{title + ', ms:':<22} p50 {p50:6.1f}  p99 {p99:6.1f}  worst {worst:6.1f}")
    memory, cpu = figure(figures, "process_resident_memory_bytes"), figure(figures, "process_cpu_seconds_total")
    print(f"server: {memory / 1e6:.0f} MB, {cpu:.1f} s of processor time")
    return sent == heard and len(latencies) == due and bool(np.percentile(latencies[:, 0], 99) <= GOAL_MS)


async def phone(stream: str, texts: list[str], start: float) -> list[tuple[float, float]]:
    """Stream from one phone; returns the two times (ms) of each answer."""
    found: list[tuple[float, float]] = []
    async with connect(stream, compression=None, max_queue=None) as socket:
        due = windows(len(texts))
        reader = asyncio.create_task(read(socket, start, due, found))
        with suppress(TimeoutError, ConnectionClosed):  # what has not come by then is lost
            for message, sent in enumerate(texts):
                await asyncio.sleep(max(start + message * PERIOD_S - time.perf_counter(), 0))
                await socket.send(sent)
            await asyncio.wait_for(reader, PATIENCE_S)
        reader.cancel()
    return found


async def read(socket, start: float, due: int, found: list[tuple[float, float]]) -> None:
    while len(found) < due:
        answer = await socket.recv()
        now = time.perf_counter()
        last = round(json.loads(answer)["t"] * RATE_HZ)
        left = [start + (sample // A_MESSAGE) * PERIOD_S for sample in (last, last + BEYOND)]
        found.append(((now - left[0]) * 1000, (now - left[1]) * 1000))


def windows(messages: int) -> int:
    """How many windows are complete after so many messages."""
    return len(range(WINDOW + BEYOND, messages * A_MESSAGE + 1, HOP))


def text(message: int) -> str:
    """The `message`-th message of a walk."""
    t = (message * A_MESSAGE + np.arange(A_MESSAGE)) / RATE_HZ
    swing = np.sin(2 * np.pi * GAIT_HZ * t)
    acceleration = [GRAVITY + STEP_MS2 * swing, 0.3 * STEP_MS2 * swing, 0.2 * STEP_MS2 * swing]
    samples = np.column_stack([*acceleration, *(share * SWING_RADS * swing for share in (1.0, 0.5, 0.2))])
    return json.dumps({"t": t.round(3).tolist(), "samples": samples.round(4).tolist()})


def peak_memory(process: int) -> float:
    """The most memory (bytes) that a process has had at once; Linux alone tells."""
    status = Path(f"/proc/{process}/status").read_text()
    return 1024 * next(float(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def figure(metrics: str, name: str) -> float:
    return next(float(line.split()[1]) for line in metrics.splitlines() if line.startswith(f"{name} "))


if __name__ == "__main__":
    sys.exit(main())
