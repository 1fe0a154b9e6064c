"""Graphs of known shapes for the benchmark of lineage: answers of ten to a hundred thousand nodes, in noise."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from random import Random
from uuid import UUID

import asyncpg

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.answers import Walk
from domain.lineage.edges import NEVER, Edge, Held, Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.leakage import Evidence, find_leakage
from domain.lineage.links import fold_links
from domain.lineage.questions import NOW, AsOf, Direction, Question
from domain.lineage.roles import Role, make_evaluation_id
from domain.lineage.routes import count_routes, iterate_routes
from domain.lineage.traces import Trace
from domain.positions import Position

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = Position(1)

MOST = 200_000
"""Nodes that a walk may find: all there are."""

COLUMNS = ("workspace", "id", "n", "kind", "source_kind", "source", "target_kind", "target", "role", "of_run", "origin",
           "held_from", "recorded", "retracted")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked, in one walk or several, how many nodes they find, and what is made of them then."""

    name: str
    questions: tuple[Question, ...]
    nodes: int
    then: Callable[[Sequence[Walk]], object] = len


class Graph:
    """Edges of a workspace, made from a seed; `shapes` are what is asked of them."""

    def __init__(self, workspace: WorkspaceID, *, edges: int, seed: int = 7) -> None:
        self.workspace = workspace
        self.shapes: list[Shape] = []
        self.shaped: list[Interval] = []
        self._random = Random(seed)
        self._draw_shapes(largest=min(100_000, edges // 4))
        self.noise = max(edges - len(self.shaped), 0)

    def iterate(self) -> Iterator[Interval]:
        """Return the edges of the shapes, then those of the noise: many small trainings that share a few datasets."""
        yield from self.shaped
        shared = [self._node(NodeKind.DATASET_VERSION) for _ in range(200)]
        for number in range(0, self.noise, 4):
            run = self._node(NodeKind.RUN)
            for data in self._random.sample(shared, 2):
                yield self._edge(data, run, number)
            for _ in range(2):
                yield self._edge(run, self._node(NodeKind.ARTIFACT_VERSION), number)

    def _draw_shapes(self, *, largest: int) -> None:
        self._add("a chain of 10 nodes", self._draw_chain(10), Direction.UPSTREAM, 10, 10)
        self._add("a chain of 1,000 nodes", self._draw_chain(1000), Direction.UPSTREAM, None, 1000)
        self._add("1,000 runs that used one dataset", self._draw_tree([999]), Direction.DOWNSTREAM, 1, 1000)
        self._add("1,000 nodes in 3 levels", self._draw_tree([9, 10, 10]), Direction.DOWNSTREAM, 3, 1000)
        self._draw_both_ways()
        wide = largest // 300
        self._add("a tree of 3 levels", self._draw_tree([wide, 299, 1]), Direction.DOWNSTREAM, 3, 1 + wide * 599)
        self._draw_impact()
        self._draw_beside_a_hub()
        self._draw_ladder(rungs=20)
        self._draw_leak(datasets=50)

    def _draw_both_ways(self) -> None:
        """Ten levels, twice as many at each: asked from the root and towards it, to three depths, and as of a time."""
        for direction in Direction:
            root = self._draw_tree([2] * 10, up=direction is Direction.UPSTREAM)
            for depth in (1, 3, 10):
                name = f"{direction.value.lower()} to depth {depth}, twice as many a level"
                self._add(name, root, direction, depth, 2 ** (depth + 1) - 1)
            then = AsOf(at=BEGIN + timedelta(hours=5000), known=KNOWN)
            self._add("the same to depth 10 as of then", root, direction, 10, 2047, as_of=then)

    def _draw_impact(self) -> None:
        """Three walks: of all, without what only chose, and without what only reported."""
        start = self._draw_tree([5000, 1])
        asked = Question(starts=(start,), direction=Direction.DOWNSTREAM, most_nodes=MOST)
        without = replace(asked, skip_choice=True)
        walks = (asked, without, replace(without, skip_reports=True))
        self.shapes.append(Shape("impact of a dataset that 5,000 runs used: 3 walks", walks, 10_001))

    def _draw_ladder(self, *, rungs: int) -> None:
        """Diamonds one below the other: twice as many shortest ways at each."""
        start = top = self._node(NodeKind.DATASET_VERSION)
        for number in range(rungs):
            below = self._node(NodeKind.DATASET_VERSION)
            for run in (self._node(NodeKind.RUN), self._node(NodeKind.RUN)):
                self.shaped += [self._edge(top, run, number), self._edge(run, below, number)]
            top = below

        def find_paths(walks: Sequence[Walk]) -> None:
            trace, depths = Trace.of(fold_links(walks[0].intervals)), walks[0].depths
            if count_routes(trace, depths, start) != 2**rungs:
                raise RuntimeError("the ladder has another number of ways")
            list(islice(iterate_routes(trace, depths, start), 10))

        self._add(f"2^{rungs} shortest paths: counted, and ten of them", top, Direction.UPSTREAM, None, 1 + 3 * rungs,
                  then=find_paths)  # fmt: skip

    def _draw_leak(self, *, datasets: int) -> None:
        """A model that was trained and tested on as many datasets, one of them the same."""
        run, model = self._node(NodeKind.RUN), self._node(NodeKind.MODEL_VERSION)
        side = NodeKey(NodeKind.EVALUATION, make_evaluation_id(RunID(run.uuid)))
        data = [self._node(NodeKind.DATASET_VERSION) for _ in range(2 * datasets - 1)]
        self.shaped += [self._edge(run, model, 0), self._draw(EdgeKind.MEASURED_IN, run, side, None, 0)]
        self.shaped += [self._draw(EdgeKind.USED, one, run, Role.TRAIN, 0) for one in data[:datasets]]
        self.shaped += [self._draw(EdgeKind.USED, one, side, Role.TEST, 0) for one in data[datasets - 1 :]]

        def find_leaks(walks: Sequence[Walk]) -> None:
            trace = Trace.of(fold_links([each for walk in walks for each in walk.intervals]))
            found = find_leakage(Evidence(trace), model)
            if (found.train, found.test) != (datasets, datasets) or not found.findings:
                raise RuntimeError(f"leakage was looked for among {found.train} and {found.test} datasets")

        walks = tuple(Question(starts=(node,), direction=Direction.UPSTREAM) for node in (model, side))
        name = f"leakage, {datasets} by {datasets} datasets: 2 walks"
        self.shapes.append(Shape(name, walks, 2 * datasets + 2, find_leaks))

    def _draw_beside_a_hub(self) -> None:
        """A model from 50 datasets, one of which 20,000 other runs used: upstream none of these is met."""
        run, model = self._node(NodeKind.RUN), self._node(NodeKind.ARTIFACT_VERSION)
        self.shaped.append(self._edge(run, model, 0))
        hub = self._node(NodeKind.DATASET_VERSION)
        for source in [hub, *(self._node(NodeKind.DATASET_VERSION) for _ in range(49))]:
            self.shaped.append(self._edge(source, run, 0))
        self.shaped += [self._edge(hub, self._node(NodeKind.RUN), 0) for _ in range(20_000)]
        self._add("upstream beside a hub of 20,000", model, Direction.UPSTREAM, 10, 52)

    def _draw_chain(self, length: int) -> NodeKey:
        nodes = [self._node(NodeKind.RUN if n % 2 else NodeKind.DATASET_VERSION) for n in range(length)]
        self.shaped += [self._edge(a, b, n) for n, (a, b) in enumerate(pairwise(nodes))]
        return nodes[-1]

    def _draw_tree(self, widths: Sequence[int], *, up: bool = False) -> NodeKey:
        root = self._node(NodeKind.DATASET_VERSION)
        level = [root]
        for depth, width in enumerate(widths):
            kind = NodeKind.DATASET_VERSION if depth % 2 else NodeKind.RUN
            made = [(above, self._node(kind)) for above in level for _ in range(width)]
            self.shaped += [self._edge(*((below, above) if up else (above, below)), depth) for above, below in made]
            level = [below for _, below in made]
        return root

    def _add(
        self,
        name: str,
        start: NodeKey,
        direction: Direction,
        depth: int | None,
        nodes: int,
        *,
        as_of: AsOf = NOW,
        then: Callable[[Sequence[Walk]], object] = len,
    ) -> None:
        asked = Question(starts=(start,), direction=direction, max_depth=depth, most_nodes=MOST, as_of=as_of)
        self.shapes.append(Shape(name, (asked,), nodes, then))

    def _node(self, kind: NodeKind) -> NodeKey:
        return NodeKey(kind, UUID(int=self._random.getrandbits(128), version=4))

    def _edge(self, source: NodeKey, target: NodeKey, hours: int) -> Interval:
        used = target.kind is NodeKind.RUN
        kind, role = (EdgeKind.USED, Role.INPUT) if used else (EdgeKind.GENERATED, Role.OUTPUT)
        return self._draw(kind, source, target, role, hours)

    def _draw(self, kind: EdgeKind, source: NodeKey, target: NodeKey, role: Role | None, hours: int) -> Interval:
        run = RunID((target if kind is EdgeKind.USED else source).uuid)
        edge = Edge(workspace=self.workspace, kind=kind, source=source, target=target, role=role, run=run)
        return Interval(edge=edge, n=1, held=Held(held_from=BEGIN + timedelta(hours=hours % 5000)), recorded=KNOWN)


async def copy_edges(url: str, intervals: Sequence[Interval]) -> None:
    """Put edges into the record by COPY, as they are."""
    text = io.StringIO()
    writer = csv.writer(text)
    for each in intervals:
        edge = each.edge
        role = None if edge.role is None else edge.role.value
        writer.writerow((
            *(edge.workspace, edge.id, each.n, edge.kind.value, edge.source.kind.value, edge.source.uuid),
            *(edge.target.kind.value, edge.target.uuid, role, edge.run, edge.origin.value),
            *(each.held.held_from.isoformat(), int(each.recorded), int(NEVER)),
        ))  # fmt: skip
    conn = await asyncpg.connect(url)
    try:
        source = io.BytesIO(text.getvalue().encode())
        await conn.copy_to_table("edges", source=source, columns=COLUMNS, format="csv")
        await conn.execute("ANALYZE edges")
    finally:
        await conn.close()
