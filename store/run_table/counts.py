"""How many runs fulfil a filter, counted to the limit of counts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments import Lifecycle
from domain.filters import EVERYTHING, Filter, normalise
from domain.ids import WorkspaceID
from domain.pages import COUNT_LIMIT, Count
from store import tables
from store.run_table.conditions import join, live
from store.run_table.lookups import fetch_lookups


async def count_runs(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    where: Filter = EVERYTHING,
    *,
    lifecycle: Lifecycle = Lifecycle.PRESENT,
) -> Count:
    """Count the runs that fulfil a filter; ask only where somebody wants to know. Raises `TooLarge`."""
    where = normalise(where)
    lookups = await fetch_lookups(conn, workspace, where)
    runs = tables.runs.alias("run")
    hits = sa.select(runs.c.id).where(
        runs.c.workspace == workspace, live(runs, lifecycle, lookups), join(where, runs, lookups)
    )
    counted = hits.limit(COUNT_LIMIT + 1).subquery()
    return Count.capped((await conn.execute(sa.select(sa.func.count()).select_from(counted))).scalar_one())
