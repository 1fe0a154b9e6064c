"""Walks over the record's own edges, level by level: a statement a level, each node visited once."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.answers import Reason, Walk
from domain.lineage.edges import NEVER, Interval
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.questions import AsOf, Direction, Question
from domain.lineage.roles import Role
from store import tables
from store.edges import INTERVAL, make_interval, make_interval_of

edges = tables.edges
_REPORTS = [Role.REPORT.value, Role.LOG.value]


async def walk_edges(conn: AsyncConnection, workspace: WorkspaceID, question: Question) -> Walk:
    """Return what a question finds, as the port LineageGraph says it (lineage/graph.py)."""
    walk = Walk(question, depths=dict.fromkeys(question.starts, 0))
    level: list[NodeKey] = list(walk.depths)
    held: list[Interval] = []
    depth = number = 0
    ends = None if question.most_seconds is None else time.monotonic() + question.most_seconds
    statement = _write_next(workspace, question)
    while level:
        found = await _fetch_next(conn, statement, level, most=question.most_edges - len(held))
        if found is None or (ends is not None and time.monotonic() > ends):
            _cut(walk, Reason.EDGES if found is None else Reason.TIME, level, 0)
            break
        new = {_ends(question, each)[1] for each in found} - walk.depths.keys()
        hubs, passed = await _sort_out(conn, workspace, question, new)
        kept, reason = _judge(question, depth, number, new, passed)
        if reason is not None:
            beyond = {_ends(question, each)[0] for each in found if _ends(question, each)[1] in new - kept}
            _cut(walk, reason, beyond, len(new - kept))
        walk.depths.update(dict.fromkeys(sorted(kept, key=_order), depth + 1))
        _note_hubs(walk, {node: count for node, count in hubs.items() if node in kept})
        held += [each for each in found if _ends(question, each)[1] in walk.depths]
        level = passed if reason is None else []
        depth, number = depth + 1, number + len(level)
    walk.intervals = sorted(held, key=lambda each: (each.edge.id, each.n))
    await _join_parents(conn, workspace, walk)
    return walk


def _write_next(workspace: WorkspaceID, question: Question) -> sa.Select[Any]:
    """Return the statement that reads the edges which lead on from `nodes`, as the question narrows them."""
    near, kinds = (
        (edges.c.target, edges.c.source_kind)
        if question.direction is Direction.UPSTREAM
        else (edges.c.source, edges.c.target_kind)
    )
    given = sa.bindparam("nodes", type_=sa.ARRAY(sa.Uuid))
    statement = sa.select(*(edges.c[name] for name in INTERVAL)).where(
        edges.c.workspace == workspace, near == sa.func.any(given), *_known(question.as_of), *_narrow(question)
    )
    if question.node_kinds is not None:
        statement = statement.where(_is_in(kinds, [kind.value for kind in question.node_kinds]))
    return statement.limit(sa.bindparam("most", type_=sa.BigInteger))


async def _fetch_next(
    conn: AsyncConnection, statement: sa.Select[Any], nodes: Collection[NodeKey], *, most: int
) -> list[Interval] | None:
    """Return the edges that lead on from some nodes; None if they are too many."""
    given = {"nodes": [node.uuid for node in nodes], "most": most + 1}
    rows = (await conn.execute(statement, given)).all()
    return None if len(rows) > most else [make_interval_of(row) for row in rows]


async def fetch_fed(
    conn: AsyncConnection, workspace: WorkspaceID, nodes: Iterable[NodeKey], kinds: Collection[EdgeKind], as_of: AsOf
) -> set[NodeKey]:
    """Return those of the nodes that an edge of the kinds leads into."""
    asked = [node.uuid for node in nodes]
    statement = (
        sa.select(edges.c.target_kind, edges.c.target)
        .distinct()
        .where(edges.c.workspace == workspace, _is_any(edges.c.target, asked))
        .where(_is_in(edges.c.kind, [kind.value for kind in kinds]), *_known(as_of))
    )
    rows = await conn.execute(statement)
    return {NodeKey(NodeKind(row.target_kind), row.target) for row in rows}


def _known(as_of: AsOf) -> list[sa.ColumnElement[bool]]:
    known = (
        [edges.c.retracted == NEVER]
        if as_of.known is None
        else [edges.c.recorded <= as_of.known, edges.c.retracted > as_of.known]
    )
    return known if as_of.at is None else [*known, edges.c.held_from <= as_of.at]


def _narrow(question: Question) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [_is_in(edges.c.kind, [kind.value for kind in question.followed])]
    if question.roles is not None:
        named = _is_in(edges.c.role, [role.value for role in question.roles])
        found.append(sa.or_(edges.c.role.is_(None), named))
    if question.subset is not None:
        found.append(sa.or_(edges.c.subset.is_(None), edges.c.subset == question.subset))
    if not question.inferred:
        found.append(edges.c.origin != Origin.INFERRED.value)
    if question.skip_choice:
        found.append(sa.not_(edges.c.choice))
    if question.skip_reports:
        is_report = sa.and_(
            edges.c.source_kind == NodeKind.EVALUATION.value,
            edges.c.kind == EdgeKind.GENERATED.value,
            _is_in(edges.c.role, _REPORTS),
        )
        found.append(sa.func.coalesce(sa.not_(is_report), sa.true()))
    if question.since is not None:
        found.append(edges.c.held_from >= question.since)
    if question.until is not None:
        found.append(edges.c.held_from <= question.until)
    return found


async def _sort_out(
    conn: AsyncConnection, workspace: WorkspaceID, question: Question, nodes: Collection[NodeKey]
) -> tuple[dict[NodeKey, int], list[NodeKey]]:
    """Return those that are hubs with their numbers of edges, and those that the walk passes."""
    candidates = sorted((node for node in nodes if node.kind not in question.stop_at), key=_order)
    if question.hub is None or not candidates:
        return {}, candidates
    near = edges.c.target if question.direction is Direction.UPSTREAM else edges.c.source
    statement = (
        sa.select(near, sa.func.count().label("number"))
        .where(edges.c.workspace == workspace, _is_any(near, [node.uuid for node in candidates]))
        .where(*_known(question.as_of), *_narrow(question))
        .group_by(near)
    )
    counts = {row[0]: row.number for row in await conn.execute(statement)}
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
    return (new - set(passed[question.most_nodes :]) if depth == 0 else set()), Reason.NODES


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
    either = sa.or_(_is_any(edges.c.target, [run.uuid for run in runs]), _is_any(edges.c.source, starts))
    statement = sa.select(edges).where(
        edges.c.workspace == workspace, edges.c.kind == EdgeKind.CALLED.value, either, *_known(question.as_of)
    )
    for row in (await conn.execute(statement.order_by(edges.c.id, edges.c.n))).mappings():
        interval = make_interval(row)
        source, target = interval.edge.source, interval.edge.target
        new, depth = (source, walk.depths[target] + 1) if target in walk.depths else (target, 1)
        if new not in walk.depths:
            walk.parents[new] = min(depth, walk.parents.get(new, depth))
        walk.intervals.append(interval)


def _is_any(column: Any, uuids: list[Any]) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = column == sa.func.any(sa.cast(uuids, sa.ARRAY(sa.Uuid)))
    return found


def _is_in(column: Any, values: Collection[int]) -> sa.ColumnElement[bool]:
    listed = sa.cast(sorted(values), sa.ARRAY(sa.SmallInteger))
    found: sa.ColumnElement[bool] = column == sa.func.any(listed)
    return found
