"""How many runs fulfil a filter, counted to the limit of counts."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments import Lifecycle
from domain.filters import EVERYTHING, Filter, normalise
from domain.ids import WorkspaceID
from domain.pages import COUNT_LIMIT, Count
from store.run_table.conditions import join, live
from store.run_table.fragments import Values, all_of, fetch_rows
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
    values = Values(workspace)
    found = all_of(
        [
            f"run.workspace = {values.workspace}",
            live("run", lifecycle, lookups, values),
            join(where, "run", lookups, values),
        ]
    )
    counted = f"SELECT FROM runs run WHERE {found} LIMIT {COUNT_LIMIT + 1}"
    rows = await fetch_rows(conn, f"SELECT count(*) FROM ({counted}) counted", values)
    return Count.capped(rows[0][0])
