"""One database for the tests of the run table: each of them works in a workspace of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from store.database import Database
from store.keys import Keys
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


@pytest.fixture(scope="session")
def keys(record: Database) -> Keys:
    """The interned names of that record."""
    return Keys(record)
