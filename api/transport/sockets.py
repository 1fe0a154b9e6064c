"""GraphQL over WebSocket, by the protocol graphql-transport-ws: subscriptions, and any other operation."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Any

import msgspec
import structlog
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.schema.base import BaseSchema
from strawberry.types.execution import PreExecutionError

from api.context import Context, Services
from api.transport.answers import encode, shape
from api.transport.contexts import WorkspaceDirectory, make_context
from api.transport.guard import Guard
from api.transport.observation import Figures
from api.transport.operations import Operation, parse_payload
from api.transport.refusals import Refusal, describe, mask
from domain.errors import DomainError, TooLarge, Unavailable

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 10.0

# What the protocol says when it closes a socket.
BAD_MESSAGE = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
BAD_SUBPROTOCOL = 4406
INIT_TIMEOUT = 4408
ID_TAKEN = 4409
INIT_AGAIN = 4429
NOT_FOUND = 4404
GOING_AWAY = 1001

log = structlog.get_logger()


class Message(msgspec.Struct, kw_only=True):
    """What a client sends."""

    type: str
    id: str | None = None
    payload: Any = None


_decoder = msgspec.json.Decoder(Message)


class Close(Exception):
    """The socket must be closed, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class SocketEndpoint:
    """Serves the sockets of one address, for whichever workspace they name."""

    def __init__(
        self, *, schema: BaseSchema, services: Services, directory: WorkspaceDirectory, guard: Guard, figures: Figures
    ) -> None:
        self._schema = schema
        self._services = services
        self._directory = directory
        self._guard = guard
        self._figures = figures

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one socket from its handshake to its end."""
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        if PROTOCOL not in offered:
            await websocket.close(BAD_SUBPROTOCOL, "Subprotocol not acceptable")
            return
        with self._figures.sockets.track_inprogress(), suppress(WebSocketDisconnect):
            try:
                context = await self._initialise(websocket)
                await Session(websocket, self._schema, context, self._figures).run()
            except Close as exc:
                await websocket.close(exc.code, str(exc)[:120])

    async def _initialise(self, websocket: WebSocket) -> Context:
        """Wait for the first message and admit its sender. Raises `Close`."""
        try:
            async with asyncio.timeout(INIT_SECONDS):
                message = await receive(websocket)
                while message.type != "connection_init":
                    if message.type == "ping":
                        await _send(websocket, {"type": "pong"})
                    elif message.type == "subscribe":
                        raise Close(UNAUTHORIZED, "Unauthorized")
                    message = await receive(websocket)
        except TimeoutError as exc:
            raise Close(INIT_TIMEOUT, "Connection initialisation timeout") from exc
        self._admit(websocket, message.payload)
        try:
            context = await make_context(websocket, self._services, self._directory)
        except (DomainError, Refusal) as exc:
            raise Close(NOT_FOUND, str(exc)) from exc
        await _send(websocket, {"type": "connection_ack"})
        return context

    def _admit(self, websocket: WebSocket, payload: object) -> None:
        """Take the token of the first message: a browser cannot give a WebSocket headers. Raises `Close`."""
        if websocket.scope.get("principal") is not None:
            return
        values = payload if isinstance(payload, dict) else {}
        given = values.get("Authorization") or values.get("authorization") or f"Bearer {values.get('token', '')}"
        try:
            websocket.scope["principal"] = self._guard.identify(given if isinstance(given, str) else None)
        except Refusal as exc:
            raise Close(FORBIDDEN, "Forbidden: the payload of connection_init must carry the access token") from exc


class Session:
    """One socket after its handshake: operations by the id their client gave them."""

    def __init__(self, websocket: WebSocket, schema: BaseSchema, context: Context, figures: Figures) -> None:
        self._websocket = websocket
        self._schema = schema
        self._context = context
        self._figures = figures
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Serve until either side closes. Raises `Close`, `WebSocketDisconnect`."""
        try:
            while True:
                await self._handle(await receive(self._websocket))
        finally:
            await self._stop_all()

    async def _handle(self, message: Message) -> None:
        match message:
            case Message(type="subscribe", id=str(name)):
                await self._start(name, message.payload)
            case Message(type="complete", id=str(name)):
                if task := self._running.pop(name, None):
                    task.cancel()
            case Message(type="ping"):
                await _send(self._websocket, {"type": "pong"})
            case Message(type="pong"):
                pass
            case Message(type="connection_init"):
                raise Close(INIT_AGAIN, "Too many initialisation requests")
            case _:
                raise Close(BAD_MESSAGE, f"Unknown message type {message.type[:40]!r}, or no id")

    async def _start(self, name: str, payload: object) -> None:
        if name in self._running:
            raise Close(ID_TAKEN, f"Subscriber for {name[:60]} already exists")
        most = self._context.services.settings.socket_operations
        try:
            if len(self._running) >= most:
                raise Refusal(TooLarge(f"more than {most} operations at once on one socket"))
            operation = parse_payload(payload)
            _ = operation.document
            operation.check_name()
        except Refusal as exc:
            await _send(self._websocket, {"id": name, "type": "error", "payload": [describe(exc.error)]})
            return
        kind = operation.kind
        self._figures.operations.labels(kind.value if kind else "unknown").inc()
        self._running[name] = asyncio.create_task(self._serve(name, operation))

    async def _serve(self, name: str, operation: Operation) -> None:
        """Run one operation to its end. What it sends waits for the client, so a slow one holds nothing but itself."""
        try:
            async with asyncio.timeout(self._limit(operation)):
                await self._stream(name, operation)
        except WebSocketDisconnect:
            pass
        except TimeoutError:
            await self._fail(name, describe(Unavailable("the request took too long and was stopped")))
        except Exception:
            log.exception("operation_failed", operation=operation.name)
            await self._fail(name, mask())
        finally:
            if self._running.get(name) is asyncio.current_task():
                del self._running[name]

    def _limit(self, operation: Operation) -> float | None:
        if operation.kind is OperationType.SUBSCRIPTION:
            return None
        return self._context.services.settings.request_seconds

    async def _stream(self, name: str, operation: Operation) -> None:
        results = await self._schema.stream(
            operation.document,
            variable_values=operation.variables,
            context_value=self._context.renewed(),
            operation_name=operation.name,
        )
        async with aclosing(results):
            async for result in results:
                payload = shape(result)  # type: ignore[arg-type]  # deferred parts exist only where they are turned on
                if isinstance(result, PreExecutionError):
                    await _send(self._websocket, {"id": name, "type": "error", "payload": payload["errors"]})
                    return
                await _send(self._websocket, {"id": name, "type": "next", "payload": payload})
        self._running.pop(name, None)
        await _send(self._websocket, {"id": name, "type": "complete"})

    async def _fail(self, name: str, error: dict[str, Any]) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await _send(self._websocket, {"id": name, "type": "error", "payload": [error]})

    async def _stop_all(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def receive(websocket: WebSocket) -> Message:
    """Return the next message. Raises `Close` for what is none, `WebSocketDisconnect`."""
    event = await websocket.receive()
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code", GOING_AWAY))
    text = event.get("text")
    if text is None:
        raise Close(BAD_MESSAGE, "WebSocket message type must be text")
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise Close(BAD_MESSAGE, f"Not a message of {PROTOCOL}: {exc}") from exc


async def _send(websocket: WebSocket, message: dict[str, Any]) -> None:
    await websocket.send_text(encode(message).decode())
