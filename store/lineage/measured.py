"""What points were measured on: USED with role test, where nobody said anything better of the same data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import Edge, Held, Interval, replace
from domain.lineage.kinds import ENDS, EdgeKind
from domain.lineage.roles import Role, find_sides, make_evaluation_id, make_side_key
from store.edges import fetch_open
from store.lineage.drafts import Drafts, Touched, is_of_points, make_structural
from store.lineage.merges import fetch_survivors
from store.lineage.runs import RunFacts, fetch_run_facts
from store.lineage.syncing import sync
from store.transactions import Transaction

READABLE = ENDS[EdgeKind.USED][0]

CONTEXTS = """
SELECT DISTINCT run, on_kind, on_node, subset FROM metric_contexts
WHERE workspace = $1 AND run = ANY($2::uuid[]) AND on_node IS NOT NULL
"""


async def conclude_measured(tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID], touched: Touched) -> None:
    """Bring in step what the runs' points say that they were measured on."""
    rows = await tx.driver.fetch(CONTEXTS, workspace, list(runs)) if runs else []
    if not rows:
        return
    survivors = await fetch_survivors(tx.conn, workspace, {row["on_node"] for row in rows})
    facts = await fetch_run_facts(tx, workspace, {RunID(row["run"]) for row in rows})
    used = await _fetch_used(tx, workspace, facts)
    known = {_say(one.edge) for one in used if not is_of_points(one.edge)}
    due = Drafts(workspace)
    for row in rows:
        on = survivors.get(row["on_node"], NodeKey(NodeKind(row["on_kind"]), row["on_node"]))
        run = facts.get(RunID(row["run"]))
        if run is not None and on.kind in READABLE:
            _measure(due, run, on, row["subset"], known)
    await sync(tx, [one for one in used if is_of_points(one.edge)], due, touched)


def _measure(
    due: Drafts, run: RunFacts, on: NodeKey, subset: str | None, known: Collection[tuple[UUID, UUID, str | None]]
) -> None:
    (side,) = find_sides(EdgeKind.USED, Role.TEST, run.kind)
    edge = make_structural(due.workspace, EdgeKind.USED, on, make_side_key(run.id, side))
    edge = replace(edge, role=Role.TEST, run=run.id, subset=subset)
    if _say(edge) not in known:
        due.add_sided(edge, Held(held_from=run.started_at), run)


async def _fetch_used(tx: Transaction, workspace: WorkspaceID, runs: Mapping[RunID, RunFacts]) -> list[Interval]:
    sides: list[UUID] = [*runs, *map(make_evaluation_id, runs)]
    return await fetch_open(tx.conn, workspace, targets=sides, kinds=[EdgeKind.USED])


def _say(edge: Edge) -> tuple[UUID, UUID, str | None]:
    """Return what an edge says of which side, whatever its role."""
    return edge.source.uuid, edge.target.uuid, edge.subset
