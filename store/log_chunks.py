"""Console output of runs, by line: the same chunk twice is written once, a later one replaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import RunID, WorkspaceID
from domain.streams import LogChunk
from store import tables
from store.counters import Counters, lock_run
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


async def log_console(tx: Transaction, workspace: WorkspaceID, run: RunID, chunk: LogChunk) -> None:
    """Write lines of a run. Locks its counters."""
    counters = await lock_run(tx, workspace, run)
    await put_log_chunks(tx, counters, [chunk])


async def fetch_console_writers(
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, stream: str
) -> list[tuple[str, int]]:
    """Return the writers of a stream, that which began last first, each with the number behind its last line."""
    rows = await conn.execute(
        sa.select(chunks.c.writer, sa.func.max(chunks.c.first_line + chunks.c.lines))
        .where(*_of_stream(workspace, run, stream))
        .group_by(chunks.c.writer)
        .order_by(sa.func.min(chunks.c.created_at).desc(), chunks.c.writer)
    )
    return [(writer, int(end)) for writer, end in rows]


async def fetch_lines(
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, stream: str, *, writer: str, from_line: int, limit: int
) -> list[LogChunk]:
    """Return a writer's chunks that hold a line or a later one, at most `limit`, in the order of lines."""
    rows = await conn.execute(
        sa.select(chunks)
        .where(
            *_of_stream(workspace, run, stream),
            chunks.c.writer == writer,
            chunks.c.first_line + chunks.c.lines > from_line,
        )
        .order_by(chunks.c.first_line)
        .limit(limit)
    )
    return [_chunk(row) for row in rows]


def _of_stream(workspace: WorkspaceID, run: RunID, stream: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (chunks.c.workspace == workspace, chunks.c.run == run, chunks.c.stream == stream)


def _chunk(row: Any) -> LogChunk:
    return LogChunk(
        stream=row.stream,
        writer=row.writer,
        first_line=row.first_line,
        lines=row.lines,
        content=row.content,
        attempt=row.attempt,
    )
