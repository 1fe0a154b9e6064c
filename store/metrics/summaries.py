"""Summaries in the record: one upsert for all series of a group of requests, and how they are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import RunID, WorkspaceID
from domain.metrics import HIDDEN, MetricPoint, Summary
from store import tables

summaries = tables.metric_summaries
keys = tables.keys


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """A series' summary; while `recomputing`, a resume has superseded points that still are in it."""

    summary: Summary
    recomputing: bool


async def fetch_summaries(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Collection[RunID], names: Collection[str] | None
) -> dict[RunID, dict[str, StoredSummary]]:
    """Return the summaries of those runs by key, in one query; all but hidden namespaces when `names` is None."""
    statement = (
        sa.select(keys.c.name, summaries)
        .join(keys, sa.and_(keys.c.workspace == summaries.c.workspace, keys.c.id == summaries.c.key))
        .where(summaries.c.workspace == workspace, summaries.c.run == sa.func.any(_uuids(runs)))
    )
    if names is None:
        statement = statement.where(*(~keys.c.name.startswith(prefix, autoescape=True) for prefix in HIDDEN))
    else:
        statement = statement.where(keys.c.name == sa.func.any(sa.cast(list(names), sa.ARRAY(sa.Text))))
    found: dict[RunID, dict[str, StoredSummary]] = {run: {} for run in runs}
    for row in (await conn.execute(statement)).mappings():
        found[RunID(row["run"])][row["name"]] = read_summary(row)
    return found


async def fetch_series_page(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    run: RunID,
    *,
    prefix: str | None,
    after: str | None,
    limit: int,
) -> list[tuple[str, StoredSummary]]:
    """Return series of a run by name, those after the name `after`; hidden namespaces only if the prefix is in one."""
    statement = (
        sa.select(keys.c.name, summaries)
        .join(keys, sa.and_(keys.c.workspace == summaries.c.workspace, keys.c.id == summaries.c.key))
        .where(summaries.c.workspace == workspace, summaries.c.run == run)
        .order_by(keys.c.name)
        .limit(limit)
    )
    if prefix:
        statement = statement.where(keys.c.name.startswith(prefix, autoescape=True))
    for hidden in HIDDEN:
        if not (prefix or "").startswith(hidden):
            statement = statement.where(~keys.c.name.startswith(hidden, autoescape=True))
    if after is not None:
        statement = statement.where(keys.c.name > after)
    return [(row["name"], read_summary(row)) for row in (await conn.execute(statement)).mappings()]


async def fetch_series_count(conn: AsyncConnection, workspace: WorkspaceID, run: RunID) -> int:
    """Return how many series of the run have points that are not superseded, hidden namespaces included."""
    statement = sa.select(sa.func.count()).where(summaries.c.workspace == workspace, summaries.c.run == run)
    return int((await conn.execute(statement)).scalar_one())


def read_summary(row: Any) -> StoredSummary:
    """Return a row of metric_summaries as a value."""
    summary = Summary(
        count=row["count"],
        nans=row["nans"],
        infinities=row["infinities"],
        first=_point(row, "first", row["first_rank"]),
        last=_point(row, "last", row["last_rank"]),
        minimum=None if row["min_value"] is None else _point(row, "min"),
        maximum=None if row["max_value"] is None else _point(row, "max"),
    )
    return StoredSummary(summary, row["recomputing"])


def _point(row: Any, name: str, rank: int = 0) -> MetricPoint:
    return MetricPoint(step=row[f"{name}_step"], time=row[f"{name}_time"], value=row[f"{name}_value"], rank=rank)


def _uuids(ids: Collection[UUID] | Sequence[UUID]) -> sa.Cast[Any]:
    return sa.cast(list(ids), sa.ARRAY(sa.Uuid))
