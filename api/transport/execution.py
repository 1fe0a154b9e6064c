"""Running one operation: within its time, and no longer than someone waits for the answer of a query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from graphql import OperationType
from strawberry.exceptions import MissingQueryError
from strawberry.schema.base import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as StrawberryOperation

from api.context import Context
from api.transport.operations import Operation
from api.transport.refusals import Refusal
from domain.errors import InvalidInput, Unavailable

WATCH_AFTER_S = 0.5
"""Most answers are ready sooner, and pay nothing for the watch over their client."""

QUERIES = (StrawberryOperation.QUERY,)
QUERIES_AND_MUTATIONS = (StrawberryOperation.QUERY, StrawberryOperation.MUTATION)


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


async def execute(
    schema: BaseSchema, operation: Operation, context: Context, *, allowed: Iterable[StrawberryOperation]
) -> ExecutionResult:
    """Run an operation. Raises `Refusal` for one that may not run this way."""
    try:
        return await schema.execute(
            operation.document,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.name,
            allowed_operation_types=allowed,
        )
    except CannotGetOperationTypeError as exc:
        raise Refusal(InvalidInput(exc.as_http_error_reason(), path=["operationName"])) from exc
    except MissingQueryError as exc:
        raise Refusal(InvalidInput("the request has no query", path=["query"])) from exc
    except InvalidOperationTypeError as exc:
        raise _not_this_way(exc, allowed) from exc


def _not_this_way(exc: InvalidOperationTypeError, allowed: Iterable[StrawberryOperation]) -> Refusal:
    if exc.operation_type is StrawberryOperation.SUBSCRIPTION:
        return Refusal(InvalidInput("subscriptions come over a WebSocket (graphql-transport-ws) at this address"))
    assert StrawberryOperation.MUTATION not in allowed  # noqa: S101
    return Refusal(InvalidInput("a mutation cannot be sent by GET; use POST"), status=405, headers={"Allow": "POST"})


async def run_watched(
    work: Awaitable[Any], *, operation: Operation, seconds: float, wait_gone: Callable[[], Awaitable[None]]
) -> Any:
    """Await the work for at most `seconds`. Raises `Refusal` when they are over, `ClientGone`.

    The work of a query ends with its client. A mutation goes on: each of its transactions is committed whole or not
    at all, and so that all of them are, only the time limit stops it.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=min(WATCH_AFTER_S, seconds))
        if task.done():
            return task.result()
        async with asyncio.timeout(max(0.0, seconds - WATCH_AFTER_S)):
            await _outlast(task, operation, wait_gone)
            return await task
    except TimeoutError as exc:
        raise Refusal(Unavailable(f"the request took longer than {seconds:g} s and was stopped")) from exc
    finally:
        await _stop(task)


async def _outlast(task: asyncio.Future[Any], operation: Operation, wait_gone: Callable[[], Awaitable[None]]) -> None:
    gone = asyncio.ensure_future(wait_gone())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and operation.kind is not OperationType.MUTATION:
            raise ClientGone
    finally:
        await _stop(gone)


async def _stop(task: asyncio.Future[Any]) -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
