"""Deployments: what an endpoint serves, from when, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.errors import Conflict, InvalidInput, NotFound
from domain.ids import GlobalID, NodeKey, NodeKind, WorkspaceID
from domain.lineage.claims import Claim
from domain.lineage.edges import replace
from domain.lineage.kinds import EdgeKind, Origin
from domain.nodes import make_natural_key
from domain.references import IDRef, NodeRef
from store import tables
from store.edges import fetch_open, record_edges
from store.lineage.concluding import conclude
from store.lineage.drafts import Touched
from store.lineage.recording import Recorded, record_claims
from store.lineage.registering import make_version
from store.lineage.unbound import fetch_unbound_into, record_unbound
from store.node_rows import fetch_existing, insert_nodes
from store.outbox import Changed
from store.transactions import Transaction

revisions = tables.deployment_revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentDraft:
    """A revision to be deployed; without a name it is the next number. `replaces`: those that are live end with it."""

    environment: str
    endpoint: str
    revision: str | None = None
    serves: tuple[NodeRef, ...]
    at: datetime
    replaces: bool = False
    origin: Origin = Origin.OBSERVED
    producer: str = ""


async def deploy(tx: Transaction, workspace: WorkspaceID, draft: DeploymentDraft) -> tuple[NodeKey, Recorded]:
    """Deploy versions to an endpoint and return the revision. Raises `Conflict` for a revision that began before."""
    parts = {"environment": draft.environment, "endpoint": draft.endpoint}
    natural_key = make_natural_key(NodeKind.DEPLOYMENT, *parts.values())
    made = await insert_nodes(tx, workspace, NodeKind.DEPLOYMENT, {natural_key: parts}, placeholder=False)
    deployment = made[natural_key]
    revision = await make_version(tx, workspace, NodeKind.DEPLOYMENT_REVISION, deployment, draft.revision)
    row = await _lock(tx, workspace, revision.uuid)
    if row.started_at is not None:
        raise Conflict(f"revision {row.name} began at {row.started_at.isoformat()}", path=["revision"])
    if draft.replaces:
        await _end_all(tx, workspace, deployment, draft.at)
    await _save(tx, workspace, row, {"started_at": draft.at, "placeholder": False})
    claims = [
        Claim(
            kind=EdgeKind.DEPLOYED_AS,
            source=served,
            target=IDRef(GlobalID(revision.kind, workspace, revision.uuid)),
            held_from=draft.at,
            origin=draft.origin,
            producer=draft.producer,
        )
        for served in draft.serves
    ]
    return revision, await record_claims(tx, workspace, claims)


async def undeploy(
    tx: Transaction, workspace: WorkspaceID, environment: str, endpoint: str, revision: str | None, *, at: datetime
) -> list[UUID]:
    """End a revision, or all that are live at an endpoint; return those that ended.

    Raises `NotFound` for an endpoint or revision that is not there, `Conflict` for one that ended otherwise,
    `InvalidInput` for an end before the start.
    """
    natural_key = make_natural_key(NodeKind.DEPLOYMENT, environment, endpoint)
    found = await fetch_existing(tx.conn, workspace, NodeKind.DEPLOYMENT, [natural_key])
    if not found:
        raise NotFound(f"nothing was deployed to {endpoint!r} in {environment!r}", path=["endpoint"])
    deployment = found[natural_key]
    if revision is None:
        return await _end_all(tx, workspace, deployment, at)
    key = make_natural_key(NodeKind.DEPLOYMENT_REVISION, str(deployment), revision)
    known = await fetch_existing(tx.conn, workspace, NodeKind.DEPLOYMENT_REVISION, [key])
    if not known:
        raise NotFound(f"{endpoint!r} has no revision {revision!r}", path=["revision"])
    row = await _lock(tx, workspace, known[key])
    if row.ended_at is not None and row.ended_at != at:
        raise Conflict(f"revision {row.name} ended at {row.ended_at.isoformat()}", path=["revision"])
    await _end(tx, workspace, row, at)
    return [row.id]


async def _end_all(tx: Transaction, workspace: WorkspaceID, deployment: UUID, at: datetime) -> list[UUID]:
    live = await tx.conn.execute(
        sa.select(revisions)
        .where(
            revisions.c.workspace == workspace,
            revisions.c.deployment == deployment,
            revisions.c.started_at.is_not(None),
            revisions.c.ended_at.is_(None),
        )
        .order_by(revisions.c.id)
        .with_for_update(key_share=True)
    )
    rows = live.all()
    for row in rows:
        await _end(tx, workspace, row, at)
    return [row.id for row in rows]


async def _end(tx: Transaction, workspace: WorkspaceID, row: Any, at: datetime) -> None:
    if row.started_at is not None and at < row.started_at:
        raise InvalidInput(f"revision {row.name} began at {row.started_at.isoformat()}, after that", path=["at"])
    if row.ended_at == at:
        return
    await _save(tx, workspace, row, {"ended_at": at})
    serving = await fetch_open(tx.conn, workspace, targets=[row.id], kinds=[EdgeKind.DEPLOYED_AS])
    own = {one.edge: replace(one.held, held_to=at) for one in serving if one.held.unbound is None}
    await record_edges(tx, workspace, own)
    facts = await fetch_unbound_into(tx, workspace, [row.id])
    if facts:
        await record_unbound(tx, workspace, {one.fact: replace(one.held, held_to=at) for one in facts})
        await conclude(tx, workspace, Touched(models={one.fact.name.uuid for one in facts}))


async def _save(tx: Transaction, workspace: WorkspaceID, row: Any, values: dict[str, Any]) -> None:
    """Write a locked revision with what changed."""
    changed = await tx.conn.execute(
        sa.update(revisions)
        .where(revisions.c.workspace == workspace, revisions.c.id == row.id)
        .values(
            **values,
            revision=revisions.c.revision + 1,
            graph_revision=revisions.c.graph_revision + 1,
            version=revisions.c.version + 1,
        )
        .returning(revisions.c.revision)
    )
    key = NodeKey(NodeKind.DEPLOYMENT_REVISION, row.id)
    tx.changed(workspace, key, changed.scalar_one(), Changed.GRAPH | Changed.DOCUMENT)


async def _lock(tx: Transaction, workspace: WorkspaceID, revision: UUID) -> Any:
    rows = await tx.conn.execute(
        sa.select(revisions)
        .where(revisions.c.workspace == workspace, revisions.c.id == revision)
        .with_for_update(key_share=True)
    )
    return rows.one()
