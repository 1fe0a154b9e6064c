"""Summaries in the record: one upsert for all series of a group of requests, and how they are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.ids import RunID, WorkspaceID
from domain.metrics import HIDDEN, MetricPoint, Summary
from store import tables
from store.metrics.settling import SettledConnection

summaries = tables.metric_summaries
keys = tables.keys


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """A series' summary; while `recomputing`, a resume has superseded points that still are in it."""

    summary: Summary
    recomputing: bool


async def fetch_summaries(
    conn: SettledConnection, workspace: WorkspaceID, runs: Collection[RunID], names: Collection[str] | None
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
    conn: SettledConnection,
    workspace: WorkspaceID,
    run: RunID,
    *,
    prefix: str | None,
    after: str | None,
    limit: int,
) -> list[tuple[str, StoredSummary]]:
    """Return series of a run by name, those after the name `after`; hidden namespaces only if the prefix is in one."""
    return (await fetch_series_pages(conn, workspace, [run], prefix=prefix, after=after, limit=limit))[run]


async def fetch_series_pages(
    conn: SettledConnection,
    workspace: WorkspaceID,
    runs: Collection[RunID],
    *,
    prefix: str | None,
    after: str | None,
    limit: int,
) -> dict[RunID, list[tuple[str, StoredSummary]]]:
    """Return the same of several runs, in one query."""
    asked = sa.func.unnest(_uuids(runs)).table_valued("run").render_derived("asked")
    page = (
        sa.select(keys.c.name, summaries)
        .join(keys, sa.and_(keys.c.workspace == summaries.c.workspace, keys.c.id == summaries.c.key))
        .where(summaries.c.workspace == workspace, summaries.c.run == asked.c.run, *_shown(prefix))
        .order_by(keys.c.name)
        .limit(limit)
    )
    if after is not None:
        page = page.where(keys.c.name > after)
    lateral = page.lateral("page")
    found: dict[RunID, list[tuple[str, StoredSummary]]] = {run: [] for run in runs}
    statement = sa.select(lateral).select_from(asked.join(lateral, sa.true())).order_by(lateral.c.run, lateral.c.name)
    for row in (await conn.execute(statement)).mappings():
        found[RunID(row["run"])].append((row["name"], read_summary(row)))
    return found


async def count_series(
    conn: SettledConnection, workspace: WorkspaceID, runs: Collection[RunID], *, prefix: str | None
) -> dict[RunID, int]:
    """Return how many series `fetch_series_pages` finds for each run on all its pages, in one query."""
    statement = (
        sa.select(summaries.c.run, sa.func.count())
        .join(keys, sa.and_(keys.c.workspace == summaries.c.workspace, keys.c.id == summaries.c.key))
        .where(summaries.c.workspace == workspace, summaries.c.run == sa.func.any(_uuids(runs)), *_shown(prefix))
        .group_by(summaries.c.run)
    )
    return {RunID(run): count for run, count in await conn.execute(statement)}


def _shown(prefix: str | None) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on a series' name: it begins so, and hidden ones only where the prefix is in theirs."""
    conditions = [keys.c.name.startswith(prefix, autoescape=True)] if prefix else []
    hidden = [namespace for namespace in HIDDEN if not (prefix or "").startswith(namespace)]
    return conditions + [~keys.c.name.startswith(namespace, autoescape=True) for namespace in hidden]


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
