"""A record on a Postgres of its own: any other writer of a server would hold back what projections may read."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from neo4j import AsyncDriver
from pydantic import SecretStr

from lineage.neo4j_connection import connect as connect_graph
from search.elastic.connecting import SearchClient
from search.elastic.connecting import connect as connect_index
from search.elastic.settings import ElasticsearchSettings
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.projections.checkpoints import register
from store.projections.snapshots import change_progress
from tests.projection.following import Followed
from tests.projection.stores import GraphStore, IndexStore, Store
from tests.servers.databases import clone, drop, make_template, with_database

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
async def quiet_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a server on which only one test writes at a time."""
    folder: Path = tmp_path_factory.mktemp("quiet") / "data"
    async with EmbeddedPostgres(folder, settings=FAST) as server:
        await make_template(server.url, "quiet_template")
        yield server.url


@pytest.fixture
async def quiet_url(quiet_server: str) -> AsyncIterator[str]:
    """The address of a fresh, empty record on it."""
    admin = await asyncpg.connect(quiet_server)
    name = f"quiet_{uuid.uuid4().hex[:12]}"
    await clone(admin, "quiet_template", name)
    yield with_database(quiet_server, name)
    await drop(admin, name)
    await admin.close()


@pytest.fixture
async def record(quiet_url: str) -> AsyncIterator[Database]:
    """The record on it."""
    connected = Database.connect(quiet_url, pool_size=8)
    yield connected
    await connected.close()


@pytest.fixture
async def followed(record: Database) -> AsyncIterator[Followed]:
    """The record with a projection that follows it once it is started."""
    found = Followed(record)
    yield found
    await found.stop()


@pytest.fixture(scope="session")
async def graph_driver(neo4j_url: str) -> AsyncIterator[AsyncDriver]:
    async with connect_graph(neo4j_url) as opened:
        yield opened


@pytest.fixture(scope="session")
async def index_client(elasticsearch_url: str) -> AsyncIterator[SearchClient]:
    client = connect_index(ElasticsearchSettings(url=SecretStr(elasticsearch_url)))
    yield client
    await client.close()


@pytest.fixture
async def graph_store(record: Database, graph_driver: AsyncDriver) -> AsyncIterator[GraphStore]:
    """The graph in generations that no other test has: the run's Neo4j has one database."""
    first = random.SystemRandom().randrange(1 << 30)
    await register(record, "graph")
    async with change_progress(record) as driver:
        await driver.execute("UPDATE projections SET last_generation = $1", first)
    store = GraphStore(graph_driver, mark=f"test-{first}")
    yield store
    await store.forget_mark()


@pytest.fixture
async def index_store(index_client: SearchClient, index_prefix: str) -> AsyncIterator[IndexStore]:
    """The index under names that no other test has."""
    prefix = index_prefix.removesuffix("-")
    yield IndexStore(index_client, prefix=prefix)
    await index_client.options(ignore_status=404).indices.delete_index_template(name=prefix)


@pytest.fixture(params=["graph", "index"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each of the two real stores."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found
