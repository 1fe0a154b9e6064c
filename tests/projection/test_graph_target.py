"""The lineage graph in Neo4j follows the record: live, beside a rebuild, after drift, and after it was away."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
from neo4j import AsyncDriver

from domain.projections import TaskKind
from domain.runs import RunKind
from lineage.neo4j_connection import connect
from lineage.neo4j_keeping import fetch_kept_intervals, read_mark, write_mark
from lineage.neo4j_writing import drop
from projection.buckets import BUCKETS
from projection.graph_target import GraphTarget
from store.database import Database
from store.projections.checkpoints import register
from store.projections.snapshots import change_progress
from tests.lineage.building import Lineage, dataset
from tests.projection.asking import ask
from tests.projection.following import Followed


@pytest.fixture(scope="session")
async def graph_driver(neo4j_url: str) -> AsyncIterator[AsyncDriver]:
    async with connect(neo4j_url) as opened:
        yield opened


@pytest.fixture
async def graph(record: Database, graph_driver: AsyncDriver) -> AsyncIterator[Followed]:
    """The record with a graph that follows it, in generations that no other test has."""
    first = random.SystemRandom().randrange(1 << 30)
    await register(record, "graph")
    async with change_progress(record) as driver:
        await driver.execute("UPDATE projections SET last_generation = $1", first)
    followed = Followed(record, GraphTarget(graph_driver, mark=f"test-{first}"))
    yield followed
    await followed.stop()
    for number in await followed.list_generations():
        await drop(graph_driver, number)
    await graph_driver.execute_query("MATCH (m:LineageMark {name: $name}) DELETE m", name=f"test-{first}")


async def tell(record: Database, name: str) -> Lineage:
    """Record a training and its deployment: a dozen nodes and edges."""
    lineage = Lineage(record)
    await lineage.run(f"train {name}", start=1, end=2)
    await lineage.used(dataset("web@1"), f"train {name}")
    await lineage.generated(f"train {name}", f"s3://models/{name}")
    await lineage.run(f"evaluate {name}", RunKind.EVALUATE, start=3, end=4)
    await lineage.used(f"s3://models/{name}", f"evaluate {name}")
    return lineage


async def count_edges(followed: Followed, driver: AsyncDriver) -> int:
    serving = (await followed.look()).generation
    assert serving is not None
    return len(await fetch_kept_intervals(driver, serving, buckets=range(BUCKETS)))


async def test_the_graph_is_the_record_and_stays_so(graph: Followed, graph_driver: AsyncDriver) -> None:
    await tell(graph.record, "a")
    graph.start()
    await graph.catch_up()
    before = await count_edges(graph, graph_driver)
    await tell(graph.record, "b")
    await graph.catch_up()
    comparison = await graph.compare(deep=True)

    assert before > 0
    assert await count_edges(graph, graph_driver) > before
    assert comparison.checked > before
    assert (comparison.differences, comparison.unsettled) == ([], [])


async def test_drift_of_nodes_and_edges_is_found_and_repaired(graph: Followed, graph_driver: AsyncDriver) -> None:
    await tell(graph.record, "a")
    graph.start()
    await graph.catch_up()
    label = f"LineageNode_{(await graph.look()).generation}"
    for spoil in (
        f"MATCH (n:{label}) WITH n ORDER BY n.uid LIMIT 1 DETACH DELETE n",
        f"MATCH (n:{label}) WITH n ORDER BY n.uid DESC LIMIT 1 SET n.revision = n.revision + 5",
        f"MATCH (:{label})-[e]->() WITH e ORDER BY e.key LIMIT 1 SET e.held_from = 1",
        f"CREATE (:{label} {{uid: '{'0' * 64}', kind: 17, revision: 3}})",
    ):
        await graph_driver.execute_query(spoil)
    found = await ask(graph, TaskKind.VERIFY)
    repaired = await ask(graph, TaskKind.REPAIR, drop_anyway=True)
    after = await ask(graph, TaskKind.VERIFY)

    assert found.result is not None
    assert found.result["differences"].keys() >= {"ahead", "extra", "missing", "other"}
    assert repaired.result is not None
    assert repaired.result["left"] == 0
    assert after.result is not None
    assert after.result["differences"] == {}


async def test_a_rebuilt_graph_is_the_one_that_was_followed(graph: Followed, graph_driver: AsyncDriver) -> None:
    await tell(graph.record, "a")
    graph.start()
    first = await graph.catch_up()
    before = await count_edges(graph, graph_driver)
    task = await ask(graph, TaskKind.REBUILD)
    await graph.catch_up()

    assert task.result is not None
    assert task.result["dropped"] == [first.generation]
    assert task.result["differences"] == {}
    assert await count_edges(graph, graph_driver) == before


async def test_a_mark_of_lower_order_never_takes_the_place_of_a_higher(
    graph: Followed, graph_driver: AsyncDriver
) -> None:
    await graph.target.read_mark()
    name = f"order-{random.SystemRandom().randrange(1 << 30)}"
    await write_mark(graph_driver, name, nonce=1, order=5)
    await write_mark(graph_driver, name, nonce=2, order=4)
    kept = await read_mark(graph_driver, name)
    await graph_driver.execute_query("MATCH (m:LineageMark {name: $name}) DELETE m", name=name)

    assert kept == (1, 5)
