"""Edges from a model by its alias: to the version that the alias meant at the edge's own time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.edges import Edge, replace
from domain.lineage.kinds import EdgeKind
from store import tables
from store.edges import make_interval
from store.lineage.drafts import Drafts, Touched
from store.lineage.moments import fetch_version_times
from store.lineage.runs import RunFacts, fetch_run_facts
from store.lineage.syncing import sync
from store.lineage.unbound import StoredFact, fetch_unbound, fetch_unbound_of
from store.transactions import Transaction

STANDING = """
SELECT e.* FROM model_versions v
JOIN edges e ON e.workspace = v.workspace AND e.source = v.id AND e.kind IN (1, 3, 5)
    AND e.retracted = 9223372036854775807 AND e.unbound IS NOT NULL
WHERE v.workspace = $1 AND v.model = $2
"""
OF_FACTS = """
SELECT * FROM edges WHERE workspace = $1 AND unbound = ANY($2::uuid[]) AND retracted = 9223372036854775807
"""


@dataclass(frozen=True, slots=True)
class AliasTime:
    """From when to when an alias meant a version, or nothing."""

    alias: str
    version: UUID | None
    held_from: datetime
    held_to: datetime | None

    def covers(self, moment: datetime) -> bool:
        return self.held_from <= moment and (self.held_to is None or moment < self.held_to)


async def fetch_alias_times(tx: Transaction, workspace: WorkspaceID, model: UUID) -> list[AliasTime]:
    """Return what the aliases of a model meant and when, as it is known now."""
    aliases = tables.model_aliases.c
    rows = await tx.conn.execute(
        sa.select(aliases.alias, aliases.model_version, aliases.held_from, aliases.held_to)
        .where(aliases.workspace == workspace, aliases.model == model, aliases.retracted.is_(None))
        .order_by(aliases.alias, aliases.held_from)
    )
    return [AliasTime(row.alias, row.model_version, row.held_from, row.held_to) for row in rows]


def find_version(times: Collection[AliasTime], alias: str | None, moment: datetime) -> UUID | None:
    """Return the version that an alias meant at a moment."""
    return next((one.version for one in times if one.alias == alias and one.covers(moment)), None)


async def conclude_aliases(
    tx: Transaction, workspace: WorkspaceID, model: UUID, touched: Touched, *, only: Collection[UUID] | None = None
) -> None:
    """Bring the edges from a model's aliases in step with what the aliases meant: all, or those of some facts."""
    facts = await (fetch_unbound_of(tx, workspace, model) if only is None else fetch_unbound(tx, workspace, only))
    times = await fetch_alias_times(tx, workspace, model)
    runs = await fetch_run_facts(tx, workspace, {one.fact.run for one in facts if one.fact.run is not None})
    others = await fetch_version_times(tx, workspace, {one.fact.other for one in facts if one.fact.run is None})
    due = Drafts(workspace)
    for stored in facts:
        run = None if stored.fact.run is None else runs.get(stored.fact.run)
        moment = _find_moment(stored, run, others)
        version = find_version(times, stored.fact.alias, moment)
        if version is not None:
            _add(due, stored, run, version, moment)
    if only is None:
        rows = await tx.driver.fetch(STANDING, workspace, model)
    else:
        rows = await tx.driver.fetch(OF_FACTS, workspace, list(only))
    standing = [make_interval(row) for row in rows]
    await sync(tx, standing, due, touched)


def _find_moment(stored: StoredFact, run: RunFacts | None, others: dict[UUID, datetime]) -> datetime:
    if stored.held.own_time:
        return stored.held.held_from
    if run is not None:
        return run.started_at
    return others.get(stored.fact.other.uuid, stored.held.held_from)


def _add(due: Drafts, stored: StoredFact, run: RunFacts | None, version: UUID, moment: datetime) -> None:
    fact = stored.fact
    held = replace(stored.held, held_from=moment, unbound=fact.id)
    edge = Edge(
        workspace=fact.workspace,
        kind=fact.kind,
        source=NodeKey(NodeKind.MODEL_VERSION, version),
        target=fact.other,
        role=fact.role,
        run=fact.run,
        subset=fact.subset,
        origin=fact.origin,
        producer=fact.producer,
    )
    if edge.kind is EdgeKind.USED and run is not None:
        due.add_sided(edge, held, run)
    else:
        due.add(edge, held)
