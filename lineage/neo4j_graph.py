"""The lineage graph in Neo4j: one statement walks, a second brings the edges, and the cut is made here."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from neo4j import AsyncDriver

from domain.errors import Unavailable
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.answers import Reason, Walk
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import NOW, AsOf, Direction, Question
from lineage.graph import NodeState
from lineage.neo4j_connection import ANSWER_S, is_timeout, read_row
from lineage.neo4j_statements import (
    make_as_of,
    make_parameters,
    write_counts,
    write_edges,
    write_next_to,
    write_walk,
)
from lineage.neo4j_values import make_uid, read_interval, read_key
from lineage.neo4j_writing import apply_states

FEW_STARTS = 20
"""Starts that one statement walks from; from more the walk goes level by level."""

LEAST_S = 0.001
"""The least limit of a statement: to the server, none is no limit."""


class Neo4jLineageGraph:
    """One generation of the graph; `lineage.neo4j_writing.prepare` made it. The driver is the caller's."""

    def __init__(
        self, driver: AsyncDriver, generation: int, *, seconds: float = ANSWER_S, few_starts: int = FEW_STARTS
    ) -> None:
        self._driver = driver
        self._generation = generation
        self._seconds = seconds
        self._few_starts = few_starts

    async def apply(self, nodes: Sequence[NodeState], intervals: Sequence[Interval]) -> None:
        await apply_states(self._driver, [self._generation], nodes, intervals)

    async def walk(self, workspace: WorkspaceID, question: Question) -> Walk:
        walk = Walk(question, depths=dict.fromkeys(question.starts, 0))
        try:
            async with asyncio.timeout(question.most_seconds):
                await self._fill(workspace, walk)
        except (Unavailable, TimeoutError) as exc:
            if question.most_seconds is None or not (isinstance(exc, TimeoutError) or is_timeout(exc.__cause__)):
                raise
            walk = Walk(question, depths=dict.fromkeys(question.starts, 0))
            _cut(walk, Reason.TIME, question.starts, 0)
        walk.intervals.sort(key=lambda each: (each.edge.id, each.n))
        await self._join_parents(workspace, walk)
        return walk

    async def fetch_next_to(
        self,
        workspace: WorkspaceID,
        *,
        into: Iterable[NodeKey] = (),
        out_of: Iterable[NodeKey] = (),
        kinds: Collection[EdgeKind],
        as_of: AsOf = NOW,
    ) -> list[Interval]:
        entering, leaving = ([make_uid(workspace, node.uuid) for node in nodes] for nodes in (into, out_of))
        if not kinds:
            return []
        statement = write_next_to(kinds, as_of, self._generation)
        row = await read_row(
            self._driver, statement, seconds=self._seconds, into=entering, out_of=leaving, **make_as_of(as_of)
        )
        return sorted(_read_edges(workspace, row), key=lambda each: (each.edge.id, each.n))

    async def _fill(self, workspace: WorkspaceID, walk: Walk) -> None:
        question = walk.question
        levels = await self._walk_levels(workspace, question)
        last, fits = _find_last(levels, question.most_nodes)
        near = [node for level in levels[: last + 1] for node in level]
        edges = await self._read_edges(workspace, question, near, most=question.most_edges + 1)
        bounded = _bound_edges(question, levels[: last + 1], edges)
        for depth, level in enumerate(levels[: len(bounded)]):
            walk.depths |= dict.fromkeys(level, depth) if depth else {}
        if len(bounded) <= last or len(edges) > question.most_edges:
            await self._show(workspace, walk, bounded[:-1])
            _cut(walk, Reason.EDGES, levels[len(bounded) - 1], 0)
            return
        await self._show(workspace, walk, bounded[:-1])
        await self._end(workspace, walk, bounded[-1], depth=last, fits=fits)

    async def _walk_levels(self, workspace: WorkspaceID, question: Question) -> list[list[NodeKey]]:
        """Return the passed nodes by distance, whole levels until the last; more of them than the budget lets in."""
        if len(question.starts) > self._few_starts:
            return await self._walk_by_level(workspace, question)
        statement = write_walk(question, self._generation)
        row = await read_row(
            self._driver,
            statement,
            seconds=self._seconds if question.most_seconds is None else max(question.most_seconds, LEAST_S),
            starts=[make_uid(workspace, node.uuid) for node in question.starts],
            limit=question.most_nodes + len(question.starts) + 1,
            **make_parameters(question),
        )
        depths: dict[NodeKey, int] = {}
        for uids, kinds, distances in zip(row["uids"], row["kinds"], row["depths"], strict=True):
            for uid, kind, depth in zip(uids, kinds, distances, strict=True):
                node = read_key(uid, kind)
                depths[node] = min(depth, depths.get(node, depth))
        depths |= dict.fromkeys(question.starts, 0)
        levels: list[list[NodeKey]] = [[] for _ in range(max(depths.values()) + 1)]
        for node, depth in depths.items():
            levels[depth].append(node)
        return [sorted(level, key=_order) for level in levels]

    async def _walk_by_level(self, workspace: WorkspaceID, question: Question) -> list[list[NodeKey]]:
        """The same, one or two statements a level: the one statement costs a walk for each start."""
        levels = [sorted(question.starts, key=_order)]
        seen, number = set(question.starts), 0
        while number <= question.most_nodes and (question.max_depth is None or len(levels) <= question.max_depth):
            edges = await self._read_edges(workspace, question, levels[-1], most=question.most_edges + 1)
            new = {_far(question, each) for each in edges} - seen
            hubs = await self._count_hubs(workspace, question, new)
            passed = [node for node in new if node.kind not in question.stop_at and node not in hubs]
            if not passed:
                break
            levels.append(sorted(passed, key=_order))
            seen |= new
            number += len(passed)
        return levels

    async def _read_edges(
        self, workspace: WorkspaceID, question: Question, nodes: Sequence[NodeKey], *, most: int
    ) -> list[Interval]:
        row = await read_row(
            self._driver,
            write_edges(question, self._generation),
            seconds=self._seconds if question.most_seconds is None else max(question.most_seconds, LEAST_S),
            uids=[make_uid(workspace, node.uuid) for node in nodes],
            limit=most,
            **make_parameters(question),
        )
        return _read_edges(workspace, row)

    async def _show(self, workspace: WorkspaceID, walk: Walk, levels: Sequence[Sequence[Interval]]) -> None:
        """Add the edges of levels that were passed whole; what they lead to and the walk did not pass are ends."""
        ends: dict[NodeKey, int] = {}
        for depth, edges in enumerate(levels):
            for each in edges:
                far = _far(walk.question, each)
                if far not in walk.depths:
                    ends.setdefault(far, depth + 1)
            walk.intervals += edges
        await self._enter(workspace, walk, ends)

    async def _end(
        self, workspace: WorkspaceID, walk: Walk, found: Sequence[Interval], *, depth: int, fits: bool
    ) -> None:
        """Add what leads on from the last level, and say what of it does not fit."""
        question = walk.question
        new = {_far(question, each) for each in found} - walk.depths.keys()
        kept, reason = new, None
        if new and question.max_depth is not None and depth >= question.max_depth:
            kept, reason = set(), Reason.DEPTH
        elif not fits:
            kept, reason = set(), Reason.NODES
            if depth == 0:
                hubs = await self._count_hubs(workspace, question, new)
                passed = [node for node in new if node.kind not in question.stop_at and node not in hubs]
                kept = new - set(sorted(passed, key=_order)[question.most_nodes :])
        await self._enter(workspace, walk, dict.fromkeys(kept, depth + 1))
        walk.intervals += [each for each in found if _far(question, each) in walk.depths]
        if reason is not None:
            beyond = {_near(question, each) for each in found if _far(question, each) in new - kept}
            _cut(walk, reason, beyond, len(new - kept))

    async def _enter(self, workspace: WorkspaceID, walk: Walk, nodes: dict[NodeKey, int]) -> None:
        walk.depths |= nodes
        hubs = await self._count_hubs(workspace, walk.question, nodes)
        walk.hubs |= hubs
        if hubs:
            walk.reasons.add(Reason.HUB)

    async def _count_hubs(
        self, workspace: WorkspaceID, question: Question, nodes: Iterable[NodeKey]
    ) -> dict[NodeKey, int]:
        candidates = [node for node in nodes if node.kind not in question.stop_at]
        if question.hub is None or not candidates:
            return {}
        row = await read_row(
            self._driver,
            write_counts(question, self._generation),
            seconds=self._seconds,
            uids=[make_uid(workspace, node.uuid) for node in candidates],
            **make_parameters(question),
        )
        counts = zip(candidates, row["counts"], strict=True)
        return {node: count for node, count in counts if count >= question.hub}

    async def _join_parents(self, workspace: WorkspaceID, walk: Walk) -> None:
        question = walk.question
        if EdgeKind.CALLED in question.kinds:
            return
        runs = [node for node in walk.depths if node.kind is NodeKind.RUN]
        starts = [node for node in question.starts if node.kind is NodeKind.RUN]
        called = await self.fetch_next_to(
            workspace, into=runs, out_of=starts, kinds=[EdgeKind.CALLED], as_of=question.as_of
        )
        for each in called:
            source, target = each.edge.source, each.edge.target
            new, depth = (source, walk.depths[target] + 1) if target in walk.depths else (target, 1)
            if new not in walk.depths:
                walk.parents[new] = min(depth, walk.parents.get(new, depth))
            walk.intervals.append(each)


