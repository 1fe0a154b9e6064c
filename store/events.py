"""Events of runs: JSON at (key, step), in the order of their arrival."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import RunID, WorkspaceID
from domain.json_texts import write_canonical
from domain.streams import Event
from store import tables
from store.counters import Counters
from store.outbox import Changed
from store.transactions import Transaction

events = tables.events
READ_LIMIT = 10_000


async def put_events(tx: Transaction, counters: Counters, given: Sequence[Event], *, keys: Mapping[str, int]) -> None:
    """Add events to a run whose counters are locked, and raise its revision; the caller saves the counters."""
    rows = []
    for event in given:
        write_canonical(event.value, "events", event.key)
        rows.append(
            {
                "workspace": counters.workspace,
                "run": counters.run,
                "key": keys[event.key],
                "step": event.step,
                "arrival": counters.next_order,
                "attempt": event.attempt,
                "happened_at": event.happened_at,
                "value": event.value,
            }
        )
        counters.next_order += 1
    if rows:
        await tx.conn.execute(sa.insert(events), rows)
        counters.raise_revision(tx, Changed.DOCUMENT)


async def fetch_events(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    run: RunID,
    *,
    names: Collection[str] | None = None,
    from_step: int | None = None,
    limit: int = READ_LIMIT,
) -> list[Event]:
    """Return events of a run by key, step and arrival."""
    keys = tables.keys.c
    statement = (
        sa.select(keys.name, events)
        .join_from(events, tables.keys, sa.and_(keys.workspace == events.c.workspace, keys.id == events.c.key))
        .where(events.c.workspace == workspace, events.c.run == run)
    )
    if names is not None:
        statement = statement.where(keys.name.in_(names))
    if from_step is not None:
        statement = statement.where(events.c.step >= from_step)
    ordered = statement.order_by(keys.name, events.c.step, events.c.arrival).limit(limit)
    return [
        Event(key=row.name, step=row.step, value=row.value, happened_at=row.happened_at, attempt=row.attempt)
        for row in await conn.execute(ordered)
    ]
