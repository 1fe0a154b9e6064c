"""Which digests the record names: bytes that it does not name may be deleted."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import RunID, WorkspaceID
from store import tables

_NAMING = (tables.artifacts, tables.artifact_versions, tables.dataset_versions, tables.model_versions)


async def fetch_named_digests(conn: AsyncConnection, workspace: WorkspaceID, digests: Collection[str]) -> set[str]:
    """Return those digests that a file, a dataset or a model of the record has; deleted ones count until purged."""
    found: set[str] = set()
    for table in _NAMING:
        named = sa.select(table.c.digest).where(table.c.workspace == workspace, table.c.digest.in_(digests)).distinct()
        found |= set(await conn.scalars(named))
    return found


async def fetch_digests_of_type(conn: AsyncConnection, workspace: WorkspaceID, media_type: str) -> list[str]:
    """Return the digests of all files of runs that have a media type."""
    table = tables.artifacts
    of_type = (
        sa.select(table.c.digest)
        .where(table.c.workspace == workspace, table.c.media_type == media_type, table.c.digest.is_not(None))
        .distinct()
    )
    return list(await conn.scalars(of_type))


async def fetch_path_digest(
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, paths: Collection[str]
) -> dict[str, tuple[str | None, str | None]]:
    """Return digest and media type of the newest file at each of some paths of a run."""
    table = tables.artifacts
    newest = (
        sa.select(table.c.path, table.c.digest, table.c.media_type)
        .where(table.c.workspace == workspace, table.c.run == run, table.c.path.in_(paths))
        .order_by(table.c.created_at, table.c.id)
    )
    return {row.path: (row.digest, row.media_type) for row in await conn.execute(newest)}
