"""Which digests the record names: bytes that it does not name may be deleted."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.artifacts import ArtifactChoice
from domain.ids import RunID, WorkspaceID
from store import tables
from store.artifacts import find_artifact

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
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, paths: Collection[str], choice: ArtifactChoice
) -> dict[str, tuple[str | None, str | None]]:
    """Return digest and media type of the file that is chosen at each of some paths of a run that have it."""
    table = tables.artifacts
    there = sa.select(table.c.path.distinct()).where(
        table.c.workspace == workspace, table.c.run == run, table.c.path.in_(paths)
    )
    found = {}
    for path in (await conn.scalars(there)).all():
        artifact = await find_artifact(conn, workspace, run, path, choice)
        if artifact is not None:
            found[path] = (artifact.digest, artifact.media_type)
    return found
