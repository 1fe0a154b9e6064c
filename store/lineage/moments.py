"""Times of edges that nobody gave a time of: they follow from the times of runs and versions, and move with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import ALWAYS, NEVER, Edge, Held, Interval, replace
from domain.lineage.kinds import PRODUCING, EdgeKind, Origin
from store import tables
from store.edges import edges, fetch_open, record_edges
from store.lineage.runs import RunFacts, fetch_run_facts
from store.node_tables import LINEAGE
from store.transactions import Transaction

_OF_RUN = frozenset({
    EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.RAN_CODE, EdgeKind.RAN_IN, EdgeKind.MEASURED_IN,
})  # fmt: skip
_BETWEEN_RUNS = frozenset({EdgeKind.CALLED, EdgeKind.CONTINUED_AS})


@dataclass(frozen=True, slots=True)
class Moments:
    """When runs were and when versions came to be, as far as anybody told."""

    runs: Mapping[RunID, RunFacts]
    versions: Mapping[UUID, datetime]

    def find(self, edge: Edge) -> datetime | None:
        """Return when an edge holds from if nobody told; None where its run is gone, so that it stays as it is."""
        if edge.kind in _OF_RUN and edge.run is not None:
            run = self.runs.get(edge.run)
            if run is None:
                return None
            return run.output_time if edge.kind is EdgeKind.GENERATED else run.started_at
        if edge.kind in _BETWEEN_RUNS:
            ends = [self.runs.get(RunID(end.uuid)) for end in (edge.source, edge.target)]
            starts = [run.started_at for run in ends if run is not None]
            return max(starts) if len(starts) == len(ends) else None
        known = [self.versions[end.uuid] for end in (edge.source, edge.target) if end.uuid in self.versions]
        return max(known, default=ALWAYS)


async def fetch_moments(tx: Transaction, workspace: WorkspaceID, asked: Iterable[Edge]) -> Moments:
    """Return the times that those edges follow from, in a few queries."""
    runs: set[RunID] = set()
    versions: set[NodeKey] = set()
    for edge in asked:
        if edge.run is not None:
            runs.add(edge.run)
        for end in (edge.source, edge.target):
            if end.kind is NodeKind.RUN:
                runs.add(RunID(end.uuid))
            elif edge.kind not in _OF_RUN:
                versions.add(end)
    return Moments(await fetch_run_facts(tx, workspace, runs), await fetch_version_times(tx, workspace, versions))


async def fetch_version_times(
    tx: Transaction, workspace: WorkspaceID, versions: Collection[NodeKey]
) -> dict[UUID, datetime]:
    """Return when versions came to be: as told of them, else the earliest time that they were generated at.

    Only what was told counts: a time that follows from another edge's would depend on the order of arrival.
    """
    found = await _fetch_generated(tx, workspace, [key.uuid for key in versions])
    by_kind: dict[NodeKind, list[UUID]] = {}
    for key in versions:
        by_kind.setdefault(key.kind, []).append(key.uuid)
    for kind, ids in by_kind.items():
        if kind not in LINEAGE:
            continue
        table = LINEAGE[kind][0]
        told = table.c.started_at if table is tables.deployment_revisions else table.c.happened_at
        rows = await tx.conn.execute(
            sa.select(table.c.id, told.label("told")).where(
                table.c.workspace == workspace, table.c.id.in_(ids), told.is_not(None)
            )
        )
        found |= {row.id: row.told for row in rows}
    return found


async def _fetch_generated(tx: Transaction, workspace: WorkspaceID, ids: Collection[UUID]) -> dict[UUID, datetime]:
    if not ids:
        return {}
    rows = await tx.conn.execute(
        sa.select(edges.c.target, sa.func.min(edges.c.held_from).label("first"))
        .where(
            edges.c.workspace == workspace,
            edges.c.target.in_(ids),
            edges.c.kind.in_([kind.value for kind in PRODUCING]),
            edges.c.retracted == NEVER,
            edges.c.origin != Origin.INFERRED.value,
            sa.or_(edges.c.own_time, edges.c.kind == EdgeKind.GENERATED.value),
        )
        .group_by(edges.c.target)
    )
    return {row.target: row.first for row in rows}


async def time_edges(tx: Transaction, workspace: WorkspaceID, claims: Mapping[Edge, Held]) -> dict[Edge, Held]:
    """Return the edges with a time for each that has none of its own."""
    moments = await fetch_moments(tx, workspace, [edge for edge, held in claims.items() if not held.own_time])
    return {edge: held if held.own_time else _timed(edge, held, moments) for edge, held in claims.items()}


async def retime_edges(tx: Transaction, workspace: WorkspaceID, around: Collection[Interval]) -> list[Edge]:
    """Move those open edges that follow times which changed; return which moved. Inferred ones stay."""
    claims = {one.edge: one.held for one in around if not one.held.own_time and one.edge.origin is not Origin.INFERRED}
    timed = await time_edges(tx, workspace, claims)
    moved = {edge: held for edge, held in timed.items() if held != claims[edge]}
    await record_edges(tx, workspace, moved)
    return list(moved)


async def retime_versions(tx: Transaction, workspace: WorkspaceID, versions: Collection[UUID]) -> list[Edge]:
    """The same around versions that came to be at another time than was known."""
    kinds = [EdgeKind.DERIVED, EdgeKind.REGISTERED_AS, EdgeKind.DEPLOYED_AS]
    around = await fetch_open(tx.conn, workspace, sources=versions, kinds=kinds)
    around += await fetch_open(tx.conn, workspace, targets=versions, kinds=kinds)
    return await retime_edges(tx, workspace, around)


def _timed(edge: Edge, held: Held, moments: Moments) -> Held:
    found = moments.find(edge)
    return held if found is None else replace(held, held_from=found)
