"""Graphs of known shapes for the benchmark of lineage: answers of ten to a hundred thousand nodes, in noise."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import asyncpg

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import NEVER, Edge, Held, Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import Direction
from domain.lineage.roles import Role
from domain.positions import Position

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = Position(1)
COLUMNS = ("workspace", "id", "n", "kind", "source_kind", "source", "target_kind", "target", "role", "of_run", "origin",
           "held_from", "recorded", "retracted")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """One question: from where, which way, how deep at most, and how many nodes its answer has."""

    name: str
    start: NodeKey
    direction: Direction
    depth: int | None
    nodes: int


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
            yield self._edge(self._random.choice(shared), run, number)
            yield self._edge(self._random.choice(shared), run, number)
            for _ in range(2):
                yield self._edge(run, self._node(NodeKind.ARTIFACT_VERSION), number)

    def _draw_shapes(self, *, largest: int) -> None:
        self._add("deep: a chain of 10 nodes", self._draw_chain(10), Direction.UPSTREAM, 10, 10)
        self._add("deep: a chain of 1,000 nodes", self._draw_chain(1000), Direction.UPSTREAM, None, 1000)
        self._add("wide: 1,000 runs that used one dataset", self._draw_tree([999]), Direction.DOWNSTREAM, 1, 1000)
        self._add("wide: 1,000 nodes in 3 levels", self._draw_tree([9, 10, 10]), Direction.DOWNSTREAM, 3, 1000)
        wide = largest // 300
        self._add("wide: a tree of 3 levels", self._draw_tree([wide, 299, 1]), Direction.DOWNSTREAM, 3, 1 + wide * 599)
        self._add(
            "impact of a dataset that 5,000 runs used", self._draw_tree([5000, 1]), Direction.DOWNSTREAM, None, 10_001
        )
        self._draw_beside_a_hub()

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

    def _draw_tree(self, widths: Sequence[int]) -> NodeKey:
        root = self._node(NodeKind.DATASET_VERSION)
        level = [root]
        for depth, width in enumerate(widths):
            kind = NodeKind.DATASET_VERSION if depth % 2 else NodeKind.RUN
            made = [(above, self._node(kind)) for above in level for _ in range(width)]
            self.shaped += [self._edge(above, below, depth) for above, below in made]
            level = [below for _, below in made]
        return root

    def _add(self, name: str, start: NodeKey, direction: Direction, depth: int | None, nodes: int) -> None:
        self.shapes.append(Shape(name, start, direction, depth, nodes))

    def _node(self, kind: NodeKind) -> NodeKey:
        return NodeKey(kind, UUID(int=self._random.getrandbits(128), version=4))

    def _edge(self, source: NodeKey, target: NodeKey, hours: int) -> Interval:
        used = target.kind is NodeKind.RUN
        edge = Edge(
            workspace=self.workspace,
            kind=EdgeKind.USED if used else EdgeKind.GENERATED,
            source=source,
            target=target,
            role=Role.INPUT if used else Role.OUTPUT,
            run=RunID((target if used else source).uuid),
        )
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
