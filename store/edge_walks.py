"""Walks over the record's own edges, level by level: a statement a level, each node visited once."""

from __future__ import annotations

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
from store.edges import make_interval

edges = tables.edges
_REPORTS = [Role.REPORT.value, Role.LOG.value]


async def walk_edges(conn: AsyncConnection, workspace: WorkspaceID, question: Question) -> Walk:
    """Return what a question finds. A budget cuts between whole levels; the starts are always expanded."""
    walk = Walk(question, depths=dict.fromkeys(question.starts, 0))
    level: list[NodeKey] = list(walk.depths)
    held: dict[str, Interval] = {}
    depth = 0
    while level:
        open_ = await _choose_passed(conn, workspace, walk, level, first=depth == 0)
        found = await fetch_next(conn, workspace, question, open_)
        following = _enter(walk, found, depth + 1)
        if _is_cut(walk, following, held, found, depth):
            beyond = {_ends(question, each)[0] for each in found if _ends(question, each)[1] in following}
            walk.frontier = sorted(beyond, key=lambda node: node.uuid.int)
            held |= {each.id: each for each in found if _ends(question, each)[1] not in following}
            break
        held |= {each.id: each for each in found}
        walk.depths.update(dict.fromkeys(following, depth + 1))
        level, depth = following, depth + 1
    walk.intervals = [held[id_] for id_ in sorted(held)]
    await _join_parents(conn, workspace, walk)
    return walk


async def fetch_next(
    conn: AsyncConnection, workspace: WorkspaceID, question: Question, nodes: Collection[NodeKey]
) -> list[Interval]:
    """Return the edges that lead on from some nodes, as the question narrows them."""
    if not nodes:
        return []
    near, kinds = (
        (edges.c.target, edges.c.source_kind)
        if question.direction is Direction.UPSTREAM
        else (edges.c.source, edges.c.target_kind)
    )
    statement = sa.select(edges).where(edges.c.workspace == workspace, _is_any(near, [node.uuid for node in nodes]))
    statement = statement.where(*_known(question.as_of), *_narrow(question))
    if question.node_kinds is not None:
        statement = statement.where(_is_in(kinds, [kind.value for kind in question.node_kinds]))
    rows = await conn.execute(statement.order_by(edges.c.id, edges.c.n))
    return [make_interval(row) for row in rows.mappings()]


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


async def _choose_passed(
    conn: AsyncConnection, workspace: WorkspaceID, walk: Walk, level: list[NodeKey], *, first: bool
) -> list[NodeKey]:
    """Return the nodes of a level that the walk passes: the starts always, no stops and no hubs."""
    question = walk.question
    if first:
        return level
    passed = [node for node in level if node.kind not in question.stop_at]
    if question.hub is None or not passed:
        return passed
    near = edges.c.target if question.direction is Direction.UPSTREAM else edges.c.source
    statement = (
        sa.select(near, sa.func.count().label("number"))
        .where(edges.c.workspace == workspace, _is_any(near, [node.uuid for node in passed]))
        .where(*_known(question.as_of), *_narrow(question))
        .group_by(near)
        .having(sa.func.count() >= question.hub)
    )
    counts = {row[0]: row.number for row in await conn.execute(statement)}
    hubs = {node: counts[node.uuid] for node in passed if node.uuid in counts}
    walk.hubs |= hubs
    if hubs:
        walk.reasons.add(Reason.HUB)
    return [node for node in passed if node not in hubs]


def _enter(walk: Walk, found: Collection[Interval], depth: int) -> list[NodeKey]:
    """Return the nodes that edges lead to for the first time, in the order of their uuids."""
    new = {_ends(walk.question, each)[1] for each in found} - walk.depths.keys()
    return sorted(new, key=lambda node: node.uuid.int)


def _is_cut(
    walk: Walk, following: list[NodeKey], held: Collection[str], found: Collection[Interval], depth: int
) -> bool:
    """Say whether the next level does not fit any more, and note why."""
    question = walk.question
    if not following:
        return False
    reasons = set()
    if question.max_depth is not None and depth >= question.max_depth:
        reasons.add(Reason.DEPTH)
    elif len(walk.depths) - len(question.starts) + len(following) > question.most_nodes:
        reasons.add(Reason.NODES)
    elif len(held) + len(found) > question.most_edges:
        reasons.add(Reason.EDGES)
    if reasons:
        walk.reasons |= reasons
        walk.left_out, walk.left_out_exact = len(following), False
    return bool(reasons)


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
    for row in (await conn.execute(statement.order_by(edges.c.id))).mappings():
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
    found: sa.ColumnElement[bool] = column.in_(sorted(values))
    return found
