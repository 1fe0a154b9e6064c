"""How walks are run: one statement in Neo4j, by the operator that meets each node once; by an index in Postgres."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from neo4j import AsyncDriver

from domain.errors import Unavailable
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.questions import AsOf, Direction, Question
from domain.lineage.roles import Role
from domain.positions import Position
from lineage.neo4j_connection import Reading
from lineage.neo4j_graph import Neo4jLineageGraph
from lineage.neo4j_statements import make_parameters, write_edges, write_walk
from lineage.neo4j_writing import check_constraints, drop, prepare
from store.database import Database
from store.edge_levels import AHEAD
from store.edge_walks import walk_edges
from tests.lineage.graph_cases import insert_intervals
from tests.lineage.sketches import NOON
from tests.lineage.test_three_adapters import World

PRUNING = "VarLengthExpand(Pruning,BFS,All)"
QUESTION = Question(starts=(), direction=Direction.DOWNSTREAM)
QUESTIONS = {
    "plain": QUESTION,
    "upstream": replace(QUESTION, direction=Direction.UPSTREAM),
    "to a depth": replace(QUESTION, max_depth=12),
    "as of": replace(QUESTION, as_of=AsOf(at=NOON, known=Position(7))),
    "with stops and a hub": replace(QUESTION, stop_at=frozenset({NodeKind.MODEL_VERSION}), hub=100),
    "through some kinds of nodes": replace(QUESTION, node_kinds=frozenset({NodeKind.RUN, NodeKind.DATASET_VERSION})),
    "of roles and a subset": replace(QUESTION, roles=frozenset({Role.TRAIN}), subset="train"),
    "of what was said": replace(QUESTION, inferred=False),
    "without choices, in a time": replace(
        QUESTION, skip_choice=True, skip_reports=True, since=NOON, until=NOON + timedelta(days=1)
    ),
}


def list_operators(plan: dict[str, Any]) -> Iterator[str]:
    """Return the operators of a plan of Neo4j."""
    yield plan["operatorType"].partition("@")[0]
    for child in plan.get("children", ()):
        yield from list_operators(child)


async def explain(driver: AsyncDriver, statement: str, **given: Any) -> set[str]:
    async with driver.session() as session:
        summary = await (await session.run(f"EXPLAIN {statement}", given)).consume()
    assert summary.plan is not None
    return set(list_operators(summary.plan))


@pytest.mark.parametrize("starts", [1, 2])
@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_walk_in_neo4j_meets_each_node_once_from_an_index(
    driver: AsyncDriver, generation: int, name: str, starts: int
) -> None:
    """Any other operator walks every way to a node, or every node."""
    question = replace(QUESTIONS[name], starts=tuple(NodeKey(NodeKind.RUN, uuid4()) for _ in range(starts)))
    given = {"starts": ["a"] * starts, "limit": 10, "edges": 10, **make_parameters(question)}
    operators = await explain(driver, write_walk(question, generation), **given)

    assert PRUNING in operators
    assert "NodeUniqueIndexSeek" in operators
    assert not {operator for operator in operators if "Scan" in operator}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_the_edges_of_a_level_are_read_from_an_index(driver: AsyncDriver, generation: int, name: str) -> None:
    question = QUESTIONS[name]
    given = {"uids": ["a"], "edges": 10, **make_parameters(question)}
    operators = await explain(driver, write_edges(question, generation), **given)

    assert "NodeUniqueIndexSeek" in operators
    assert not {operator for operator in operators if "Scan" in operator}


@contextmanager
def counting_reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect what is sent to Neo4j meanwhile; it is sent all the same."""
    sent: list[str] = []
    fetch_row = Reading.fetch_row

    async def fetch(reading: Reading, statement: str, **given: Any) -> Any:
        sent.append(statement)
        return await fetch_row(reading, statement, **given)

    with monkeypatch.context() as patched:
        patched.setattr(Reading, "fetch_row", fetch)
        yield sent


@pytest.mark.parametrize("length", [2, 40])
async def test_a_walk_in_neo4j_is_one_statement_however_deep(
    neo4j_graph: Neo4jLineageGraph, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """It brings the edges and the parents, too."""
    world = World()
    world.draw(" > ".join(f"run {n}" if n % 2 else f"data {n}" for n in range(length)))
    await neo4j_graph.apply([], world.intervals)
    with counting_reads(monkeypatch) as sent:
        found = await world.walk(neo4j_graph, "data 0")

    assert len(found.depths) == length
    assert len(sent) == 1


async def test_a_graph_that_has_lost_a_constraint_is_refused(driver: AsyncDriver) -> None:
    """Without it, what is written twice is there twice: whoever follows the record makes and checks them first."""
    generation = int(uuid4()) % (1 << 31)
    await prepare(driver, generation)
    await check_constraints(driver, generation)
    await driver.execute_query(f"DROP CONSTRAINT LineageNode_{generation}_uid")

    with pytest.raises(Unavailable, match=f"LineageNode_{generation}_uid"):
        await check_constraints(driver, generation)
    await drop(driver, generation)


NOISE = """
INSERT INTO edges (workspace, id, n, kind, source_kind, source, target_kind, target, origin, held_from, recorded)
SELECT $1, gen_random_uuid(), 1, 3, 17, gen_random_uuid(), 17, gen_random_uuid(), 2, now(), 1
FROM generate_series(1, 20000)
"""


async def make_noise(database: Database, workspace: WorkspaceID) -> None:
    """Give a workspace so many edges that reading all of them is no plan."""
    async with database.write() as tx:
        await tx.driver.execute(NOISE, workspace)
    async with database.writer.connect() as conn:
        await (await conn.execution_options(isolation_level="AUTOCOMMIT")).execute(sa.text("ANALYZE edges"))


@pytest.mark.parametrize("ahead", [0, AHEAD])
@pytest.mark.parametrize("direction", list(Direction))
async def test_a_level_of_a_walk_in_the_record_is_one_statement_over_an_index_and_many_narrow_ones_are_too(
    edge_record: Database, direction: Direction, ahead: int
) -> None:
    world = World()
    world.draw("a > run 1 > b > run 2 > c", "a > run 3 > d")
    start = "a" if direction is Direction.DOWNSTREAM else "c"
    await insert_intervals(edge_record, world.intervals)
    await make_noise(edge_record, world.workspace)
    seen: list[tuple[str, Any]] = []
    async with edge_record.read() as conn:
        engine = edge_record.reader.sync_engine

        def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
            seen.append((statement, parameters))

        sa.event.listen(engine, "before_cursor_execute", note)
        others = (world.node(f"other {number}") for number in range(50))  # so that planners expect many
        question = Question(starts=(world.node(start), *others), direction=direction)
        found = await walk_edges(conn, world.workspace, question, ahead=ahead)
        sa.event.remove(engine, "before_cursor_execute", note)
        plans = [await _explain(conn, *each) for each in seen]

    levels = 1 if ahead else max(found.depths.values()) + 1  # the last of them finds nothing more
    assert len(seen) == levels + 1  # and the parents
    for plan in plans:
        assert re.search(r"(Index|Bitmap Index|Index Only) Scan.* (on|using) ix_edges_", plan), plan
        assert "Seq Scan" not in plan


async def _explain(conn: Any, statement: str, parameters: Any) -> str:
    rows = await conn.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return "\n".join(row[0] for row in rows)
