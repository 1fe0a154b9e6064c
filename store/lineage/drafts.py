"""What a transaction is about to record of lineage: edges on the right side of their runs, and what they touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import WHENCE, Edge, Held, replace
from domain.lineage.kinds import VERSIONS, EdgeKind, Origin
from domain.lineage.roles import Side, find_sides, is_of_choice, make_side_key
from domain.lineage.unbound import UnboundFact
from store.lineage.runs import RunFacts


@dataclass(slots=True)
class Touched:
    """What inference has to look at again.

    `versions`: their producers, times, digests or places changed. `used`: artifacts that somebody used. `runs`: what
    they used, called or continue changed. `facts`: by their name, those without a version that changed, or whose run
    did. `models`: their aliases changed. `sides`: runs whose Evaluation got or lost an edge.
    """

    versions: set[NodeKey] = field(default_factory=set)
    used: set[UUID] = field(default_factory=set)
    runs: set[RunID] = field(default_factory=set)
    facts: dict[NodeKey, set[UUID]] = field(default_factory=dict)
    models: set[UUID] = field(default_factory=set)
    sides: set[RunID] = field(default_factory=set)

    def add_edge(self, edge: Edge) -> None:
        """Note an edge that was recorded, moved or retracted."""
        if NodeKind.EVALUATION in (edge.source.kind, edge.target.kind) and edge.run is not None:
            self.sides.add(edge.run)
        if edge.kind is EdgeKind.USED:
            if edge.source.kind is NodeKind.ARTIFACT_VERSION:
                self.used.add(edge.source.uuid)
            if edge.run is not None:
                self.runs.add(edge.run)
        elif edge.kind in (EdgeKind.CALLED, EdgeKind.CONTINUED_AS):
            self.runs.add(RunID(edge.target.uuid))
        elif edge.target.kind in VERSIONS and edge.origin is not Origin.INFERRED:
            self.versions.add(edge.target)

    def add_fact(self, fact: UnboundFact) -> None:
        self.facts.setdefault(fact.name, set()).add(fact.id)

    def list_facts(self, kind: NodeKind) -> dict[UUID, set[UUID]]:
        """Return the facts about names of a kind."""
        return {name.uuid: facts for name, facts in self.facts.items() if name.kind is kind}

    def __bool__(self) -> bool:
        return bool(self.versions or self.used or self.runs or self.facts or self.models or self.sides)


@dataclass(slots=True)
class Drafts:
    """Edges and facts to be recorded; `retracted`: whose place they take; `instead`: what stands for one left out."""

    workspace: WorkspaceID
    edges: dict[Edge, Held] = field(default_factory=dict)
    unbound: dict[UnboundFact, Held] = field(default_factory=dict)
    retracted: set[UUID] = field(default_factory=set)
    evaluations: set[RunID] = field(default_factory=set)
    instead: dict[Edge, list[Edge]] = field(default_factory=dict)
    touched: Touched = field(default_factory=Touched)

    def add(self, edge: Edge, held: Held) -> Edge:
        known = self.edges.get(edge)
        self.edges[edge] = held if known is None or not known.own_role else replace(held, own_role=True)
        self.touched.add_edge(edge)
        return edge

    def add_unbound(self, fact: UnboundFact, held: Held) -> None:
        self.unbound[fact] = held
        self.touched.add_fact(fact)

    def add_sided(self, edge: Edge, held: Held, run: RunFacts) -> list[Edge]:
        """Add an edge USED or GENERATED on each side of its run that its role stands on; either end may be the run."""
        assert edge.role is not None  # noqa: S101 - both kinds have one always
        sides = find_sides(edge.kind, edge.role, run.kind)
        return [self.add(*self.stand(edge, held, run, side)) for side in sides]

    def stand(self, edge: Edge, held: Held, run: RunFacts, side: Side) -> tuple[Edge, Held]:
        """Return an edge as it stands on one side of its run, and add what joins that side to the run."""
        key = make_side_key(run.id, side)
        if side is Side.EVALUATION:
            self.add_measured(run)
        if edge.kind is EdgeKind.USED:
            sided = replace(edge, target=key, run=run.id)
        else:
            sided = replace(edge, source=key, run=run.id)
        return sided, replace(held, choice=is_of_choice(sided.target.kind, edge.role, run.kind))

    def add_measured(self, run: RunFacts) -> None:
        """Join a run to its Evaluation."""
        if run.id in self.evaluations:
            return
        self.evaluations.add(run.id)
        joined = make_structural(
            self.workspace,
            EdgeKind.MEASURED_IN,
            make_side_key(run.id, Side.RUN),
            make_side_key(run.id, Side.EVALUATION),
        )
        self.edges[replace(joined, run=run.id)] = Held(held_from=run.started_at)


def make_structural(workspace: WorkspaceID, kind: EdgeKind, source: NodeKey, target: NodeKey) -> Edge:
    """Return an edge that the record itself says: that a run has an Evaluation, or a parent."""
    return Edge(workspace=workspace, kind=kind, source=source, target=target, origin=Origin.OBSERVED, producer=WHENCE)


def is_of_points(edge: Edge) -> bool:
    """Say whether only the `on` of points says an edge. A run that measures itself may still inherit its inputs."""
    return edge.kind is EdgeKind.USED and edge.origin is Origin.OBSERVED and edge.producer == WHENCE
