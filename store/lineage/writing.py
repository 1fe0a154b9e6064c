"""Drafts become rows: edges, facts without a version, Evaluations, and then whatever follows from them."""

from __future__ import annotations

from domain.ids import NodeKind
from domain.lineage.edges import Edge
from domain.lineage.kinds import EdgeKind
from store.edges import fetch_open, record_edges, retract_edges
from store.lineage.concluding import conclude
from store.lineage.drafts import Drafts
from store.lineage.evaluations import insert_evaluations
from store.lineage.moments import retime_versions, time_edges
from store.lineage.told_roles import prefer_told
from store.lineage.unbound import record_unbound
from store.transactions import Transaction

_OF_RUN = frozenset({EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.MEASURED_IN})


async def write_drafts(tx: Transaction, drafts: Drafts) -> None:
    """Record what was drafted and conclude what follows; the counters of the runs are locked.

    The last that a transaction does to lineage: it takes the workspace's lock of inference, which is held to the end.
    """
    workspace = drafts.workspace
    await insert_evaluations(tx, workspace, drafts.evaluations)
    await prefer_told(tx, drafts)
    await _drop_own_files(tx, drafts)
    for edge in await _close(tx, drafts):
        drafts.touched.add_edge(edge)
    # What runs made comes first: the times of other edges follow from it.
    of_runs = {edge: held for edge, held in drafts.edges.items() if edge.kind in _OF_RUN}
    others = {edge: held for edge, held in drafts.edges.items() if edge.kind not in _OF_RUN}
    await record_edges(tx, workspace, await time_edges(tx, workspace, of_runs))
    await record_edges(tx, workspace, await time_edges(tx, workspace, others))
    made = {edge.target.uuid for edge in drafts.edges if edge.target.kind not in (NodeKind.RUN, NodeKind.EVALUATION)}
    if made:
        for edge in await retime_versions(tx, workspace, made):
            drafts.touched.add_edge(edge)
    if drafts.unbound:
        await record_unbound(tx, workspace, drafts.unbound)
    await conclude(tx, workspace, drafts.touched)


async def _close(tx: Transaction, drafts: Drafts) -> list[Edge]:
    """Retract what the drafts take the place of, but for what they say themselves; return what was there."""
    due = drafts.retracted - {edge.id for edge in drafts.edges}
    if not due:
        return []
    closed = await retract_edges(tx, drafts.workspace, due)
    return [one.edge for one in closed]


async def _drop_own_files(tx: Transaction, drafts: Drafts) -> None:
    """Leave out that a run used a file which it made itself: it goes on from its own checkpoint. In either order."""
    made = {(e.target.uuid, e.source.uuid): e for e in drafts.edges if _is_own(e, EdgeKind.GENERATED)}
    used = {(e.source.uuid, e.target.uuid): e for e in drafts.edges if _is_own(e, EdgeKind.USED)}
    workspace, kinds = drafts.workspace, [EdgeKind.GENERATED, EdgeKind.USED]
    if used:
        files, runs = {file for file, _ in used}, {run for _, run in used}
        known = await fetch_open(tx.conn, workspace, sources=runs, targets=files, kinds=kinds[:1])
        made |= {(one.edge.target.uuid, one.edge.source.uuid): one.edge for one in known}
    for pair in used.keys() & made.keys():
        drafts.edges.pop(used[pair], None)
    if made:
        files, runs = {file for file, _ in made}, {run for _, run in made}
        known = await fetch_open(tx.conn, workspace, sources=files, targets=runs, kinds=kinds[1:])
        drafts.retracted |= {one.edge.id for one in known if (one.edge.source.uuid, one.edge.target.uuid) in made}


def _is_own(edge: Edge, kind: EdgeKind) -> bool:
    file, side = (edge.target, edge.source) if kind is EdgeKind.GENERATED else (edge.source, edge.target)
    return edge.kind is kind and file.kind is NodeKind.ARTIFACT_VERSION and side.kind is NodeKind.RUN
