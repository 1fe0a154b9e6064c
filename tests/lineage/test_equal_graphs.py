"""The three adapters give equal answers to random questions about random graphs: cut, frontier and completeness too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from neo4j import AsyncDriver

from domain.ids import WorkspaceID
from domain.lineage.answers import Walk
from domain.lineage.edges import NEVER, Interval
from domain.lineage.edges import replace as replace_interval
from domain.lineage.questions import AsOf
from domain.positions import Position
from lineage.graph import LineageGraph
from lineage.memory_graph import MemoryLineageGraph
from lineage.neo4j_graph import Neo4jLineageGraph
from lineage.postgres_graph import PostgresLineageGraph
from store.database import Database
from store.edge_levels import AHEAD
from tests.lineage.graph_cases import KINDS, LAST, insert_intervals, make_case, make_question

QUESTIONS = 10
PARTS = 4
"""Tests that the worlds are shared among: none takes too long by itself."""


def show(walk: Walk) -> dict[str, object]:
    """Return all that an answer says."""
    return {
        "nodes": walk.nodes,
        "depths": walk.depths,
        "parents": walk.parents,
        "edges": [(each.id, each) for each in walk.intervals],
        "hubs": walk.hubs,
        "reasons": walk.reasons,
        "left out": (walk.left_out, walk.left_out_exact),
        "frontier": walk.frontier,
    }


@pytest.mark.parametrize("part", range(PARTS))
async def test_all_adapters_answer_equally(
    edge_record: Database,
    neo4j_graph: Neo4jLineageGraph,
    driver: AsyncDriver,
    generation: int,
    part: int,
    is_long: bool,
) -> None:
    for seed in range(part, 1000 if is_long else 30, PARTS):
        random = Random(seed)
        case = make_case(random)
        memory = MemoryLineageGraph()
        await memory.apply([], case.intervals)
        await neo4j_graph.apply([], case.intervals)
        await insert_intervals(edge_record, case.intervals)
        by_level = Neo4jLineageGraph(driver, generation, few_starts=0)
        records = [PostgresLineageGraph(edge_record, ahead=ahead) for ahead in (AHEAD, 2, 0)]
        others: list[LineageGraph] = [*records, neo4j_graph, by_level]
        for _ in range(QUESTIONS):
            question = make_question(random, case)
            expected = show(await memory.walk(case.workspace, question))
            for graph in others:
                answer = show(await graph.walk(case.workspace, question))
                assert answer == expected, (seed, type(graph), question)


async def test_all_adapters_find_the_same_edges_next_to_nodes(
    edge_record: Database, neo4j_graph: Neo4jLineageGraph
) -> None:
    for seed in range(1_000_000, 1_000_010):
        random = Random(seed)
        case = make_case(random)
        memory = MemoryLineageGraph()
        await memory.apply([], case.intervals)
        await neo4j_graph.apply([], case.intervals)
        await insert_intervals(edge_record, case.intervals)
        into, out_of = random.sample(list(case.nodes), 2), random.sample(list(case.nodes), 2)
        kinds = random.sample(KINDS, 6)
        asked = {"into": into, "out_of": out_of, "kinds": kinds, "as_of": AsOf(known=Position(random.randint(0, LAST)))}
        found = [
            await graph.fetch_next_to(case.workspace, **asked)  # type: ignore[arg-type]
            for graph in (memory, PostgresLineageGraph(edge_record), neo4j_graph)
        ]

        assert found[1] == found[0]
        assert found[2] == found[0]


async def test_what_was_known_at_a_position_stays_the_same_when_later_events_arrive(
    edge_record: Database, neo4j_graph: Neo4jLineageGraph, is_long: bool
) -> None:
    for seed in range(2_000_000, 2_000_500 if is_long else 2_000_015):
        random = Random(seed)
        case = make_case(random)
        moment = Position(random.randint(5, LAST))
        memory = MemoryLineageGraph()
        early = [_as_of(each, moment) for each in case.intervals if each.recorded <= moment]
        question = replace(make_question(random, case), as_of=AsOf(known=moment))
        graphs: list[LineageGraph] = [memory, PostgresLineageGraph(edge_record), neo4j_graph]
        answers = []
        for intervals in (early, case.intervals):
            await memory.apply([], intervals)
            await neo4j_graph.apply([], intervals)
            await _replace_rows(edge_record, case.workspace, intervals)
            answers += [_show_known(await graph.walk(case.workspace, question)) for graph in graphs]

        assert answers[1:] == answers[:1] * 5, seed


def _show_known(walk: Walk) -> dict[str, object]:
    """Return all that an answer says, but for when its edges ceased to be known."""
    return {**show(walk), "edges": [each.id for each in walk.intervals]}


async def _replace_rows(database: Database, workspace: WorkspaceID, intervals: Sequence[Interval]) -> None:
    """Bring the record where others come by being told more."""
    async with database.write() as tx:
        await tx.driver.execute("DELETE FROM edges WHERE workspace = $1", workspace)
    await insert_intervals(database, intervals)


def _as_of(interval: Interval, moment: Position) -> Interval:
    """Return an interval as it stood when nothing above a position was written."""
    return interval if interval.retracted <= moment else replace_interval(interval, retracted=NEVER)
