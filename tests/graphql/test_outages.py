"""Postgres goes in the middle of a write and comes back; a client goes in the middle of one and does not."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from api.application import make_application
from api.schema import schema
from api.settings import ServerSettings
from api.transport.listening import make_server
from store.database import Database
from tests.graphql.asking import CREATE_RUN, PROBLEM, Client
from tests.graphql.conftest import open_services

BATCH = (
    "mutation($input: LogBatchInput!) { logBatch(input: $input) "
    f"{{ ... on LogBatchPayload {{ accepted token }} {PROBLEM} }} }}"
)
EVERYTHING = {
    "params": {"lr": 0.02},
    "tags": {"a": "1"},
    "notes": [{"text": "note"}],
    "series": [{"key": "loss", "values": [1, 2, 3]}],
    "artifacts": [{"path": "a"}],
    "finish": {"status": "FINISHED"},
}
READ = """
query($id: ID!) { run(id: $id) {
  status params { key } tags { key } notes { totalCount { value } } artifacts { nodes { path } }
  metrics(keys: ["loss"]) { count }
} }
"""
NOTHING = {
    "status": "RUNNING",
    "params": [],
    "tags": [],
    "notes": {"totalCount": {"value": 0}},
    "artifacts": {"nodes": []},
    "metrics": [],
}
RUNNING = {"run": {"status": "RUNNING"}}
ALL_OF_IT = {
    "status": "FINISHED",
    "params": [{"key": "lr"}],
    "tags": [{"key": "a"}],
    "notes": {"totalCount": {"value": 1}},
    "artifacts": {"nodes": [{"path": "a"}]},
    "metrics": [{"count": 3}],
}


class Line:
    """A line to Postgres that can be cut: a socket of our own, passed on to the server's."""

    def __init__(self, host: str, port: int, folder: Path) -> None:
        self._host, self._port = host, port
        self.folder = folder
        self._path = folder / ".s.PGSQL.5432"
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        """Take connections (again)."""
        self._server = await asyncio.start_unix_server(self._pass_on, self._path)

    async def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self._path.unlink(missing_ok=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._host.startswith("/"):
            there, back = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            there, back = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, back}
        await asyncio.wait(
            [asyncio.create_task(_copy(reader, back)), asyncio.create_task(_copy(there, writer))],
            return_when=asyncio.FIRST_COMPLETED,
        )
        for end in (writer, back):
            end.transport.abort()
            self._writers.discard(end)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@pytest.fixture
async def line(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A line to this test's database."""
    url = make_url(database_url)
    host, port = url.query.get("host") or url.host or "127.0.0.1", url.query.get("port") or url.port or 5432
    made = Line(str(host), int(str(port)), tmp_path_factory.mktemp("line"))
    await made.mend()
    yield made
    await made.cut()


@pytest.fixture
async def behind_line(line: Line, database_url: str) -> AsyncIterator[Client]:
    """A client of an application that reaches its record by the line."""
    url = make_url(database_url)
    query = {"host": str(line.folder), "port": "5432"}
    moved = url.set(host=None, port=None, query=query).render_as_string(hide_password=False)
    database = Database.connect(moved, pool_size=5)
    async with open_services(database) as services:
        application = make_application(schema=schema, services=services)
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as http:
            yield Client(http)
    await database.close()


@asynccontextmanager
async def holding(database_url: str) -> AsyncIterator[None]:
    """Hold every run's counters, so that a write stops in the middle of its transaction."""
    conn = await asyncpg.connect(database_url)
    async with conn.transaction():
        await conn.execute("SELECT FROM run_counters FOR UPDATE")
        yield
    await conn.close()


async def wait_until_stopped(database_url: str) -> None:
    """Wait until some transaction of this database waits for a lock."""
    conn = await asyncpg.connect(database_url)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not await conn.fetchval(waiting):
        await asyncio.sleep(0.02)
    await conn.close()


async def test_a_write_that_loses_postgres_leaves_nothing_and_succeeds_when_sent_again(
    behind_line: Client, line: Line, database_url: str
) -> None:
    run = await behind_line.make_run()
    given = {"input": {"run": run, "clientKey": "k", **EVERYTHING}}
    async with holding(database_url):
        sending = asyncio.create_task(behind_line.do(BATCH, given))
        await wait_until_stopped(database_url)
        await line.cut()
        lost = await sending
        refused = await behind_line.fail("query($id: ID!) { run(id: $id) { id } }", {"id": run})
    await line.mend()
    left = (await behind_line.ask(READ, {"id": run}))["run"]
    done = await behind_line.do(BATCH, given)
    again = await behind_line.do(BATCH, given)
    whole = (await behind_line.ask(READ, {"id": run}))["run"]

    assert (lost["__typename"], lost["code"], lost["retriable"]) == ("Unavailable", "UNAVAILABLE", True)
    assert (refused["code"], refused["retriable"]) == ("UNAVAILABLE", True)
    assert left == NOTHING
    assert done["accepted"] == 3
    assert again == done
    assert whole == ALL_OF_IT


async def test_points_that_lose_postgres_are_taken_once_when_sent_again(
    behind_line: Client, line: Line, database_url: str
) -> None:
    log = (
        "mutation($input: LogMetricsInput!) { logMetrics(input: $input) "
        f"{{ ... on LogMetricsPayload {{ accepted }} {PROBLEM} }} }}"
    )
    run = await behind_line.make_run()
    writer = "01980000-0000-7000-8000-000000000001"
    given = {"input": {"run": run, "writer": writer, "sequence": 0, "series": EVERYTHING["series"]}}
    async with holding(database_url):
        sending = asyncio.create_task(behind_line.do(log, given))
        await wait_until_stopped(database_url)
        await line.cut()
        lost = await sending
    await line.mend()
    answers = [await behind_line.do(log, given) for _ in range(2)]
    metrics = (await behind_line.ask(READ, {"id": run}))["run"]["metrics"]

    assert (lost["code"], lost["retriable"]) == ("UNAVAILABLE", True)
    assert answers == [{"accepted": 3}, {"accepted": 3}]
    assert metrics == [{"count": 3}]


async def test_a_client_that_goes_in_the_middle_leaves_a_whole_write(database: Database, database_url: str) -> None:
    settings = ServerSettings(log_format="json", shutdown_seconds=5)
    async with open_services(database) as services:
        server = make_server(make_application(schema=schema, services=services), settings)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            await server.startup(sockets=[listener])
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=base, timeout=30) as http:
                client = Client(http)
                run = (await client.do(CREATE_RUN, {"input": {"experiment": "track"}}))["run"]["id"]
                async with holding(database_url):
                    await send_and_leave(listener.getsockname()[1], run)
                    await wait_until_stopped(database_url)
                    await asyncio.sleep(1)  # the service looks after its client once half a second has passed
                async with asyncio.timeout(10):
                    while (await client.ask("query($id: ID!) { run(id: $id) { status } }", {"id": run})) == RUNNING:
                        await asyncio.sleep(0.05)
                found = (await client.ask(READ, {"id": run}))["run"]
            await server.shutdown(sockets=[listener])

    assert found == ALL_OF_IT


async def send_and_leave(port: int, run: str) -> None:
    """Send a batch and close the connection without waiting for the answer."""
    body = json.dumps({"query": BATCH, "variables": {"input": {"run": run, **EVERYTHING}}}).encode()
    head = f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode() + b"\r\n\r\n" + body)
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.close()
