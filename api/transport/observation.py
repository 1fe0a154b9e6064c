"""What the service tells of itself: an id and an event for each request, and figures for Prometheus."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from secrets import token_hex

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.transport.answers import encode
from api.transport.refusals import mask

log = structlog.get_logger()

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(slots=True)
class Figures:
    """What `/metrics` shows. Each application has its own registry."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    requests: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    under_way: Gauge = field(init=False)
    sockets: Gauge = field(init=False)
    operations: Counter = field(init=False)
    crashes: Counter = field(init=False)
    waiting_points: Gauge = field(init=False)

    def __post_init__(self) -> None:
        registry = self.registry
        ProcessCollector(registry=registry)
        self.requests = Counter("whence_requests", "Requests answered.", ["route", "status"], registry=registry)
        self.seconds = Histogram(
            "whence_request_seconds", "Time to answer a request.", ["route"], buckets=SECONDS, registry=registry
        )
        self.under_way = Gauge("whence_requests_under_way", "Requests being answered.", registry=registry)
        self.sockets = Gauge("whence_sockets", "Open WebSockets.", registry=registry)
        self.operations = Counter(
            "whence_socket_operations", "Operations started on WebSockets.", ["kind"], registry=registry
        )
        self.crashes = Counter("whence_background_crashes", "Crashes of background tasks.", ["task"], registry=registry)
        self.waiting_points = Gauge(
            "whence_ingest_waiting_points", "Metric points admitted and not yet committed.", registry=registry
        )

    async def page(self, request: Request) -> Response:
        """Answer `/metrics`."""
        return Response(generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class ObservationMiddleware:
    """Gives each request an id, counts and times it, logs it, and masks what nobody caught."""

    def __init__(self, app: ASGIApp, *, figures: Figures, access_log: bool) -> None:
        self._app = app
        self._figures = figures
        self._tell = log.info if access_log else log.debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _read_request_id(scope)
        scope["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if scope["type"] == "http":
                await self._observe(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", scope["request_id"].encode())]
            await send(message)

        with self._figures.under_way.track_inprogress():
            try:
                await self._app(scope, receive, watch)
            except Exception:
                log.exception("request_failed", method=scope["method"], path=scope["path"])
                if not status:
                    await _answer_masked(watch)
        self._record(scope, status, time.perf_counter() - began)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = name_route(scope["path"])
        self._figures.requests.labels(route, str(status)).inc()
        self._figures.seconds.labels(route).observe(seconds)
        if scope["path"] not in QUIET:
            tell = log.warning if status >= 500 else self._tell
            tell(
                "request_served",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round(seconds * 1000, 1),
            )


def name_route(path: str) -> str:
    """Return the label of a path: few enough of them, whatever is asked for."""
    if path.endswith("/graphql"):
        return "graphql"
    return path.strip("/") if path in QUIET else "page"


def _read_request_id(scope: Scope) -> str:
    """Return the id that the caller (a proxy, a client) gave, if it is a fit one, or a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else token_hex(8)


async def _answer_masked(send: Send) -> None:
    body = encode({"errors": [mask()]})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
