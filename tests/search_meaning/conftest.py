"""One database for the tests of meaning: each world has a workspace of its own."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from store.database import Database
from tests.servers.databases import clone, drop, with_database
from tests.servers.shared_servers import SharedServers


@pytest.fixture(scope="session")
async def record(
    shared_servers: SharedServers, template_database: str, postgres_admin: asyncpg.Connection
) -> AsyncIterator[Database]:
    """The record, shared by the tests of this folder."""
    name = f"{shared_servers.prefix}{uuid.uuid4().hex[:12]}"
    await clone(postgres_admin, template_database, name)
    database = Database.connect(with_database(shared_servers.url, name), pool_size=3)
    yield database
    await database.close()
    await drop(postgres_admin, name)
