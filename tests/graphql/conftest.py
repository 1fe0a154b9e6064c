"""The whole application over a real record, asked in-process: GraphQL over HTTP as clients send it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from api.application import make_application
from api.context import Services
from api.schema import schema
from api.settings import ServerSettings
from store.database import Database
from store.ingest.ingest import Ingest
from store.keys import Keys
from store.metrics.compactor import Compactor
from store.numbers import Numbers
from store.wakeups import Wakeups
from tests.graphql.asking import Client


@asynccontextmanager
async def open_services(database: Database) -> AsyncIterator[Services]:
    """Give the services of a record, with points being taken and nothing else going on beside."""
    keys = Keys(database)
    ingest = Ingest(database, keys)
    await ingest.start()
    yield Services(
        database=database,
        keys=keys,
        numbers=Numbers(database),
        ingest=ingest,
        compactor=Compactor(database),
        wakeups=Wakeups(database),
        settings=ServerSettings(log_format="json"),
    )
    await ingest.stop()


@pytest.fixture
async def services(database: Database) -> AsyncIterator[Services]:
    """The services of this test's record."""
    async with open_services(database) as services:
        yield services


@pytest.fixture
async def client(services: Services) -> AsyncIterator[Client]:
    """A client of the application, in the default workspace."""
    application = make_application(schema=schema, services=services)
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=30) as http:
        yield Client(http)
