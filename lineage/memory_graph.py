"""The lineage graph in memory: the plainest walk there is, to compare the others with."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Sequence

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.answers import Reason, Walk
from domain.lineage.edges import NEVER, Interval
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.questions import NOW, AsOf, Direction, Question
from domain.lineage.roles import Role
from lineage.graph import NodeState


class MemoryLineageGraph:
    """All intervals in a dictionary; each walk looks at every one of them."""

    def __init__(self) -> None:
        self._intervals: dict[tuple[WorkspaceID, str], Interval] = {}
        self.nodes: dict[tuple[WorkspaceID, NodeKey], int] = {}

    async def apply(self, nodes: Sequence[NodeState], intervals: Sequence[Interval]) -> None:
        for node in nodes:
            at = (node.workspace, node.key)
            self.nodes[at] = max(node.revision, self.nodes.get(at, 0))
        for each in intervals:
            place = (each.edge.workspace, each.id)
            known = self._intervals.get(place)
            if known is None or each.retracted < known.retracted:
                self._intervals[place] = each

    async def walk(self, workspace: WorkspaceID, question: Question) -> Walk:
        return _Walker(question, self._list_known(workspace, question.as_of)).walk()

    async def fetch_next_to(
        self,
        workspace: WorkspaceID,
        *,
        into: Iterable[NodeKey] = (),
        out_of: Iterable[NodeKey] = (),
        kinds: Collection[EdgeKind],
        as_of: AsOf = NOW,
    ) -> list[Interval]:
        targets, sources = set(into), set(out_of)
        return [
            each
            for each in self._list_known(workspace, as_of)
            if each.edge.kind in kinds and (each.edge.target in targets or each.edge.source in sources)
        ]

    def _list_known(self, workspace: WorkspaceID, as_of: AsOf) -> list[Interval]:
        known = [
            each
            for (space, _), each in self._intervals.items()
            if space == workspace
            and (each.retracted == NEVER if as_of.known is None else each.is_known_at(as_of.known))
            and (as_of.at is None or each.held.held_from <= as_of.at)
        ]
        return sorted(known, key=lambda each: (each.edge.id, each.n))


class _Walker:
    """One walk."""

    def __init__(self, question: Question, known: Sequence[Interval]) -> None:
        self._question = question
        self._known = known
        self._leading: dict[NodeKey, list[Interval]] = {}
        for each in known:
            if _is_allowed(question, each):
                self._leading.setdefault(self._near(each), []).append(each)
        self._answer = Walk(question, depths=dict.fromkeys(question.starts, 0))
        self._passed = 0

    def walk(self) -> Walk:
        answer, question = self._answer, self._question
        level, depth = list(answer.depths), 0
        ends = math.inf if question.most_seconds is None else time.monotonic() + question.most_seconds
        while level:
            found = [each for each in self._lead_on(level) if self._may_enter(self._far(each))]
            if len(answer.intervals) + len(found) > question.most_edges:
                self._cut(Reason.EDGES, set(level), 0)
                break
            if time.monotonic() > ends:
                self._cut(Reason.TIME, set(level), 0)
                break
            new = {self._far(each) for each in found} - answer.depths.keys()
            passed = {node for node in new if not self._is_end(node)}
            reason = self._judge(depth, new, passed)
            kept = new if reason is None else self._keep(reason, depth, new, passed)
            if reason is not None:
                beyond = [each for each in found if self._far(each) in new - kept]
                self._cut(reason, {self._near(each) for each in beyond}, len(new - kept))
            for node in kept:
                answer.depths[node] = depth + 1
                self._note_hub(node)
            answer.intervals += [each for each in found if self._far(each) in answer.depths]
            level = [] if reason is not None else sorted(passed, key=_order)
            self._passed += len(level)
            depth += 1
        answer.intervals.sort(key=lambda each: (each.edge.id, each.n))
        self._join_parents()
        return answer

    def _judge(self, depth: int, new: set[NodeKey], passed: set[NodeKey]) -> Reason | None:
        if new and self._question.max_depth is not None and depth >= self._question.max_depth:
            return Reason.DEPTH
        return Reason.NODES if self._passed + len(passed) > self._question.most_nodes else None

    def _keep(self, reason: Reason, depth: int, new: set[NodeKey], passed: set[NodeKey]) -> set[NodeKey]:
        if reason is Reason.DEPTH or depth > 0:
            return set()
        return (new - passed) | set(sorted(passed, key=_order)[: self._question.most_nodes])

    def _cut(self, reason: Reason, frontier: set[NodeKey], left_out: int) -> None:
        self._answer.reasons.add(reason)
        self._answer.frontier = sorted(frontier, key=_order)
        self._answer.left_out, self._answer.left_out_exact = left_out, False

    def _is_end(self, node: NodeKey) -> bool:
        return node.kind in self._question.stop_at or self._is_hub(node)

    def _is_hub(self, node: NodeKey) -> bool:
        return self._question.hub is not None and len(self._lead_on([node])) >= self._question.hub

    def _note_hub(self, node: NodeKey) -> None:
        if node.kind not in self._question.stop_at and self._is_hub(node):
            self._answer.hubs[node] = len(self._lead_on([node]))
            self._answer.reasons.add(Reason.HUB)

    def _lead_on(self, nodes: Collection[NodeKey]) -> list[Interval]:
        return [each for node in dict.fromkeys(nodes) for each in self._leading.get(node, ())]

    def _may_enter(self, node: NodeKey) -> bool:
        return self._question.node_kinds is None or node.kind in self._question.node_kinds

    def _near(self, each: Interval) -> NodeKey:
        return each.edge.target if self._question.direction is Direction.UPSTREAM else each.edge.source

    def _far(self, each: Interval) -> NodeKey:
        return each.edge.source if self._question.direction is Direction.UPSTREAM else each.edge.target

    def _join_parents(self) -> None:
        answer = self._answer
        if EdgeKind.CALLED in self._question.kinds:
            return
        for each in self._known:
            parent, child = each.edge.source, each.edge.target
            if each.edge.kind is not EdgeKind.CALLED:
                continue
            if child in answer.depths:
                joined, depth = parent, answer.depths[child] + 1
            elif parent in self._question.starts:
                joined, depth = child, 1
            else:
                continue
            answer.intervals.append(each)
            if joined not in answer.depths:
                answer.parents[joined] = min(depth, answer.parents.get(joined, depth))


def _is_allowed(question: Question, each: Interval) -> bool:
    edge, held = each.edge, each.held
    is_report = (
        edge.kind is EdgeKind.GENERATED
        and edge.source.kind is NodeKind.EVALUATION
        and edge.role in {Role.REPORT, Role.LOG}
    )
    return all((
        edge.kind in question.followed,
        question.roles is None or edge.role is None or edge.role in question.roles,
        question.subset is None or edge.subset is None or edge.subset == question.subset,
        question.inferred or edge.origin is not Origin.INFERRED,
        not (question.skip_choice and held.choice),
        not (question.skip_reports and is_report),
        question.since is None or held.held_from >= question.since,
        question.until is None or held.held_from <= question.until,
    ))  # fmt: skip


def _order(node: NodeKey) -> int:
    return node.uuid.int
