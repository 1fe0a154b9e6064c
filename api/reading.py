"""Reads that must show a write: by its token, or because it was acknowledged before its summaries moved."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from api.connections import AT_LEAST
from api.context import Context
from api.enums import expose
from api.info import Info
from domain.errors import InvalidInput, WriteLost
from domain.filters import Filter, MetricLeaf, iterate_leaves
from domain.orders import MetricOrder, Order
from domain.positions import Token, parse_token
from projection.routing import Fallback, Wants
from store.outbox import fetch_token_exists, fetch_trimmed_through

DEFAULT_WAIT_MS = 2000
LONGEST_WAIT_MS = 30_000

expose(
    Fallback,
    "What happens where a projection does not show what the answer must, or is away.",
    {
        "RECORD": "The record answers, more slowly at size.",
        "NONE": "An error of the code NOT_YET_PROJECTED, or UNAVAILABLE where the projection's server is away.",
    },
)

AtLeast = Annotated[str | None, strawberry.argument(description=AT_LEAST)]
WaitMs = Annotated[
    int,
    strawberry.argument(
        description="How long a projection is waited for until it shows the write of `atLeast`, in milliseconds, "
        f"0 to {LONGEST_WAIT_MS}. What the record answers waits for nothing."
    ),
]
WithFallback = Annotated[
    Fallback, strawberry.argument(description="Who answers where a projection does not show the write in time.")
]


def read_run_table(
    context: Context, where: Filter, orders: Sequence[Order] = ()
) -> AbstractAsyncContextManager[AsyncConnection]:
    """Give the connection for a question of the run table: one about metrics needs the summaries of all runs."""
    if any(isinstance(item, MetricLeaf | MetricOrder) for item in (*iterate_leaves(where), *orders)):
        return context.read_settled()
    return context.read()


async def await_token(
    info: Info, token: str | None, *, wait_ms: int = DEFAULT_WAIT_MS, fallback: Fallback = Fallback.RECORD
) -> None:
    """Note what the rest of this operation must show, and make it read the record itself.

    A projection that is asked later waits by these. Raises `InvalidInput`, `WriteLost`.
    """
    context = info.context
    if not 0 <= wait_ms <= LONGEST_WAIT_MS:
        raise InvalidInput(f"waitMs is {wait_ms}; it must be between 0 and {LONGEST_WAIT_MS}", path=["waitMs"])
    asked = None if token is None else read_token(token)
    context.wants = Wants(workspace=context.workspace, token=asked, seconds=wait_ms / 1000, fallback=fallback)
    if asked is None:
        return
    async with context.database.read_primary() as conn:
        if not await fetch_token_exists(conn, asked) and asked.position > await fetch_trimmed_through(conn):
            raise WriteLost("the record has no such write: it was restored from before it", path=["atLeast"])
    context.reads_primary = True


def read_token(text: str) -> Token:
    """Read the argument `atLeast`. Raises `InvalidInput`."""
    try:
        return parse_token(text)
    except InvalidInput as exc:
        raise exc.below("atLeast") from exc
