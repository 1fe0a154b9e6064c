"""Taking facts back: their edges end to be known, and whatever followed from them is concluded anew."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.errors import Conflict, DomainError, NotFound
from domain.ids import NodeKind, RunID, WorkspaceID
from domain.lineage.edges import WHENCE, Interval
from domain.lineage.kinds import EdgeKind, Origin
from store.counters import lock_counters
from store.edges import fetch_intervals, retract_edges
from store.lineage.concluding import conclude
from store.lineage.drafts import Touched, is_of_points
from store.lineage.evaluations import fetch_evaluations
from store.lineage.moments import retime_versions
from store.lineage.runs import touch_runs
from store.lineage.unbound import fetch_unbound, retract_unbound
from store.transactions import Transaction


async def retract(tx: Transaction, workspace: WorkspaceID, ids: Sequence[UUID]) -> list[Interval]:
    """Retract edges and return those that stood. One that was retracted before stays so.

    An edge that follows from a fact without a version takes that fact with it. Raises, with the path of the edge,
    `NotFound` for what was never recorded, `Conflict` for what follows from other facts.
    """
    intervals = await fetch_intervals(tx.conn, workspace, ids)
    standing: list[Interval] = []
    for place, id_ in enumerate(ids):
        try:
            standing += [one for one in [_check(intervals.get(id_), id_)] if one.is_open]
        except DomainError as exc:
            raise exc.below("edges", str(place)) from exc
    locked = await lock_counters(tx, workspace, await _fetch_runs(tx, workspace, standing))
    touched = Touched()
    facts = {one.held.unbound for one in standing if one.held.unbound is not None}
    for stored in await fetch_unbound(tx, workspace, facts) if facts else ():
        touched.add_fact(stored.fact)
    await retract_unbound(tx, workspace, facts)
    bound = [one for one in standing if one.held.unbound is None]
    for one in await retract_edges(tx, workspace, [one.edge.id for one in bound]):
        touched.add_edge(one.edge)
    for edge in await retime_versions(tx, workspace, {key.uuid for key in touched.versions}):
        touched.add_edge(edge)
    await conclude(tx, workspace, touched)
    await touch_runs(tx, list(locked.values()))
    return standing


def _check(intervals: Sequence[Interval] | None, id_: UUID) -> Interval:
    if not intervals:
        raise NotFound(f"no edge {id_} was ever recorded in this workspace")
    newest = intervals[-1]
    edge = newest.edge
    if edge.origin is Origin.INFERRED and newest.held.unbound is None:
        raise Conflict(f"this {edge.kind.name} follows from other facts: retract those")
    if edge.producer == WHENCE and edge.kind in (EdgeKind.MEASURED_IN, EdgeKind.CALLED):
        raise Conflict(f"this {edge.kind.name} is what the run itself says: change the run")
    if is_of_points(edge):
        raise Conflict("this USED is what the points of the run say that they were measured on")
    return newest


async def _fetch_runs(tx: Transaction, workspace: WorkspaceID, standing: Sequence[Interval]) -> set[RunID]:
    runs = {one.edge.run for one in standing if one.edge.run is not None}
    ends = {end for one in standing for end in (one.edge.source, one.edge.target)}
    runs |= {RunID(end.uuid) for end in ends if end.kind is NodeKind.RUN}
    sides = {end.uuid for end in ends if end.kind is NodeKind.EVALUATION}
    found = await fetch_evaluations(tx.conn, workspace, sides) if sides else {}
    return runs | {one.run for one in found.values()}
