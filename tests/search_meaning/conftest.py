"""One database for the tests of meaning: each world has a workspace of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import asyncpg
import pytest
import sqlalchemy as sa
from elasticsearch import AsyncElasticsearch

from domain.ids import WorkspaceID
from search.elastic.generations import Names, prepare_generation
from search.elastic.index import ElasticsearchSearchIndex
from search.memory.memory_index import MemorySearchIndex
from search.postgres_index import PostgresSearchIndex
from search.search_index import SearchIndex
from store import tables
from store.database import Database
from store.search.vocabulary import learn_words
from tests.search_meaning.recording import read_documents
from tests.servers.databases import cloned
from tests.servers.shared_servers import SharedServers


@pytest.fixture(scope="session")
async def record(
    shared_servers: SharedServers, template_database: str, postgres_admin: asyncpg.Connection
) -> AsyncIterator[Database]:
    """The record, shared by the tests of this folder."""
    async with cloned(shared_servers, postgres_admin, template_database) as url:
        database = Database.connect(url, pool_size=3)
        yield database
        await database.close()


@pytest.fixture
async def index(elasticsearch_url: str, index_prefix: str) -> AsyncIterator[ElasticsearchSearchIndex]:
    """An index on the run's Elasticsearch, empty, with a prefix of its own."""
    names = Names(index_prefix.removesuffix("-"))
    client = AsyncElasticsearch(elasticsearch_url, request_timeout=30)
    await prepare_generation(client, names, 1)
    yield ElasticsearchSearchIndex(client, prefix=names.prefix, generation=1)
    await client.indices.delete_index_template(name=names.prefix)
    await client.close()


Fill: TypeAlias = Callable[..., Awaitable[SearchIndex]]
ADAPTERS = ("memory", "record", "elasticsearch")


@pytest.fixture(params=ADAPTERS)
def fill(request: pytest.FixtureRequest, record: Database) -> Fill:
    """Return what gives each adapter in turn, holding all documents of a workspace of the record."""
    name: str = request.param
    makers: dict[str, Callable[[], SearchIndex]] = {
        "memory": MemorySearchIndex,
        "record": lambda: PostgresSearchIndex(record.read),
        "elasticsearch": lambda: request.getfixturevalue("index"),
    }
    index = makers[name]()

    async def fill_with(*workspaces: WorkspaceID) -> SearchIndex:
        for workspace in workspaces:
            await index.apply(await read_documents(record, workspace))
        async with record.write() as tx:  # read it whole: writers of other tests hold back what is safely behind
            await tx.conn.execute(sa.update(tables.learned).values(position=0))
        await learn_words(record)
        await index.refresh()
        return index

    return fill_with
