"""Reads that must show a write: by its token, or because it was acknowledged before its summaries moved."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncConnection

from api.context import Context
from api.info import Info
from domain.errors import InvalidInput, WriteLost
from domain.filters import Filter, MetricLeaf, iterate_leaves
from domain.orders import MetricOrder, Order
from domain.positions import parse_token
from store.outbox import fetch_token_exists, fetch_trimmed_through


def read_run_table(
    context: Context, where: Filter, orders: Sequence[Order] = ()
) -> AbstractAsyncContextManager[AsyncConnection]:
    """Give the connection for a question of the run table: one about metrics needs the summaries of all runs."""
    if any(isinstance(item, MetricLeaf | MetricOrder) for item in (*iterate_leaves(where), *orders)):
        return context.read_settled()
    return context.read()


async def await_token(info: Info, token: str | None) -> None:
    """Make the rest of this operation read the record itself. Raises `InvalidInput`, `WriteLost`."""
    if token is None:
        return
    try:
        asked = parse_token(token)
    except InvalidInput as exc:
        raise exc.below("atLeast") from exc
    async with info.context.database.read_primary() as conn:
        if not await fetch_token_exists(conn, asked) and asked.position > await fetch_trimmed_through(conn):
            raise WriteLost("the record has no such write: it was restored from before it", path=["atLeast"])
    info.context.reads_primary = True
