"""What points of a run were measured on and of: declared contexts, numbered in the run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import numpy as np
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import TooLarge
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.metrics import MAX_CONTEXTS, MetricContext
from domain.points import Ints
from store import tables

FETCH = """
SELECT number, on_kind, on_node, subset, of_kind, of_node FROM metric_contexts WHERE workspace = $1 AND run = $2
"""
INSERT = """
INSERT INTO metric_contexts (workspace, run, number, on_kind, on_node, subset, of_kind, of_node)
SELECT $1, $2, * FROM unnest($3::int[], $4::smallint[], $5::uuid[], $6::text[], $7::smallint[], $8::uuid[])
"""


@dataclass(slots=True)
class RunContexts:
    """The contexts of one run by number; those in `fresh` are not written yet."""

    numbers: dict[MetricContext, int] = field(default_factory=dict)
    fresh: list[MetricContext] = field(default_factory=list)

    def check(self, asked: Sequence[MetricContext]) -> None:
        """Raise `TooLarge` if the run cannot take these contexts."""
        total = len(self.numbers) + sum(context not in self.numbers for context in asked)
        if total > MAX_CONTEXTS:
            message = f"the points of a run have at most {MAX_CONTEXTS} contexts (on, subset, of), these make {total}"
            raise TooLarge(message, path=["series"])

    def number(self, column: Ints, asked: Sequence[MetricContext]) -> Ints:
        """Return a column of a request's own context indexes (0 for none) as numbers of the run's contexts."""
        found = [0]
        for context in asked:
            if context not in self.numbers:
                self.numbers[context] = len(self.numbers) + 1
                self.fresh.append(context)
            found.append(self.numbers[context])
        return np.array(found, np.int64)[column]


async def fetch_contexts(driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID) -> RunContexts:
    """Return the contexts that points of the run have, in one query."""
    rows = await driver.fetch(FETCH, workspace, run)
    return RunContexts({_context(row): row["number"] for row in rows})


async def fetch_contexts_of(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Collection[RunID]
) -> dict[RunID, list[MetricContext]]:
    """Return the contexts that points of each run have, in the order of their numbers, in one query."""
    table = tables.metric_contexts
    rows = await conn.execute(
        sa.select(table).where(table.c.workspace == workspace, table.c.run.in_(runs)).order_by(table.c.number)
    )
    found: dict[RunID, list[MetricContext]] = {}
    for row in rows.mappings():
        found.setdefault(row["run"], []).append(_context(row))
    return found


async def insert_contexts(
    driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, contexts: RunContexts
) -> None:
    """Write the contexts that are new; the run's counters must be locked."""
    if not contexts.fresh:
        return
    rows = [(contexts.numbers[one], *_node(one.on), one.subset, *_node(one.of)) for one in contexts.fresh]
    await driver.execute(INSERT, workspace, run, *map(list, zip(*rows, strict=True)))
    contexts.fresh = []


def _node(node: NodeKey | None) -> tuple[int | None, object]:
    return (None, None) if node is None else (node.kind.value, node.uuid)


def _context(row: Any) -> MetricContext:
    on = None if row["on_node"] is None else NodeKey(NodeKind(row["on_kind"]), row["on_node"])
    of = None if row["of_node"] is None else NodeKey(NodeKind(row["of_kind"]), row["of_node"])
    return MetricContext(on=on, subset=row["subset"], of=of)
