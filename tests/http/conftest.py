"""A service on a port of its own, with a real record behind it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from api.application import make_application
from api.context import Services
from api.settings import ServerSettings
from api.transport.listening import make_server
from api.transport.observation import Figures
from store.database import Database
from store.ingest.ingest import Ingest
from store.keys import Keys
from store.metrics.compactor import Compactor
from store.numbers import Numbers
from store.wakeups import Wakeups
from tests.http.small_schema import schema


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and a client of it."""

    port: int
    http: httpx.AsyncClient
    figures: Figures

    @property
    def socket_address(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def ask(self, query: str, **more: Any) -> httpx.Response:
        """Send a query by POST to the default workspace."""
        return await self.http.post("/graphql", json={"query": query, **more})


Start = Callable[..., Awaitable[Service]]


@asynccontextmanager
async def run_service(database: Database, settings: ServerSettings) -> AsyncIterator[Service]:
    """Run a service for as long as the block lasts."""
    figures = Figures()
    keys = Keys(database)
    services = Services(
        database=database,
        keys=keys,
        ingest=Ingest(database, keys),
        compactor=Compactor(database),
        numbers=Numbers(database),
        wakeups=Wakeups(database),
        settings=settings,
    )
    server = make_server(make_application(schema=schema, services=services, figures=figures), settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        await server.startup(sockets=[listener])
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
            yield Service(port, http, figures)
        await server.shutdown(sockets=[listener])


@pytest.fixture
async def start(database: Database) -> AsyncIterator[Start]:
    """Start a service with these settings; it ends with the test."""
    async with AsyncExitStack() as stack:

        async def start_service(**settings: Any) -> Service:
            made = ServerSettings(**{"log_format": "json", "shutdown_seconds": 2, **settings})
            return await stack.enter_async_context(run_service(database, made))

        yield start_service


@pytest.fixture
async def service(start: Start) -> Service:
    """A service with the settings it has when nobody says anything."""
    return await start()
