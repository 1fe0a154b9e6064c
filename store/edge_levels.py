"""The edges that lead on from the nodes of a walk: a statement a level, or one for many levels where these are narrow.

A level of a thousand nodes is worth its statement; a chain of a thousand nodes is not worth a thousand of them. So
while levels are narrow, what lies ahead of one is read with it, by one recursive statement that meets each node once
and ends at a number of nodes. What was read ahead is what a level's own statement would have found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.edges import NEVER, Interval
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.questions import AsOf, Direction, Question
from domain.lineage.roles import Role
from store import tables
from store.edges import INTERVAL, make_interval_of

edges = tables.edges

NARROW = 64
"""Nodes of a level that is read with what lies ahead."""

AHEAD = 64
MOST_AHEAD = 2048
"""Nodes that are read ahead: of a walk that goes on, each time twice as many."""

EDGES_A_NODE = 8
"""More edges ahead than that are no narrow walk: then levels are read one by one."""

REST = 8
"""Levels until it is tried again."""

LEAST_DEPTH = 2
"""Levels that must be left to go for reading ahead to be worth it."""

_REPORTS = [Role.REPORT.value, Role.LOG.value]


class LeadingEdges:
    """The edges that lead on from nodes as a question narrows them, each read once."""

    def __init__(self, conn: AsyncConnection, workspace: WorkspaceID, question: Question, *, ahead: int) -> None:
        self._conn = conn
        self._workspace = workspace
        self._question = question
        self._near, self._far, self._far_kind = (
            (edges.c.target, edges.c.source, edges.c.source_kind)
            if question.direction is Direction.UPSTREAM
            else (edges.c.source, edges.c.target, edges.c.target_kind)
        )
        self._known: dict[UUID, list[Interval]] = {}
        self._level, self._ahead = self._write_level(), self._write_ahead()
        self._first = self._number = ahead
        self._rest = 0

    async def fetch(self, level: Sequence[NodeKey], *, depth: int, most: int) -> list[Interval] | None:
        """Return the edges that lead on from the nodes at a depth; None if there are more than `most`."""
        unknown = [node.uuid for node in level if node.uuid not in self._known]
        found: list[Interval] = []
        if unknown and not (self._is_narrow(unknown, depth) and await self._read_ahead(unknown)):
            rows = (await self._conn.execute(self._level, {"nodes": unknown, "most": most + 1})).all()
            found = [make_interval_of(row) for row in rows]
        for node in level:
            found += self._known.get(node.uuid, ())
        return None if len(found) > most else found

    async def count(self, nodes: Sequence[NodeKey]) -> Mapping[UUID, int]:
        """Return how many edges lead on from each of the nodes, to whatever kind of node."""
        if self._question.node_kinds is None and all(node.uuid in self._known for node in nodes):
            return {node.uuid: len(self._known[node.uuid]) for node in nodes}
        counted = (
            sa.select(self._near, sa.func.count().label("number"))
            .where(edges.c.workspace == self._workspace, is_any(self._near, [node.uuid for node in nodes]))
            .where(*_narrow(self._question))
            .group_by(self._near)
        )
        return {row[0]: row.number for row in await self._conn.execute(counted)}

    def _is_narrow(self, unknown: Sequence[UUID], depth: int) -> bool:
        self._rest = max(self._rest - 1, 0) if len(unknown) <= NARROW else REST
        left = None if self._question.max_depth is None else self._question.max_depth - depth
        return self._first > 0 and not self._rest and (left is None or left >= LEAST_DEPTH)

    async def _read_ahead(self, nodes: Sequence[UUID]) -> bool:
        """Read the edges of nodes and of what lies ahead of them; say whether these were few enough to know them."""
        most = self._number * EDGES_A_NODE
        given = {"nodes": nodes, "number": max(self._number, len(nodes)), "most": most + 1}
        rows = (await self._conn.execute(self._ahead, given)).all()
        if len(rows) > most:
            self._number, self._rest = self._first, REST
            return False
        met: dict[UUID, list[Interval]] = {}  # some of them may be known, where a way leads back
        for node, *row in rows:
            leading = met.setdefault(node, [])
            if row[0] is not None:
                leading.append(make_interval_of(row))
        self._known |= met
        self._number = min(2 * self._number, MOST_AHEAD)
        return True

    def _write_level(self) -> sa.Select[Any]:
        """Return the statement that reads the edges which lead on from `nodes`."""
        given = sa.bindparam("nodes", type_=sa.ARRAY(sa.Uuid))
        columns = sa.select(*(edges.c[name] for name in INTERVAL))
        leading = columns.where(*self._list_conditions(), self._near == sa.func.any(given))
        return leading.limit(sa.bindparam("most", type_=sa.BigInteger))

    def _write_ahead(self) -> sa.Select[Any]:
        """Return the statement that reads the same of `nodes` and of those that they lead to, `number` in all.

        Each node is met once, the nearest first: UNION drops what was there, and LIMIT ends the recursion. OFFSET keeps
        the planner from joining: it takes a recursion for ten times its beginning, and would rather read every edge.
        """
        conditions = self._list_conditions()
        given = sa.bindparam("nodes", type_=sa.ARRAY(sa.Uuid))
        begun = sa.select(sa.func.unnest(given, type_=sa.Uuid).label("node")).cte("ahead", recursive=True)
        step = (
            sa.select(self._far.label("node"))
            .where(self._near == begun.c.node, *conditions)
            .offset(sa.literal_column("0"))
        )
        if self._question.stop_at:
            step = step.where(sa.not_(is_in(self._far_kind, [kind.value for kind in self._question.stop_at])))
        beyond = step.correlate(begun).lateral("beyond")
        ahead = begun.union(sa.select(beyond.c.node).select_from(begun.join(beyond, sa.true())))
        met = sa.select(ahead.c.node).limit(sa.bindparam("number", type_=sa.BigInteger)).cte("met")
        columns = sa.select(*(edges.c[name] for name in INTERVAL))
        own = columns.where(self._near == met.c.node, *conditions).offset(sa.literal_column("0"))
        leading = own.correlate(met).lateral("leading")
        found = sa.select(met.c.node, *(leading.c[name] for name in INTERVAL))
        found = found.select_from(met.outerjoin(leading, sa.true()))
        return found.limit(sa.bindparam("most", type_=sa.BigInteger))

    def _list_conditions(self) -> list[sa.ColumnElement[bool]]:
        found = [edges.c.workspace == self._workspace, *_narrow(self._question)]
        if self._question.node_kinds is not None:
            found.append(is_in(self._far_kind, [kind.value for kind in self._question.node_kinds]))
        return found


def list_known(as_of: AsOf) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that an edge is known and holds as of then."""
    known = (
        [edges.c.retracted == NEVER]
        if as_of.known is None
        else [edges.c.recorded <= as_of.known, edges.c.retracted > as_of.known]
    )
    return known if as_of.at is None else [*known, edges.c.held_from <= as_of.at]


def _narrow(question: Question) -> list[sa.ColumnElement[bool]]:
    found = [*list_known(question.as_of), is_in(edges.c.kind, [kind.value for kind in question.followed])]
    if question.roles is not None:
        named = is_in(edges.c.role, [role.value for role in question.roles])
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
            is_in(edges.c.role, _REPORTS),
        )
        found.append(sa.func.coalesce(sa.not_(is_report), sa.true()))
    if question.since is not None:
        found.append(edges.c.held_from >= question.since)
    if question.until is not None:
        found.append(edges.c.held_from <= question.until)
    return found


def is_any(column: Any, uuids: list[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a column has one of some uuids, as one parameter."""
    found: sa.ColumnElement[bool] = column == sa.func.any(sa.cast(uuids, sa.ARRAY(sa.Uuid)))
    return found


def is_in(column: Any, values: Collection[int]) -> sa.ColumnElement[bool]:
    """Return the condition that a column has one of some values of an enum, as one parameter."""
    listed = sa.cast(sorted(values), sa.ARRAY(sa.SmallInteger))
    found: sa.ColumnElement[bool] = column == sa.func.any(listed)
    return found
