"""A question to the record with all that it names looked up first, and what is out of sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.filters import Filter, IdsLeaf
from domain.ids import WorkspaceID
from domain.orders import Order, ParamOrder, TagOrder
from domain.search.questions import By, Dimension
from store import tables
from store.run_table.fragments import TRUE, Values, all_of, fetch_rows, none_of
from store.run_table.lookups import Lookups, fetch_lookups

FEW = 1000
"""Hidden runs that are listed in a statement; more are looked up one by one."""

HIDDEN = """
(SELECT id FROM runs WHERE workspace = {workspace} AND (deleted_at IS NOT NULL OR archived_at IS NOT NULL)
 LIMIT {limit})
UNION ALL
(SELECT id FROM merged_nodes WHERE workspace = {workspace} AND retracted IS NULL LIMIT {limit})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What statements about one question share."""

    workspace: WorkspaceID
    lookups: Lookups
    hidden: Sequence[UUID] | None
    """Runs and merged nodes that are not found, nor what stands on them; None where there are too many to list."""
    scope: IdsLeaf | None

    def begin(self) -> Values:
        """Return the values of a new statement."""
        return Values(self.workspace)

    def is_seen(self, about: str, values: Values) -> str:
        """Return the condition that what a document is about is in sight."""
        experiments = [*self.lookups.deleted, *self.lookups.archived]
        conditions = [none_of(about, experiments, "uuid", values)]
        run = f"SELECT FROM runs h WHERE h.workspace = {values.workspace} AND h.id = {about}"
        if self.hidden is None:
            conditions.append(f"NOT EXISTS ({run} AND (h.deleted_at IS NOT NULL OR h.archived_at IS NOT NULL))")
            merged = f"m.workspace = {values.workspace} AND m.id = {about} AND m.retracted IS NULL"
            conditions.append(f"NOT EXISTS (SELECT FROM merged_nodes m WHERE {merged})")
        else:
            conditions.append(none_of(about, list(self.hidden), "uuid", values))
        if experiments:
            within = values.bind(experiments, "uuid[]")
            conditions.append(f"NOT EXISTS ({run} AND h.experiment = ANY({within}))")
        return all_of(conditions)

    def is_inside(self, node: str, about: str, values: Values) -> str:
        """Return the condition that a document is in the scope."""
        return TRUE if self.scope is None else has_id(self.scope, node, about, values)


def has_id(leaf: IdsLeaf, node: str, about: str, values: Values) -> str:
    """Return the condition that a document, or what it is about, is among some ids."""
    ids = values.bind(list(leaf.ids), "uuid[]")
    return f"{about} = ANY({ids})" if node == about else f"({about} = ANY({ids}) OR {node} = ANY({ids}))"


async def ask(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    condition: Filter,
    orders: Sequence[Order],
    dimensions: Sequence[By],
    scope: IdsLeaf | None,
) -> Asked:
    """Look up what a question names; two queries."""
    named = [_as_order(by) for by in dimensions if by.key is not None]
    lookups = await fetch_lookups(conn, workspace, condition, [*orders, *named])
    values = Values(workspace)
    statement = HIDDEN.format(workspace=values.workspace, limit=values.bind(FEW + 1, "bigint"))
    hidden = [row.id for row in await fetch_rows(conn, statement, values)]
    return Asked(workspace=workspace, lookups=lookups, hidden=None if len(hidden) > FEW else hidden, scope=scope)


async def fetch_hidden(conn: AsyncConnection, workspace: WorkspaceID) -> list[UUID]:
    """Return the experiments that were put away or deleted: an index beside the record does not know of them."""
    experiments = tables.experiments.c
    gone = sa.or_(experiments.deleted_at.is_not(None), experiments.archived_at.is_not(None))
    return list(
        (await conn.execute(sa.select(experiments.id).where(experiments.workspace == workspace, gone))).scalars()
    )


def _as_order(by: By) -> Order:
    return TagOrder(by.key or "") if by.dimension is Dimension.TAG else ParamOrder(by.key or "")
