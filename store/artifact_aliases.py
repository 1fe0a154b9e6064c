"""Versions of a run's files and their aliases: the files at one path are counted from 1, and names move among them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from store import tables
from store.outbox import Changed
from store.transactions import Transaction

artifacts, aliases = tables.artifacts, tables.artifact_aliases

STANDINGS = sa.text(
    """
    SELECT numbered.id, numbered.number,
        ARRAY(SELECT alias FROM artifact_aliases a WHERE a.workspace = :workspace AND a.artifact = numbered.id
              ORDER BY alias) AS aliases
    FROM (
        SELECT id, row_number() OVER (PARTITION BY run, path ORDER BY created_at, id) AS number FROM artifacts
        WHERE workspace = :workspace AND (run, path) IN
            (SELECT run, path FROM artifacts WHERE workspace = :workspace AND id = ANY(CAST(:ids AS uuid[])))
    ) AS numbered
    WHERE numbered.id = ANY(CAST(:ids AS uuid[]))
    """
)


@dataclass(frozen=True, slots=True)
class VersionNames:
    """What a file is called among those at its path: its number, counted from 1, and its aliases by name."""

    number: int
    aliases: list[str]


async def fetch_version_names(
    conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[UUID]
) -> dict[UUID, VersionNames]:
    """Return the number and the aliases of each file, in one query over the files at the same paths."""
    rows = await conn.execute(STANDINGS, {"workspace": workspace, "ids": list(ids)})
    return {row.id: VersionNames(row.number, list(row.aliases)) for row in rows}


async def move_aliases(
    tx: Transaction, workspace: WorkspaceID, run: RunID, path: str, names: Collection[str], target: UUID | None
) -> set[UUID]:
    """Take aliases away from the files at a path of a locked run that have them, and give them to `target`.

    Returns the files that lost one; their revisions are raised.
    """
    if not names:
        return set()
    those = (aliases.c.workspace == workspace, aliases.c.run == run, aliases.c.alias.in_(names))
    at_path = sa.select(artifacts.c.id).where(
        artifacts.c.workspace == workspace, artifacts.c.run == run, artifacts.c.path == path
    )
    lost = sa.delete(aliases).where(*those, aliases.c.artifact.in_(at_path)).returning(aliases.c.artifact)
    losers = set(await tx.conn.scalars(lost))
    if target is not None:
        rows = [{"workspace": workspace, "artifact": target, "alias": name, "run": run} for name in names]
        await tx.conn.execute(sa.insert(aliases).values(rows))
    await raise_revisions(tx, workspace, losers - {target})
    return losers


async def raise_revisions(tx: Transaction, workspace: WorkspaceID, ids: Collection[UUID]) -> None:
    """Raise the revisions of files whose aliases have changed."""
    if not ids:
        return
    raised = await tx.conn.execute(
        sa.update(artifacts)
        .where(artifacts.c.workspace == workspace, artifacts.c.id.in_(ids))
        .values(revision=artifacts.c.revision + 1)
        .returning(artifacts.c.id, artifacts.c.revision)
    )
    for row in raised:
        tx.changed(workspace, NodeKey(NodeKind.ARTIFACT, row.id), row.revision, Changed.DOCUMENT)
