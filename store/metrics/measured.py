"""On what, and of what, a point of a series was measured: the context whose own summary holds that very point."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.metrics import MetricContext, MetricPoint
from store import tables

NOTHING = MetricContext()
ENDS = ("first", "last", "min", "max")


async def fetch_point_context(
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, key: str, point: MetricPoint
) -> MetricContext:
    """Return what a first, last, lowest or highest point of a series said of itself; nothing where it said nothing."""
    measured, contexts, keys = tables.metric_measurements, tables.metric_contexts, tables.keys
    statement = (
        sa.select(contexts, measured)
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
        if any(_is_end(row, end, point) for end in ENDS):
            return _read(row)
    return NOTHING


def _is_end(row: Any, end: str, point: MetricPoint) -> bool:
    value = row[f"{end}_value"]
    if value is None:  # all points are NaN: there is no lowest and no highest
        return False
    equal = value == point.value or (value != value and point.value != point.value)
    return equal and (row[f"{end}_step"], row[f"{end}_time"]) == (point.step, point.time)


def _read(row: Any) -> MetricContext:
    return MetricContext(
        on=None if row["on_node"] is None else NodeKey(NodeKind(row["on_kind"]), row["on_node"]),
        subset=row["subset"],
        of=None if row["of_node"] is None else NodeKey(NodeKind(row["of_kind"]), row["of_node"]),
    )
