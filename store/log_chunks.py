"""Console output of runs, by line: the same chunk twice is written once, a later one replaces."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import RunID, WorkspaceID
from domain.streams import LogChunk
from store import tables
from store.counters import Counters
from store.transactions import Transaction

chunks = tables.log_chunks
OWN = ("lines", "content", "attempt")


async def put_log_chunks(tx: Transaction, counters: Counters, given: Sequence[LogChunk]) -> None:
    """Write chunks of a run whose counters are locked. Console output raises no revision: no document shows it."""
    if not given:
        return
    rows = [
        {
            "workspace": counters.workspace,
            "run": counters.run,
            "stream": chunk.stream,
            "writer": chunk.writer,
            "first_line": chunk.first_line,
            "lines": chunk.lines,
            "content": chunk.content,
            "attempt": chunk.attempt,
        }
        for chunk in given
    ]
    insert = sa.dialects.postgresql.insert(chunks)
    replace = insert.on_conflict_do_update(
        constraint=chunks.primary_key, set_={name: insert.excluded[name] for name in OWN}
    )
    await tx.conn.execute(replace, rows)


async def fetch_log_chunks(
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, stream: str, *, from_line: int = 0, limit: int = 100
) -> list[LogChunk]:
    """Return the chunks of a stream that begin at or after a line, in the order of lines."""
    rows = await conn.execute(
        sa.select(chunks)
        .where(
            chunks.c.workspace == workspace,
            chunks.c.run == run,
            chunks.c.stream == stream,
            chunks.c.first_line >= from_line,
        )
        .order_by(chunks.c.first_line, chunks.c.writer)
        .limit(limit)
    )
    return [
        LogChunk(
            stream=row.stream,
            writer=row.writer,
            first_line=row.first_line,
            lines=row.lines,
            content=row.content,
            attempt=row.attempt,
        )
        for row in rows
    ]
