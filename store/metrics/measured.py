"""On what, and of what, a point of a series was measured: the context whose own summary holds that very point."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.metrics import MetricContext, MetricPoint, Summary
from store import tables
from store.metrics.summaries import read_summary

NOTHING = MetricContext()


async def fetch_point_context(
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, key: str, point: MetricPoint
) -> MetricContext:
    """Return what a first, last, lowest or highest point of a series said of itself; nothing where it said nothing."""
    measured, contexts, keys = tables.metric_measurements, tables.metric_contexts, tables.keys
    statement = (
        sa.select(contexts, measured, sa.literal(False).label("recomputing"))
        .join(keys, sa.and_(keys.c.workspace == measured.c.workspace, keys.c.id == measured.c.key))
        .join(
            contexts,
            sa.and_(
                contexts.c.workspace == measured.c.workspace,
                contexts.c.run == measured.c.run,
                contexts.c.number == measured.c.context,
            ),
        )
        .where(measured.c.workspace == workspace, measured.c.run == run, keys.c.name == key)
        .order_by(contexts.c.number)
    )
    for row in (await conn.execute(statement)).mappings():
        if _holds(read_summary(row).summary, point):
            return _read(row)
    return NOTHING


def _holds(summary: Summary, point: MetricPoint) -> bool:
    ends = (summary.first, summary.last, summary.minimum, summary.maximum)
    return any(end is not None and _same(end, point) for end in ends)


def _same(one: MetricPoint, other: MetricPoint) -> bool:
    equal = one.value == other.value or (one.value != one.value and other.value != other.value)
    return equal and (one.step, one.time) == (other.step, other.time)


def _read(row: Any) -> MetricContext:
    return MetricContext(
        on=None if row["on_node"] is None else NodeKey(NodeKind(row["on_kind"]), row["on_node"]),
        subset=row["subset"],
        of=None if row["of_node"] is None else NodeKey(NodeKind(row["of_kind"]), row["of_node"]),
    )
