"""Reads that must show a write: its token is looked for in the record itself."""

from __future__ import annotations

from api.info import Info
from domain.errors import InvalidInput, WriteLost
from domain.positions import parse_token
from store.outbox import fetch_token_exists, fetch_trimmed_through


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
