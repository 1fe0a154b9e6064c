"""Walks over the record's own edges, level by level, each node visited once."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.answers import Reason, Walk
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import AsOf, Direction, Question
from store import tables
from store.edge_levels import AHEAD, LeadingEdges, is_any, is_in, list_known
from store.edges import make_interval

edges = tables.edges


async def walk_edges(conn: AsyncConnection, workspace: WorkspaceID, question: Question, *, ahead: int = AHEAD) -> Walk:
    """Return what a question finds, as the port LineageGraph says it (lineage/graph.py).

    Where levels are narrow the first statement reads `ahead` nodes, the next ones more; with 0 each reads one level.
    """
    walk = Walk(question, depths=dict.fromkeys(question.starts, 0))
    level: list[NodeKey] = list(walk.depths)
    held: list[Interval] = []
    depth = number = 0
    deadline = None if question.most_seconds is None else time.monotonic() + question.most_seconds
    leading = LeadingEdges(conn, workspace, question, ahead=ahead)
    while level:
        found = await leading.fetch(level, depth=depth, most=question.most_edges - len(held))
        if found is None or (deadline is not None and time.monotonic() > deadline):
            _cut(walk, Reason.EDGES if found is None else Reason.TIME, level, 0)
            break
        ends = [_ends(question, each) for each in found]
        new = {far for _, far in ends if far not in walk.depths}
        hubs, passed = await _sort_out(leading, question, new)
        kept, reason = _judge(question, depth, number, new, passed)
        if reason is not None:
            beyond = {near for near, far in ends if far in new - kept}
            _cut(walk, reason, beyond, len(new - kept))
        walk.depths.update(dict.fromkeys(sorted(kept, key=_order), depth + 1))
        _note_hubs(walk, {node: count for node, count in hubs.items() if node in kept})
        held += [each for each, (_, far) in zip(found, ends, strict=True) if far in walk.depths]
        level = passed if reason is None else []
        depth, number = depth + 1, number + len(level)
    walk.intervals = sorted(held, key=lambda each: (each.edge.id.int, each.n))
    await _join_parents(conn, workspace, walk)
    return walk


async def fetch_fed(
    conn: AsyncConnection, workspace: WorkspaceID, nodes: Iterable[NodeKey], kinds: Collection[EdgeKind], as_of: AsOf
) -> set[NodeKey]:
    """Return those of the nodes that an edge of the kinds leads into."""
    asked = [node.uuid for node in nodes]
    statement = (
        sa.select(edges.c.target_kind, edges.c.target)
        .distinct()
        .where(edges.c.workspace == workspace, is_any(edges.c.target, asked))
        .where(is_in(edges.c.kind, [kind.value for kind in kinds]), *list_known(as_of))
    )
    rows = await conn.execute(statement)
    return {NodeKey(NodeKind(row.target_kind), row.target) for row in rows}


async def _sort_out(
    leading: LeadingEdges, question: Question, nodes: Collection[NodeKey]
) -> tuple[dict[NodeKey, int], list[NodeKey]]:
    """Return those that are hubs with their numbers of edges, and those that the walk passes."""
    candidates = [node for node in nodes if node.kind not in question.stop_at]
    if question.hub is None or not candidates:
        return {}, candidates
    counts = await leading.count(candidates)
    hubs = {node: count for node in candidates if (count := counts.get(node.uuid, 0)) >= question.hub}
    return hubs, [node for node in candidates if node not in hubs]


def _judge(
    question: Question, depth: int, number: int, new: set[NodeKey], passed: list[NodeKey]
) -> tuple[set[NodeKey], Reason | None]:
    """Return what of the next level is in the answer, and why not all of it is."""
    if new and question.max_depth is not None and depth >= question.max_depth:
        return set(), Reason.DEPTH
    if number + len(passed) <= question.most_nodes:
        return new, None
    return (new - set(sorted(passed, key=_order)[question.most_nodes :]) if depth == 0 else set()), Reason.NODES


def _cut(walk: Walk, reason: Reason, frontier: Iterable[NodeKey], left_out: int) -> None:
    walk.reasons.add(reason)
    walk.frontier = sorted(frontier, key=_order)
    walk.left_out, walk.left_out_exact = left_out, False


def _note_hubs(walk: Walk, hubs: dict[NodeKey, int]) -> None:
    walk.hubs |= hubs
    if hubs:
        walk.reasons.add(Reason.HUB)


def _order(node: NodeKey) -> int:
    return node.uuid.int


def _ends(question: Question, interval: Interval) -> tuple[NodeKey, NodeKey]:
    """Return the near and the far end of an edge as the walk goes."""
    edge = interval.edge
    return (edge.target, edge.source) if question.direction is Direction.UPSTREAM else (edge.source, edge.target)


async def _join_parents(conn: AsyncConnection, workspace: WorkspaceID, walk: Walk) -> None:
    """Add the runs that called those of the answer, and from the starts those that they called."""
    question = walk.question
    if EdgeKind.CALLED in question.kinds:
        return
    runs = [node for node in walk.depths if node.kind is NodeKind.RUN]
    starts = [node.uuid for node in question.starts]
    either = sa.or_(is_any(edges.c.target, [run.uuid for run in runs]), is_any(edges.c.source, starts))
    statement = sa.select(edges).where(
        edges.c.workspace == workspace, edges.c.kind == EdgeKind.CALLED.value, either, *list_known(question.as_of)
    )
    for row in (await conn.execute(statement.order_by(edges.c.id, edges.c.n))).mappings():
        interval = make_interval(row)
        source, target = interval.edge.source, interval.edge.target
        new, depth = (source, walk.depths[target] + 1) if target in walk.depths else (target, 1)
        if new not in walk.depths:
            walk.parents[new] = min(depth, walk.parents.get(new, depth))
        walk.intervals.append(interval)
