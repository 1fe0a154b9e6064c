"""One walk in Neo4j: one statement brings nodes, edges and parents, and the cut is made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.answers import Reason, Walk
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import Direction, Question
from lineage.neo4j_connection import Reading
from lineage.neo4j_statements import (
    make_as_of,
    make_parameters,
    write_counts,
    write_edges,
    write_next_to,
    write_walk,
)
from lineage.neo4j_values import make_uid, read_intervals, read_keys


class Neo4jWalker:
    """A question that is being answered. From more than `few_starts` it goes level by level.

    Each statement is a transaction of its own.
    """

    def __init__(
        self, reading: Reading, generation: int, workspace: WorkspaceID, question: Question, *, few_starts: int
    ) -> None:
        self._reading = reading
        self._generation = generation
        self._workspace = workspace
        self._question = question
        self._few_starts = few_starts
        self._given = make_parameters(question)
        self._answer = Walk(question, depths=dict.fromkeys(question.starts, 0))
        self._parents: list[Interval] = []
        self._joined: set[NodeKey] = set()

    async def walk(self) -> Walk:
        """Return what the question finds."""
        question, answer = self._question, self._answer
        levels, edges = await (self._walk_at_once if self._is_few else self._walk_by_level)()
        last, fits = _find_last(levels, question.most_nodes)
        bounded = _bound_edges(question, edges[: last + 1])
        for depth, level in enumerate(levels[: len(bounded)]):
            answer.depths |= dict.fromkeys(level, depth)
        await self._show(bounded[:-1])
        if sum(map(len, bounded)) > question.most_edges:
            self._cut(Reason.EDGES, levels[len(bounded) - 1], 0)
        else:
            await self._end(bounded[-1], depth=last, fits=fits)
        answer.intervals.sort(key=_order_interval)
        await self._join_parents()
        return answer

    async def give_up(self) -> Walk:
        """Return what is known of the starts alone: there was no time for more."""
        self._cut(Reason.TIME, self._question.starts, 0)
        await self._join_parents()
        return self._answer

    @property
    def _is_few(self) -> bool:
        return len(self._question.starts) <= self._few_starts

    async def _walk_at_once(self) -> tuple[list[list[NodeKey]], list[list[Interval]]]:
        """Return the passed nodes by distance, more of them than the budget lets in, and the edges that lead on.

        All levels but the last are whole, and of the edges there may be one more than the budget lets in.
        """
        starts = self._question.starts
        row = await self._reading.fetch_row(
            write_walk(self._question, self._generation),
            starts=self._list_uids(starts),
            limit=self._question.most_nodes + len(starts) + 1,
            edges=self._question.most_edges + 1,
            **self._given,
        )
        nodes, depths = read_keys(row["uids"], row["kinds"]), row["depths"]
        levels: list[list[NodeKey]] = [list(starts), *([] for _ in range(max(depths, default=0)))]
        edges: list[list[Interval]] = [[] for _ in levels]
        for node, depth in zip(nodes, depths, strict=True):
            if depth:
                levels[depth].append(node)
        found = read_intervals(self._workspace, row["edges"], nodes)
        for near, each in zip(row["edges"]["near"], found, strict=True):
            edges[depths[near]].append(each)
        if EdgeKind.CALLED not in self._question.kinds:
            self._parents = read_intervals(self._workspace, row["parents"], nodes)
            self._joined = {*nodes, *starts}
        return levels, edges

    async def _walk_by_level(self) -> tuple[list[list[NodeKey]], list[list[Interval]]]:
        """The same, one or two statements a level: the one statement costs a walk for each start."""
        question = self._question
        levels, found = [list(question.starts)], list[list[Interval]]()
        seen, number = set(question.starts), 0
        while True:
            found.append([] if number > question.most_nodes else await self._read_edges(levels[-1]))
            if number > question.most_nodes or len(found) - 1 == question.max_depth:
                return levels, found
            new = {_far(question, each) for each in found[-1]} - seen
            hubs = await self._count_hubs(new)
            passed = [node for node in new if node.kind not in question.stop_at and node not in hubs]
            if not passed:
                return levels, found
            levels.append(passed)
            seen |= new
            number += len(passed)

    async def _read_edges(self, nodes: Sequence[NodeKey]) -> list[Interval]:
        """Return the edges that lead on from some nodes, one more than may be at the most."""
        row = await self._reading.fetch_row(
            write_edges(self._question, self._generation),
            uids=self._list_uids(nodes),
            edges=self._question.most_edges + 1,
            **self._given,
        )
        return read_intervals(self._workspace, row["edges"], nodes)

    async def _show(self, levels: Sequence[Sequence[Interval]]) -> None:
        """Add the edges of levels that were passed whole; what they lead to and the walk did not pass are ends."""
        question, answer, ends = self._question, self._answer, dict[NodeKey, int]()
        may_end = bool(question.stop_at) or question.hub is not None
        for depth, edges in enumerate(levels):
            for each in edges if may_end else ():
                far = _far(question, each)
                if far not in answer.depths:
                    ends.setdefault(far, depth + 1)
            answer.intervals += edges
        await self._enter(ends)

    async def _end(self, found: Sequence[Interval], *, depth: int, fits: bool) -> None:
        """Add what leads on from the last level, and say what of it does not fit."""
        question, answer = self._question, self._answer
        new = {far for each in found if (far := _far(question, each)) not in answer.depths}
        kept, reason = new, None
        if new and question.max_depth is not None and depth >= question.max_depth:
            kept, reason = set(), Reason.DEPTH
        elif not fits:
            kept, reason = set(), Reason.NODES
            if depth == 0:
                hubs = await self._count_hubs(new)
                passed = [node for node in new if node.kind not in question.stop_at and node not in hubs]
                kept = new - set(sorted(passed, key=_order)[question.most_nodes :])
        await self._enter(dict.fromkeys(kept, depth + 1))
        answer.intervals += [each for each in found if _far(question, each) in answer.depths]
        if reason is not None:
            beyond = {_near(question, each) for each in found if _far(question, each) in new - kept}
            self._cut(reason, beyond, len(new - kept))

    async def _enter(self, nodes: dict[NodeKey, int]) -> None:
        self._answer.depths |= nodes
        hubs = await self._count_hubs(nodes)
        self._answer.hubs |= hubs
        if hubs:
            self._answer.reasons.add(Reason.HUB)

    async def _count_hubs(self, nodes: Iterable[NodeKey]) -> dict[NodeKey, int]:
        question = self._question
        candidates = [node for node in nodes if node.kind not in question.stop_at]
        if question.hub is None or not candidates:
            return {}
        row = await self._reading.fetch_row(
            write_counts(question, self._generation), uids=self._list_uids(candidates), **self._given
        )
        counts = zip(candidates, row["counts"], strict=True)
        return {node: count for node, count in counts if count >= question.hub}

    async def _join_parents(self) -> None:
        """Join what called the runs of the answer, and what the starts called; ask for what the walk did not bring."""
        question, answer = self._question, self._answer
        if EdgeKind.CALLED in question.kinds:
            return
        found = {each.id: each for each in self._parents if self._is_parent(each)}
        runs = [node for node in answer.depths if node.kind is NodeKind.RUN and node not in self._joined]
        if runs:
            row = await self._reading.fetch_row(
                write_next_to([EdgeKind.CALLED], question.as_of, self._generation),
                into=self._list_uids(runs),
                out_of=self._list_uids(node for node in question.starts if node.kind is NodeKind.RUN),
                **make_as_of(question.as_of),
            )
            found |= {each.id: each for each in read_intervals(self._workspace, row["edges"], answer.depths)}
        for each in sorted(found.values(), key=_order_interval):
            source, target = each.edge.source, each.edge.target
            new, depth = (source, answer.depths[target] + 1) if target in answer.depths else (target, 1)
            if new not in answer.depths:
                answer.parents[new] = min(depth, answer.parents.get(new, depth))
            answer.intervals.append(each)

    def _is_parent(self, each: Interval) -> bool:
        return each.edge.target in self._answer.depths or each.edge.source in self._question.starts

    def _cut(self, reason: Reason, frontier: Iterable[NodeKey], left_out: int) -> None:
        answer = self._answer
        answer.reasons.add(reason)
        answer.frontier = sorted(frontier, key=_order)
        answer.left_out, answer.left_out_exact = left_out, False

    def _list_uids(self, nodes: Iterable[NodeKey]) -> list[str]:
        return [make_uid(self._workspace, node.uuid) for node in nodes]


def _find_last(levels: Sequence[Sequence[NodeKey]], most_nodes: int) -> tuple[int, bool]:
    """Return the last level that is passed, and whether all that were found fit."""
    number = 0
    for depth, level in enumerate(levels[1:]):
        number += len(level)
        if number > most_nodes:
            return depth, False
    return len(levels) - 1, True


def _bound_edges(question: Question, levels: list[list[Interval]]) -> list[list[Interval]]:
    """Return the edges by the level that they lead on from, up to the one at which there are too many."""
    number = 0
    for depth, those in enumerate(levels):
        number += len(those)
        if number > question.most_edges:
            return levels[: depth + 1]
    return levels


def _near(question: Question, each: Interval) -> NodeKey:
    return each.edge.target if question.direction is Direction.UPSTREAM else each.edge.source


def _far(question: Question, each: Interval) -> NodeKey:
    return each.edge.source if question.direction is Direction.UPSTREAM else each.edge.target


def _order(node: NodeKey) -> int:
    return node.uuid.int


def _order_interval(each: Interval) -> tuple[int, int]:
    return each.edge.id.int, each.n
