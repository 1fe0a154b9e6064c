"""How many runs fulfil a filter, counted to the limit of counts."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments import Lifecycle
from domain.filters import EVERYTHING, And, Filter, Not, Or, normalise
from domain.ids import WorkspaceID
from domain.pages import COUNT_LIMIT, Count
from store.run_table.conditions import is_about_fields, live, probe
from store.run_table.fragments import Values, all_of, fetch_rows
from store.run_table.leads import FEW, SOME, find_all, find_lead, list_conjuncts
from store.run_table.lookups import Lookups, fetch_lookups

SAMPLE = 500
"""Runs that are looked at to foresee how many are hits."""

MANY = 0.15
"""The part of them from which on looking at one run after the other is the quicker way to 10,000 hits."""


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
    if not _has_alternatives(where) or not await _are_many(conn, where, lifecycle, lookups):
        lead = await find_lead(conn, where, lookups, limit=SOME if len(list_conjuncts(where)) > 1 else FEW)
        values = Values(workspace)
        found = find_all(where, lead, "run", lookups, values)
    else:
        values = Values(workspace)
        found = probe(where, "run", lookups, values)
    lived = live("run", lifecycle, lookups, values)
    return Count.capped(await _count(conn, all_of([lived, found]), values, limit=COUNT_LIMIT + 1))


def _has_alternatives(where: Filter) -> bool:
    """Say whether an `or` of values stands in the filter: a set of ids, which is dear where it is large."""
    chains = (item.item if isinstance(item, Not) else item for item in list_conjuncts(where))
    return any(isinstance(item, And | Or) and not is_about_fields(item) for item in chains)


async def _are_many(conn: AsyncConnection, where: Filter, lifecycle: Lifecycle, lookups: Lookups) -> bool:
    """Say whether so many of some runs are hits that looking at one run after the other soon comes to the limit."""
    values = Values(lookups.workspace)
    some = f"SELECT * FROM runs WHERE workspace = {values.workspace} ORDER BY id DESC LIMIT {SAMPLE}"
    found = all_of([live("run", lifecycle, lookups, values), probe(where, "run", lookups, values)])
    rows = await fetch_rows(conn, f"SELECT count(*) FROM ({some}) run WHERE {found}", values)
    return bool(rows[0][0] > SAMPLE * MANY)


async def _count(conn: AsyncConnection, found: str, values: Values, *, limit: int) -> int:
    counted = f"SELECT FROM runs run WHERE run.workspace = {values.workspace} AND {found} LIMIT {limit}"
    rows = await fetch_rows(conn, f"SELECT count(*) FROM ({counted}) counted", values)
    return int(rows[0][0])
