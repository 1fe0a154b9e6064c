"""What went wrong in other systems, on each of the three graphs; answers by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.answers import Reason, Walk
from domain.lineage.claims import Claim
from domain.lineage.edges import Edge, Held, Interval, replace
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.questions import AsOf, Direction, Question
from domain.lineage.roles import Role
from domain.positions import Position
from lineage.graph import AppliedGraph, LineageGraph
from lineage.memory_graph import MemoryLineageGraph
from lineage.neo4j_graph import Neo4jLineageGraph
from store.database import Database
from tests.lineage.building import Lineage, dataset, model
from tests.lineage.conftest import Fill
from tests.lineage.sketches import NOON

READERS = 5_000
WRITERS = 8
DOWN = Direction.DOWNSTREAM


class World:
    """A workspace of its own, with nodes by name."""

    def __init__(self) -> None:
        self.workspace = WorkspaceID(uuid4())
        self.intervals: list[Interval] = []
        self._nodes: dict[str, NodeKey] = {}

    def node(self, name: str) -> NodeKey:
        """Return a node: `run ...` is a run, `model ...` a model's version, all others are versions of data."""
        kinds = {"run": NodeKind.RUN, "model": NodeKind.MODEL_VERSION}
        kind = kinds.get(name.partition(" ")[0], NodeKind.DATASET_VERSION)
        return self._nodes.setdefault(name, NodeKey(kind, uuid4()))

    def names(self, nodes: Sequence[NodeKey] | dict[NodeKey, Any]) -> set[str]:
        known = {key: name for name, key in self._nodes.items()}
        return {known[node] for node in nodes}

    def draw(self, *steps: str, origin: Origin = Origin.DECLARED, **more: Any) -> list[Interval]:
        """Draw `a > b > c`: data into a run is USED, out of it GENERATED, from data to data DERIVED."""
        made = []
        for step in steps:
            names = [name.strip() for name in step.split(">")]
            for before, after in pairwise(names):
                made.append(self._make(self.node(before), self.node(after), origin, more))
        self.intervals += made
        return made

    def _make(self, source: NodeKey, target: NodeKey, origin: Origin, more: dict[str, Any]) -> Interval:
        runs = (source.kind is NodeKind.RUN, target.kind is NodeKind.RUN)
        kind = {
            (False, True): EdgeKind.USED,
            (True, False): EdgeKind.GENERATED,
            (True, True): EdgeKind.CONTINUED_AS,
            (False, False): EdgeKind.DERIVED,
        }[runs]
        role = {EdgeKind.USED: Role.INPUT, EdgeKind.GENERATED: Role.OUTPUT}.get(kind)
        edge = Edge(workspace=self.workspace, kind=kind, source=source, target=target, role=role, origin=origin)
        return Interval(edge=edge, n=1, held=Held(held_from=NOON), recorded=Position(1), **more)

    async def walk(self, graph: LineageGraph, start: str, direction: Direction = DOWN, **more: Any) -> Walk:
        question = Question(starts=(self.node(start),), direction=direction, **more)
        return await graph.walk(self.workspace, question)


async def test_impact_of_a_dataset_that_five_thousand_runs_used_has_all_of_them(fill: Fill) -> None:
    """A fan-out that others cut at 200: the start is always passed, be it a hub, and nothing is cut in silence."""
    world = World()
    world.draw(*(f"web > run {number}" for number in range(READERS)))
    world.draw("run 0 > model a")
    found = await world.walk(await fill(world.intervals), "web", hub=100)

    assert (len(found.depths), len(found.intervals)) == (READERS + 2, READERS + 1)
    assert found.depths[world.node("model a")] == 2
    assert found.complete
    assert not found.hubs


async def test_a_hub_on_the_way_is_shown_with_its_count_and_said(fill: Fill) -> None:
    world = World()
    world.draw("raw > web", *(f"web > run {number}" for number in range(20)))
    found = await world.walk(await fill(world.intervals), "raw", hub=20)

    assert world.names(found.depths) == {"raw", "web"}
    assert found.hubs == {world.node("web"): 20}
    assert found.reasons == {Reason.HUB}


async def test_a_start_of_a_stopped_kind_is_passed(fill: Fill) -> None:
    world = World()
    world.draw("a > run 1 > b > run 2 > c")
    stop = frozenset({NodeKind.DATASET_VERSION})
    found = await world.walk(await fill(world.intervals), "a", stop_at=stop)

    assert world.names(found.depths) == {"a", "run 1", "b"}
    assert found.complete


async def test_a_limit_that_is_hit_is_said_between_whole_levels(fill: Fill) -> None:
    world = World()
    world.draw("a > b1 > c1", "a > b2 > c2", "a > b3 > c3 > d")
    graph = await fill(world.intervals)
    by_nodes = await world.walk(graph, "a", most_nodes=4)
    by_edges = await world.walk(graph, "a", most_edges=5)
    by_depth = await world.walk(graph, "a", max_depth=1)

    for found, reason in ((by_nodes, Reason.NODES), (by_edges, Reason.EDGES), (by_depth, Reason.DEPTH)):
        assert world.names(found.depths) == {"a", "b1", "b2", "b3"}
        assert found.reasons == {reason}
        assert world.names(found.frontier) == {"b1", "b2", "b3"}
    assert (by_nodes.left_out, by_nodes.left_out_exact) == (3, False)


