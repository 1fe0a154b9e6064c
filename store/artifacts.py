"""Artifacts of runs: what a run made, by path and digest; the bytes are elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.artifacts import LATEST, Artifact, ArtifactChoice, ArtifactDraft
from domain.errors import Conflict, NotFound
from domain.ids import AttemptID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.pages import Count, Page, TimeCursor
from domain.texts import shown
from store import tables
from store.artifact_aliases import aliases, move_aliases, raise_revisions
from store.counters import Counters, lock_run, save_counters
from store.lineage.files import insert_files, record_files
from store.outbox import Changed
from store.paging import count_below, fetch_pages
from store.standing import Standing, read_standing
from store.texts import Place, insert_texts
from store.transactions import Transaction

artifacts = tables.artifacts

COLUMNS = tuple(column for column in artifacts.c if column.name not in ("workspace", "graph_revision"))


async def log_artifact(
    tx: Transaction,
    workspace: WorkspaceID,
    run: RunID,
    draft: ArtifactDraft,
    *,
    id: UUID,
    attempt: AttemptID | None = None,
) -> None:
    """Add an artifact to a run; the same path again is another one. Raises `Conflict` if the id is taken."""
    await insert_files(tx, workspace, [draft])
    counters = await lock_run(tx, workspace, run)
    standing = await read_standing(tx, workspace, run, attempt)
    await put_artifact(tx, counters, draft, id=id, standing=standing)
    counters.raise_revision(tx, Changed.DOCUMENT)
    await save_counters(tx, counters)
    await record_files(tx, workspace, run, [draft])


async def put_artifact(
    tx: Transaction, counters: Counters, draft: ArtifactDraft, *, id: UUID, standing: Standing
) -> None:
    """Add an artifact to a run whose counters are locked."""
    made = await tx.conn.scalar(
        sa.dialects.postgresql.insert(artifacts)
        .values(
            workspace=counters.workspace,
            id=id,
            run=counters.run,
            name=draft.name,
            path=draft.path,
            size=draft.size,
            media_type=draft.media_type,
            digest=draft.digest,
            uri=draft.uri,
            step=draft.step,
            attempt=standing.attempt,
            superseded=_is_superseded(draft.step, standing),
        )
        .on_conflict_do_nothing(index_elements=["workspace", "id"])
        .returning(artifacts.c.id)
    )
    if made is None:
        raise Conflict(f"artifact {id} already exists", path=["id"])
    key = NodeKey(NodeKind.ARTIFACT, id)
    await insert_texts(
        tx, counters.workspace, key, {Place.NAME: draft.name, Place.PATH: draft.path}, about=counters.run
    )
    tx.changed(counters.workspace, key, 1, Changed.DOCUMENT)
    await move_aliases(tx, counters.workspace, counters.run, draft.path, draft.aliases, id)


def _is_superseded(step: int | None, standing: Standing) -> bool:
    """Say whether a later attempt began again before this step, as a late spool of an earlier one may find."""
    named = standing.order.find(standing.attempt) if standing.order is not None else None
    if step is None or standing.order is None or named is None:
        return False
    limit = standing.order.limit(named.number)
    return limit is not None and step > limit


async def set_artifact_alias(
    tx: Transaction, workspace: WorkspaceID, run: RunID, path: str, alias: str, version: int | None
) -> None:
    """Let an alias mean a version at a path of a run from now on, or nothing. Raises `NotFound`."""
    counters = await lock_run(tx, workspace, run)
    target = None
    if version is not None:
        found = await find_artifact(tx.conn, workspace, run, path, ArtifactChoice(version=version))
        if found is None:
            raise NotFound(f"the run has no version {version} of {shown(path)}", path=["version"])
        target = found.id
    losers = await move_aliases(tx, workspace, run, path, [alias], target)
    if losers == ({target} if target is not None else set()):
        return
    if target is not None:
        await raise_revisions(tx, workspace, [target])
    counters.raise_revision(tx, Changed.DOCUMENT)
    await save_counters(tx, counters)


async def find_artifact(
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, path: str, choice: ArtifactChoice
) -> Artifact | None:
    """Return the file at a path of a run that an alias or a number means, the newest without either; two queries."""
    wanted = (
        sa.select(artifacts.c.id)
        .where(artifacts.c.workspace == workspace, artifacts.c.run == run, artifacts.c.path == path)
        .limit(1)
    )
    if choice.version is not None:
        wanted = wanted.order_by(artifacts.c.created_at, artifacts.c.id).offset(choice.version - 1)
    elif choice.alias is not None and choice.alias != LATEST:
        named = sa.select(aliases.c.artifact).where(
            aliases.c.workspace == workspace, aliases.c.run == run, aliases.c.alias == choice.alias
        )
        wanted = wanted.where(artifacts.c.id.in_(named))
    else:
        wanted = wanted.order_by(artifacts.c.created_at.desc(), artifacts.c.id.desc())
    found = await conn.scalar(wanted)
    if found is None:
        return None
    return (await fetch_artifacts(conn, workspace, [found])).get(found)


async def fetch_artifacts(conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[UUID]) -> dict[UUID, Artifact]:
    """Return those artifacts of the workspace that exist, in one query."""
    rows = await conn.execute(sa.select(*COLUMNS).where(artifacts.c.workspace == workspace, artifacts.c.id.in_(ids)))
    return {artifact.id: artifact for artifact in map(_artifact, rows)}


async def fetch_artifacts_of(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Sequence[RunID], *, first: int, after: TimeCursor | None
) -> dict[RunID, Page[Artifact]]:
    """Return the artifacts of each run, the oldest first; one query."""
    pages = await fetch_pages(conn, artifacts, "run", workspace, runs, first=first, after=after, newest_first=False)
    return {RunID(run): Page([_artifact(row) for row in page.items], page.has_next) for run, page in pages.items()}


async def count_artifacts_of(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Sequence[RunID]
) -> dict[RunID, Count]:
    """Count the artifacts of each run."""
    counts = await count_below(conn, artifacts, "run", workspace, runs)
    return {RunID(run): count for run, count in counts.items()}


def _artifact(row: Any) -> Artifact:
    return Artifact(**{column.name: getattr(row, column.name) for column in COLUMNS})
