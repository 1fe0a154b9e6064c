"""Fixtures that every test may name: the run's servers, a fresh database of the newest schema, the record on it."""

from __future__ import annotations

import os
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from typing import TYPE_CHECKING

import asyncpg
import httpx
import pytest
from hypothesis import settings

from tests.servers.databases import cloned
from tests.servers.java import Missing
from tests.servers.rendezvous import REQUIRED, Rendezvous
from tests.servers.s3_server import S3Server, run_s3_server
from tests.servers.shared_servers import SharedServers

if TYPE_CHECKING:
    from store.database import Database

RUN = pytest.StashKey[str]()
SHARED = pytest.StashKey[SharedServers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the property and fault tests at full length")


def pytest_configure(config: pytest.Config) -> None:
    """Name the run: all xdist workers of one run share the name, and with it the servers."""
    _take_interrupts()
    _set_length(config)
    worker = getattr(config, "workerinput", None)
    config.stash[RUN] = worker["testrunuid"] if worker else uuid.uuid4().hex


def _take_interrupts() -> None:
    """Let SIGINT end what tests start, also where a shell that runs them in the background has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _set_length(config: pytest.Config) -> None:
    """Choose how many examples a property is tried on; a `settings` of a test's own takes precedence."""
    settings.register_profile("ordinary", max_examples=50, deadline=None, derandomize=True, database=None)
    settings.register_profile("long", max_examples=2000, deadline=None)
    settings.load_profile("long" if config.getoption("long") else "ordinary")


@pytest.fixture(scope="session")
def is_long(pytestconfig: pytest.Config) -> bool:
    """Say whether this is `make test-long`: for tests that count their own rounds."""
    return bool(pytestconfig.getoption("long"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """End the session when the shared server has died: what fails after that says nothing."""
    try:
        yield
    finally:
        shared = item.config.stash.get(SHARED, None)
        if shared is not None and (death := shared.fetch_death()) is not None:
            item.session.shouldfail = death


@pytest.fixture(scope="session")
def shared_servers(pytestconfig: pytest.Config) -> Iterator[SharedServers]:
    """The servers of the whole run. Postgres: our embedded one, or the one WHENCE_TEST_DATABASE_URL names."""
    shared = SharedServers(Rendezvous.of_run(pytestconfig.stash[RUN]))
    pytestconfig.stash[SHARED] = shared
    yield shared
    del pytestconfig.stash[SHARED]
    shared.leave()


@pytest.fixture(scope="session")
def postgres_url(shared_servers: SharedServers) -> str:
    """The server's address, with a database that is nobody's."""
    return shared_servers.url


@pytest.fixture(scope="session")
def neo4j_url(shared_servers: SharedServers, request: pytest.FixtureRequest) -> str:
    """The address of the run's Neo4j, whose graph all tests share: each takes a generation or workspaces of its own."""
    return _fetch_url(shared_servers, request, "neo4j")


@pytest.fixture(scope="session")
def elasticsearch_url(shared_servers: SharedServers, request: pytest.FixtureRequest) -> str:
    """The address of the run's Elasticsearch, which all tests share: each takes an index prefix of its own."""
    return _fetch_url(shared_servers, request, "elasticsearch")


@pytest.fixture(scope="session")
def s3_server(request: pytest.FixtureRequest) -> Iterator[S3Server]:
    """An S3 server of this worker's, started when a test first asks for it."""
    try:
        with run_s3_server() as running:
            yield running
    except Missing as exc:
        if os.environ.get(REQUIRED) != "require":
            pytest.skip(str(exc))
        request.session.shouldfail = str(exc)
        raise


@pytest.fixture
async def index_prefix(elasticsearch_url: str) -> AsyncIterator[str]:
    """What the names of a test's indexes begin with; they are deleted after the test."""
    prefix = f"test-{uuid.uuid4().hex[:12]}-"
    yield prefix
    async with httpx.AsyncClient(base_url=elasticsearch_url) as client:
        (await client.delete(f"/{prefix}*", params={"expand_wildcards": "all"})).raise_for_status()


def _fetch_url(shared: SharedServers, request: pytest.FixtureRequest, name: str) -> str:
    """Return a server's address; without one leave the test out, or end the session where servers are required."""
    try:
        return shared.fetch_url(name)
    except Missing as exc:
        if os.environ.get(REQUIRED) != "require":
            pytest.skip(f"no {name}: {exc}")
        request.session.shouldfail = f"the tests require {name}: {exc}"
        raise
    except RuntimeError as exc:
        request.session.shouldfail = str(exc)
        raise


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line each what was left out for want of a server."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"left out {count} tests: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(scope="session")
def template_database(shared_servers: SharedServers) -> str:
    """The name of the migrated, empty database to clone; nobody can connect to it."""
    return shared_servers.fetch_template()


@pytest.fixture(scope="session")
async def postgres_admin(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that creates and drops databases."""
    admin = await asyncpg.connect(postgres_url)
    yield admin
    await admin.close()


@pytest.fixture
async def database_url(
    shared_servers: SharedServers, template_database: str, postgres_admin: asyncpg.Connection
) -> AsyncIterator[str]:
    """The address of a fresh database of the newest schema, dropped after the test."""
    async with cloned(shared_servers, postgres_admin, template_database) as url:
        yield url


@pytest.fixture
async def empty_database_url(shared_servers: SharedServers, postgres_admin: asyncpg.Connection) -> AsyncIterator[str]:
    """The address of a fresh database with nothing in it, not even a schema; for tests of migrations."""
    async with cloned(shared_servers, postgres_admin, "template0") as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The record, empty, on a database of its own."""
    from store.database import Database

    connected = Database.connect(database_url, pool_size=5)
    yield connected
    await connected.close()
