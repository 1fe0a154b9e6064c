"""Records that many worlds share, and the three lineage graphs, each filled as the product fills it."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import asyncpg
import pytest
from neo4j import AsyncDriver

from domain.lineage.edges import Interval
from lineage.graph import AppliedGraph, LineageGraph
from lineage.memory_graph import MemoryLineageGraph
from lineage.neo4j_connection import connect
from lineage.neo4j_graph import Neo4jLineageGraph
from lineage.neo4j_writing import drop, prepare
from lineage.postgres_graph import PostgresLineageGraph
from store.database import Database
from tests.lineage.graph_cases import insert_intervals
from tests.servers.databases import cloned
from tests.servers.shared_servers import SharedServers

Fill = Callable[[Sequence[Interval]], Awaitable[LineageGraph]]


@pytest.fixture(scope="module")
async def record(
    shared_servers: SharedServers, template_database: str, postgres_admin: asyncpg.Connection
) -> AsyncIterator[Database]:
    """The record of a module's tests; each takes a workspace of its own."""
    async with cloned(shared_servers, postgres_admin, template_database) as url:
        database = Database.connect(url, pool_size=4)
        yield database
        await database.close()


@pytest.fixture(scope="session")
async def driver(neo4j_url: str) -> AsyncIterator[AsyncDriver]:
    async with connect(neo4j_url) as opened:
        yield opened


@pytest.fixture(scope="session")
async def generation(driver: AsyncDriver, shared_servers: SharedServers, worker: str) -> AsyncIterator[int]:
    """A generation that the tests of one process share: each has workspaces of its own."""
    number = zlib.crc32(f"{shared_servers.prefix}{worker}".encode())
    await prepare(driver, number)
    yield number
    await drop(driver, number)


@pytest.fixture(scope="session")
def worker(pytestconfig: pytest.Config) -> str:
    given: dict[str, str] = getattr(pytestconfig, "workerinput", {})
    return given.get("workerid", "")


@pytest.fixture(scope="session")
async def edge_record(
    shared_servers: SharedServers, template_database: str, postgres_admin: asyncpg.Connection
) -> AsyncIterator[Database]:
    """A record that the tests of one process share: each has workspaces of its own."""
    async with cloned(shared_servers, postgres_admin, template_database) as url:
        database = Database.connect(url, pool_size=2)
        yield database
        await database.close()


@pytest.fixture
def neo4j_graph(driver: AsyncDriver, generation: int) -> Neo4jLineageGraph:
    return Neo4jLineageGraph(driver, generation)


@pytest.fixture(params=["memory", "postgres", "neo4j"])
def fill(request: pytest.FixtureRequest) -> Fill:
    """Fill one of the graphs; a test that takes this runs on each."""
    if request.param == "postgres":
        database: Database = request.getfixturevalue("edge_record")
        return _fill_record(database)
    graph = MemoryLineageGraph() if request.param == "memory" else request.getfixturevalue("neo4j_graph")
    return _apply_to(graph)


def _fill_record(database: Database) -> Fill:
    async def fill(intervals: Sequence[Interval]) -> LineageGraph:
        await insert_intervals(database, intervals)
        return PostgresLineageGraph(database)

    return fill


def _apply_to(graph: AppliedGraph) -> Fill:
    async def fill(intervals: Sequence[Interval]) -> LineageGraph:
        await graph.apply([], intervals)
        return graph

    return fill
