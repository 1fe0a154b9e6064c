"""A record on a Postgres of its own: any other writer of a server would hold back what projections may read."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from store.database import Database
from store.embedded import EmbeddedPostgres
from tests.projection.following import Followed
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
