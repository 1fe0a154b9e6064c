"""Small graphs drawn in a few lines, for rules that look at links: ends by name, sides as the service sets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid5

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import Edge, Held, Interval
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.links import Link, fold_links
from domain.lineage.roles import Role, Side, choose_role, find_sides, is_of_choice, make_evaluation_id, make_side_key
from domain.lineage.traces import Trace
from domain.positions import Position
from domain.runs import RunKind

SPACE = UUID("5ce7c4a1-0000-4000-8000-000000000000")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Sketch:
    """Nodes and edges by name."""

    intervals: list[Interval] = field(default_factory=list)
    kinds: dict[NodeKey, RunKind] = field(default_factory=dict)

    def data(self, name: str) -> NodeKey:
        return NodeKey(NodeKind.DATASET_VERSION, uuid5(SPACE, f"data {name}"))

    def file(self, name: str) -> NodeKey:
        return NodeKey(NodeKind.ARTIFACT_VERSION, uuid5(SPACE, f"file {name}"))

    def model(self, name: str) -> NodeKey:
        return NodeKey(NodeKind.MODEL_VERSION, uuid5(SPACE, f"model {name}"))

    def deployment(self, name: str) -> NodeKey:
        return NodeKey(NodeKind.DEPLOYMENT_REVISION, uuid5(SPACE, f"deployment {name}"))

    def run(self, name: str, kind: RunKind = RunKind.TRAIN) -> NodeKey:
        key = NodeKey(NodeKind.RUN, uuid5(SPACE, f"run {name}"))
        self.kinds[key] = kind
        return key

    def evaluation(self, run: NodeKey) -> NodeKey:
        return NodeKey(NodeKind.EVALUATION, make_evaluation_id(RunID(run.uuid)))

    def used(self, source: NodeKey, run: NodeKey, role: Role = Role.INPUT, *, subset: str | None = None) -> None:
        """Draw what a run used, on the sides that the role says."""
        kind = self.kinds[run]
        for side in find_sides(EdgeKind.USED, role, kind):
            target = make_side_key(RunID(run.uuid), side)
            choice = is_of_choice(target.kind, role, kind)
            self.draw(EdgeKind.USED, source, target, role=role, subset=subset, choice=choice)
            self._measure(run, side)

    def generated(self, run: NodeKey, target: NodeKey, role: Role | None = None) -> None:
        """Draw what a run made."""
        chosen = choose_role(EdgeKind.GENERATED, role, from_evaluation=self.kinds[run] is RunKind.EVALUATE)
        assert chosen is not None
        for side in find_sides(EdgeKind.GENERATED, chosen, self.kinds[run]):
            self.draw(EdgeKind.GENERATED, make_side_key(RunID(run.uuid), side), target, role=chosen)
            self._measure(run, side)

    def draw(
        self,
        kind: EdgeKind,
        source: NodeKey,
        target: NodeKey,
        *,
        role: Role | None = None,
        subset: str | None = None,
        choice: bool = False,
        origin: Origin = Origin.DECLARED,
    ) -> None:
        """Draw any edge."""
        edge = Edge(
            workspace=WorkspaceID(SPACE),
            kind=kind,
            source=source,
            target=target,
            role=role,
            subset=subset,
            origin=origin,
        )
        held = Held(held_from=NOON, choice=choice)
        self.intervals.append(Interval(edge=edge, n=1, held=held, recorded=Position(1)))

    @property
    def links(self) -> list[Link]:
        return fold_links(self.intervals)

    @property
    def trace(self) -> Trace:
        return Trace.of(self.links, self.kinds)

    def _measure(self, run: NodeKey, side: Side) -> None:
        if side is Side.EVALUATION:
            self.draw(EdgeKind.MEASURED_IN, run, self.evaluation(run))
