"""Lists of experiments: those that fulfil a filter, the newest first."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments import Experiment, Lifecycle
from domain.filters import EVERYTHING, Filter, normalise
from domain.ids import WorkspaceID
from domain.pages import COUNT_LIMIT, Count, Page, TimeCursor
from domain.search.documents import DocumentKind
from store.experiments import COLUMNS, make_experiment
from store.run_table.fragments import TRUE, Values, all_of, fetch_rows
from store.run_table.lookups import Lookups, fetch_lookups
from store.search.asking import Asked
from store.search.conditions import Document, fulfils

LIVED = {
    Lifecycle.PRESENT: "e.deleted_at IS NULL AND e.archived_at IS NULL",
    Lifecycle.ARCHIVED: "e.deleted_at IS NULL AND e.archived_at IS NOT NULL",
    Lifecycle.DELETED: "e.deleted_at IS NOT NULL",
    Lifecycle.ALL: TRUE,
}
EXPERIMENT = Document(kind=DocumentKind.EXPERIMENT, node="e.id", about="e.id")


async def list_experiments(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    where: Filter = EVERYTHING,
    *,
    first: int,
    after: TimeCursor | None = None,
    lifecycle: Lifecycle = Lifecycle.PRESENT,
) -> Page[Experiment]:
    """Return the experiments that fulfil a filter, the newest first. Raises `TooLarge`."""
    values = Values(workspace)
    conditions = [await _find(conn, workspace, where, lifecycle, values)]
    if after is not None:
        border = f"{values.bind(after.moment, 'timestamptz')}, {values.bind(after.uuid, 'uuid')}"
        conditions.append(f"(e.created_at, e.id) < ({border})")
    columns = ", ".join(f"e.{column.name}" for column in COLUMNS)
    limit = values.bind(first + 1, "bigint")
    order = "ORDER BY e.created_at DESC, e.id DESC"
    rows = await fetch_rows(
        conn, f"SELECT {columns} FROM experiments e WHERE {all_of(conditions)} {order} LIMIT {limit}", values
    )
    return Page.cut([make_experiment(row) for row in rows], first)


async def count_experiments(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    where: Filter = EVERYTHING,
    *,
    lifecycle: Lifecycle = Lifecycle.PRESENT,
) -> Count:
    """Count them, to the limit of counts. Raises `TooLarge`."""
    values = Values(workspace)
    found = await _find(conn, workspace, where, lifecycle, values)
    some = f"SELECT FROM experiments e WHERE {found} LIMIT {values.bind(COUNT_LIMIT + 1, 'bigint')}"
    rows = await fetch_rows(conn, f"SELECT count(*) FROM ({some}) found", values)
    return Count.capped(int(rows[0][0]))


async def _find(
    conn: AsyncConnection, workspace: WorkspaceID, where: Filter, lifecycle: Lifecycle, values: Values
) -> str:
    """Return the condition that an experiment is meant; one query where the filter names something."""
    tree = normalise(where)
    lookups = Lookups(workspace=workspace) if tree == EVERYTHING else await fetch_lookups(conn, workspace, tree)
    asked = Asked(workspace=workspace, lookups=lookups, hidden=(), scope=None)
    own = f"e.workspace = {values.workspace}"
    return all_of([own, LIVED[lifecycle], fulfils(tree, EXPERIMENT, asked, values)])
