"""Pages of what stands below several subjects at once: one query, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import WorkspaceID
from domain.pages import COUNT_LIMIT, Count, Page, TimeCursor


async def fetch_pages(
    conn: AsyncConnection,
    table: sa.Table,
    column: str,
    workspace: WorkspaceID,
    subjects: Sequence[UUID],
    *,
    first: int,
    after: TimeCursor | None,
    newest_first: bool,
) -> dict[UUID, Page[Any]]:
    """Return a page of rows of `table` for each subject, by (created_at, id); deleted rows are left out."""
    place = sa.tuple_(table.c.created_at, table.c.id)
    order = (table.c.created_at, table.c.id)
    wanted = _unnest(subjects)
    inner = sa.select(table).where(table.c.workspace == workspace, table.c[column] == wanted.c.subject)
    inner = inner.where(table.c.deleted_at.is_(None)).limit(first + 1)
    if after is not None:
        border = sa.tuple_(sa.literal(after.moment), sa.literal(after.uuid))
        inner = inner.where(place < border if newest_first else place > border)
    found = inner.order_by(*(part.desc() for part in order) if newest_first else order).lateral("found")
    rows = await conn.execute(sa.select(wanted.c.subject.label("page_of"), found).join_from(wanted, found, sa.true()))
    gathered: dict[UUID, list[Any]] = {subject: [] for subject in subjects}
    for row in rows:
        gathered[row.page_of].append(row)
    # A join promises no order; within a page it is short work to make one.
    return {
        subject: Page.cut(sorted(items, key=lambda row: (row.created_at, row.id), reverse=newest_first), first)
        for subject, items in gathered.items()
    }


async def count_below(
    conn: AsyncConnection, table: sa.Table, column: str, workspace: WorkspaceID, subjects: Sequence[UUID]
) -> dict[UUID, Count]:
    """Count the rows of each subject that are not deleted, to the limit of counts, in one query."""
    wanted = _unnest(subjects)
    capped = (
        sa.select(sa.literal(1))
        .where(table.c.workspace == workspace, table.c[column] == wanted.c.subject, table.c.deleted_at.is_(None))
        .limit(COUNT_LIMIT + 1)
        .correlate(wanted)
        .subquery()
        .lateral("capped")
    )
    counted = sa.select(sa.func.count()).select_from(capped).correlate(wanted).scalar_subquery()
    rows = await conn.execute(sa.select(wanted.c.subject, counted))
    return {subject: Count.capped(found) for subject, found in rows}


def _unnest(subjects: Sequence[UUID]) -> sa.TableValuedAlias:
    array = sa.cast(list(dict.fromkeys(subjects)), sa.ARRAY(sa.Uuid))
    return sa.func.unnest(array).table_valued(sa.column("subject", sa.Uuid)).render_derived(name="wanted")
