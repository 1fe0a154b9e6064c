"""What of lineage follows when a run is made, ends, or changes: its caller, the times of its edges, its sides."""

from __future__ import annotations

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import NEVER, Edge, Held, Interval, replace
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.roles import ROLES, choose_role, is_of_choice, make_evaluation_id
from domain.runs import RunKind
from store.edges import fetch_open, record_edges
from store.lineage.concluding import conclude
from store.lineage.drafts import Drafts, Touched, is_of_points, make_structural
from store.lineage.inheriting import ABOVE
from store.lineage.moments import retime_edges, time_edges
from store.lineage.runs import RunFacts, fetch_run_facts
from store.lineage.unbound import StoredFact, fetch_unbound_into
from store.lineage.writing import write_drafts
from store.transactions import Transaction

SHARE = "SELECT run FROM run_counters WHERE workspace = $1 AND run = ANY($2::uuid[]) ORDER BY run FOR SHARE"
HAS_INPUTS = f"""
SELECT EXISTS (SELECT FROM edges WHERE workspace = $1 AND target = ANY($2::uuid[]) AND retracted = {NEVER}
               AND kind = {EdgeKind.USED.value})
    OR EXISTS (SELECT FROM unbound_facts WHERE workspace = $1 AND other = ANY($2::uuid[]) AND retracted = {NEVER})
"""


async def record_parent(
    tx: Transaction, workspace: WorkspaceID, run: RunID, parent: RunID | None, *, former: RunID | None = None
) -> None:
    """Record that a run was called by its parent, and no longer by its former one."""
    drafts = Drafts(workspace)
    if former is not None:
        gone = _make_called(workspace, former, run)
        drafts.retracted.add(gone.id)
        drafts.touched.add_edge(gone)
    if parent is not None:
        drafts.add(_make_called(workspace, parent, run), Held())
    await write_drafts(tx, drafts)


async def record_new_child(tx: Transaction, workspace: WorkspaceID, run: RunID, parent: RunID) -> None:
    """Record that a run which this transaction made was called by its parent.

    Nothing follows from that where none of those above used anything, and then nobody has to take the workspace's lock
    of inference: a sweep makes many children at once. That it stays so until the commit, shared locks on the counters
    of those above see to: whoever tells what a run used, or who called it, has locked its counters for himself.
    """
    if await _has_inputs_above(tx, workspace, parent):
        await record_parent(tx, workspace, run, parent)
    else:
        called = _make_called(workspace, parent, run)
        await record_edges(tx, workspace, await time_edges(tx, workspace, {called: Held()}))


async def _has_inputs_above(tx: Transaction, workspace: WorkspaceID, parent: RunID) -> bool:
    """Say whether a run, or one that called it, used anything; locks their counters against whoever would tell that."""
    above, locked = {parent}, set[RunID]()
    while above - locked:
        await tx.driver.fetch(SHARE, workspace, sorted(above - locked))
        locked |= above
        above |= {RunID(row["id"]) for row in await tx.driver.fetch(ABOVE, workspace, [parent])}
    sides = [*above, *map(make_evaluation_id, above)]
    return bool(await tx.driver.fetchval(HAS_INPUTS, workspace, sides))


async def follow_times(tx: Transaction, workspace: WorkspaceID, run: RunID) -> None:
    """Bring the edges of a run whose start or end changed in step. Its counters are locked."""
    around = await _fetch_around(tx, workspace, run)
    facts = await fetch_unbound_into(tx, workspace, [run])
    if not around and not facts:
        return
    moved = await retime_edges(tx, workspace, around)
    touched = _touch(around, facts)
    touched.runs.add(run)
    for edge in moved:
        touched.add_edge(edge)
    await conclude(tx, workspace, touched)


async def move_sides(tx: Transaction, workspace: WorkspaceID, run: RunID) -> None:
    """Record the edges of a run whose kind changed on the sides where they now stand. Its counters are locked."""
    around = await _fetch_around(tx, workspace, run)
    facts = (await fetch_run_facts(tx, workspace, [run]))[run]
    drafts = Drafts(workspace)
    for one in around:
        if one.edge.origin is not Origin.INFERRED and one.held.unbound is None and not is_of_points(one.edge):
            _move(drafts, one, facts)
    drafts.touched.runs.add(run)
    drafts.touched.sides.add(run)
    for stored in await fetch_unbound_into(tx, workspace, [run]):
        drafts.touched.add_fact(stored.fact)
    await write_drafts(tx, drafts)


def _move(drafts: Drafts, one: Interval, run: RunFacts) -> None:
    edge = one.edge
    if edge.kind in ROLES:
        drafts.retracted.add(edge.id)
        if not one.held.own_role:
            role = choose_role(edge.kind, None, from_evaluation=run.kind is RunKind.EVALUATE)
            edge = replace(edge, role=role)
        drafts.add_sided(edge, one.held, run)
    elif edge.target == NodeKey(NodeKind.RUN, run.id):
        drafts.add(edge, replace(one.held, choice=is_of_choice(edge.target.kind, None, run.kind)))


async def _fetch_around(tx: Transaction, workspace: WorkspaceID, run: RunID) -> list[Interval]:
    sides = [run, make_evaluation_id(run)]
    leaving = await fetch_open(tx.conn, workspace, sources=sides)
    entering = await fetch_open(tx.conn, workspace, targets=sides)
    return list({one.edge.id: one for one in [*leaving, *entering]}.values())


def _touch(around: list[Interval], facts: list[StoredFact]) -> Touched:
    touched = Touched()
    for one in around:
        touched.add_edge(one.edge)
    for stored in facts:
        touched.add_fact(stored.fact)
    return touched


def _make_called(workspace: WorkspaceID, parent: RunID, run: RunID) -> Edge:
    called = make_structural(workspace, EdgeKind.CALLED, NodeKey(NodeKind.RUN, parent), NodeKey(NodeKind.RUN, run))
    return replace(called, run=run)