async def test_a_walk_that_runs_out_of_time_is_cut_between_whole_levels_and_says_so(fill: Fill) -> None:
    world = World()
    world.draw("a > b1 > c1", "a > b2 > c2")
    found = await world.walk(await fill(world.intervals), "a", most_seconds=0.0)

    assert found.reasons == {Reason.TIME}
    assert (world.names(found.depths), world.names(found.frontier), found.intervals) == ({"a"}, {"a"}, [])


async def test_every_one_of_several_ways_is_in_a_complete_answer(fill: Fill) -> None:
    world = World()
    world.draw("a > b1 > c", "a > b2 > c", "a > c")
    found = await world.walk(await fill(world.intervals), "c", Direction.UPSTREAM)

    assert found.complete
    assert {each.id for each in found.intervals} == {each.id for each in world.intervals}
    assert found.depths[world.node("a")] == 1


async def test_a_retracted_edge_does_not_connect_and_did_at_its_time(fill: Fill) -> None:
    world = World()
    world.draw("a > b", retracted=Position(5))
    world.draw("b > c")
    graph = await fill(world.intervals)
    now = await world.walk(graph, "a")
    then = await world.walk(graph, "a", as_of=AsOf(known=Position(4)))

    assert world.names(now.depths) == {"a"}
    assert world.names(then.depths) == {"a", "b", "c"}


@pytest.mark.parametrize("name", ["memory", "neo4j"])
async def test_a_retracted_edge_that_is_delivered_again_stays_retracted(
    request: pytest.FixtureRequest, name: str
) -> None:
    world = World()
    (known,) = world.draw("a > b")
    graph: AppliedGraph = MemoryLineageGraph() if name == "memory" else request.getfixturevalue("neo4j_graph")
    closed = replace(known, retracted=Position(5))
    for delivered in (known, closed, known, closed, known):
        await graph.apply([], [delivered, delivered])
    found = await world.walk(graph, "a")
    then = await world.walk(graph, "a", as_of=AsOf(known=Position(1)))

    assert world.names(found.depths) == {"a"}
    assert [each.retracted for each in then.intervals] == [Position(5)]


async def test_a_node_that_nobody_described_connects(fill: Fill) -> None:
    """Deleted, erased and purged things have no row that a walk asks for: only their edges count."""
    world = World()
    world.draw("a > run gone > b")
    found = await world.walk(await fill(world.intervals), "b", Direction.UPSTREAM)

    assert world.names(found.depths) == {"b", "run gone", "a"}


async def test_a_cycle_of_names_and_an_edge_said_twice_are_walked_once(fill: Fill) -> None:
    world = World()
    world.draw("a > b > a")
    world.draw("a > b", origin=Origin.MANUAL)
    found = await world.walk(await fill(world.intervals), "a")

    assert found.depths == {world.node("a"): 0, world.node("b"): 1}
    assert len(found.intervals) == 3


async def test_no_edge_is_lost_under_eight_concurrent_writers_of_neo4j(neo4j_graph: Neo4jLineageGraph) -> None:
    """All write at the same few nodes, and each edge is written by two of them."""
    world = World()
    for number in range(200):
        world.draw(f"data {number % 7} > run {number}", f"run {number} > out {number % 5}")
    parts = [world.intervals[number::WRITERS] + world.intervals[number + 1 :: WRITERS] for number in range(WRITERS)]
    await asyncio.gather(*(neo4j_graph.apply([], part) for part in parts))
    starts = tuple(world.node(f"data {number}") for number in range(7))
    question = Question(starts=starts, direction=DOWN)
    found = await neo4j_graph.walk(world.workspace, question)

    assert found.complete
    assert [each.id for each in found.intervals] == sorted(each.id for each in world.intervals)


async def test_no_edge_is_lost_under_eight_concurrent_writers_of_the_record(database: Database) -> None:
    """Each makes the same data and models, and says what its own run did with them, two edges at a time."""
    lineage = Lineage(database)
    runs = [f"run {number}" for number in range(WRITERS)]
    for run in runs:
        await lineage.run(run, start=1)

    async def tell(run: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            await lineage.record(
                Claim(kind=EdgeKind.USED, source=dataset(f"web@{number}"), target=lineage.ref(run)),
                Claim(kind=EdgeKind.GENERATED, source=lineage.ref(run), target=model(f"gpt@{number}")),
            )

    orders = [range(6), range(5, -1, -1)]
    await asyncio.gather(*(tell(run, orders[number % 2]) for number, run in enumerate(runs)))

    assert await lineage.graph() == {
        line
        for run in runs
        for number in range(6)
        for line in (f"web@{number} USED input {run}", f"{run} GENERATED output gpt@{number}")
    }
