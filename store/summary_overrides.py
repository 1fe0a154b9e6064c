"""What a user set in place of a computed summary: any JSON under a key of a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import RunID, WorkspaceID
from domain.json_texts import write_canonical
from store import tables
from store.counters import Counters
from store.outbox import Changed
from store.transactions import Transaction

overrides = tables.summary_overrides


async def put_summary_overrides(
    tx: Transaction, counters: Counters, values: Mapping[str, Any], *, keys: Mapping[str, int]
) -> None:
    """Set overrides of a run whose counters are locked, and raise its revision; the caller saves the counters."""
    rows = []
    for name, value in sorted(values.items(), key=lambda item: keys[item[0]]):
        write_canonical(value, "summary", name)
        rows.append({"workspace": counters.workspace, "run": counters.run, "key": keys[name], "value": value})
    if rows:
        insert = sa.dialects.postgresql.insert(overrides)
        replace = insert.on_conflict_do_update(
            constraint=overrides.primary_key, set_={"value": insert.excluded.value, "updated_at": sa.func.now()}
        )
        await tx.conn.execute(replace, rows)
        counters.raise_revision(tx, Changed.DOCUMENT)


async def fetch_summary_overrides(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Collection[RunID]
) -> dict[RunID, dict[str, Any]]:
    """Return the overrides of each run by key, in one query."""
    keys = tables.keys.c
    found: dict[RunID, dict[str, Any]] = {run: {} for run in runs}
    rows = await conn.execute(
        sa.select(overrides.c.run, keys.name, overrides.c.value)
        .join_from(overrides, tables.keys, sa.and_(keys.workspace == overrides.c.workspace, keys.id == overrides.c.key))
        .where(overrides.c.workspace == workspace, overrides.c.run.in_(runs))
    )
    for run, name, value in rows:
        found[run][name] = value
    return found
