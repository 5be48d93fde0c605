"""What the server counts and times, in Prometheus' words."""

import time
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from har.live.watch import Watch

BUCKETS_S: Final = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics:
    """The figures of one server, in a registry of their own."""

    def __init__(self, watch: Watch, streams: Callable[[], float]) -> None:
        """streams: how many are open now."""
        self._watch = watch
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter("har_requests", "HTTP requests answered", ["route", "status"], registry=registry)
        self._seconds = Histogram(
            "har_request_seconds", "From a request to its answer's end", ["route"], buckets=BUCKETS_S, registry=registry
        )
        self.samples = Counter("har_samples", "Samples heard on sockets", registry=registry)
        self.answers = Counter("har_answers", "Windows answered", ["to"], registry=registry)
        self.hearing = Histogram(
            "har_hearing_seconds", "From a message on a socket to its answers", buckets=BUCKETS_S, registry=registry
        )
        self.recordings = Counter("har_recordings", "Recordings that were kept", ["as"], registry=registry)
        self.logged = Counter("har_log_windows", "Windows of the log", ["as"], registry=registry)
        self._model = Gauge("har_model", "The model in use", ["version", "sha256"], registry=registry)
        Gauge("har_streams", "Sockets that are open", registry=registry).set_function(streams)
        reloads = Gauge("har_model_reloads", "Times that the model was replaced", registry=registry)
        reloads.set_function(lambda: watch.reloads)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        champion = self._watch.current
        self._model.clear()
        self._model.labels(champion.about.version, champion.sha256).set(1)
        return generate_latest(self._registry)

    def count(self, app: ASGIApp) -> ASGIApp:
        """`app` with its HTTP requests counted and timed, by route: what a client asks for is no label."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            started, status = time.perf_counter(), 500

            async def noting(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            try:
                await app(scope, receive, noting)
            finally:
                route = getattr(scope.get("route"), "path", "") or "page"
                self._requests.labels(route, status).inc()
                self._seconds.labels(route).observe(time.perf_counter() - started)

        return counted