def _find_last(levels: Sequence[Sequence[NodeKey]], most_nodes: int) -> tuple[int, bool]:
    """Return the last level that is passed, and whether all that were found fit."""
    number = 0
    for depth, level in enumerate(levels[1:]):
        number += len(level)
        if number > most_nodes:
            return depth, False
    return len(levels) - 1, True


def _bound_edges(
    question: Question, levels: Sequence[Sequence[NodeKey]], edges: Sequence[Interval]
) -> list[list[Interval]]:
    """Return the edges by the level that they lead on from, up to the one at which there are too many."""
    depths = {node: depth for depth, level in enumerate(levels) for node in level}
    bounded: list[list[Interval]] = [[] for _ in levels]
    for each in edges:
        bounded[depths[_near(question, each)]].append(each)
    number = 0
    for depth, those in enumerate(bounded):
        number += len(those)
        if number > question.most_edges:
            return bounded[: depth + 1]
    return bounded


def _cut(walk: Walk, reason: Reason, frontier: Iterable[NodeKey], left_out: int) -> None:
    walk.reasons.add(reason)
    walk.frontier = sorted(frontier, key=_order)
    walk.left_out, walk.left_out_exact = left_out, False


def _read_edges(workspace: WorkspaceID, row: Any) -> list[Interval]:
    columns = zip(row["bodies"], row["recorded"], row["retracted"], strict=True)
    return [read_interval(workspace, body, recorded, retracted) for body, recorded, retracted in columns]


def _near(question: Question, each: Interval) -> NodeKey:
    return each.edge.target if question.direction is Direction.UPSTREAM else each.edge.source


def _far(question: Question, each: Interval) -> NodeKey:
    return each.edge.source if question.direction is Direction.UPSTREAM else each.edge.target


def _order(node: NodeKey) -> int:
    return node.uuid.int
