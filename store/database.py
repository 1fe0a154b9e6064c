"""The record's two engines, and the only places where a transaction begins and ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from domain.errors import Unavailable
from store.connections import Connections
from store.driver import fetch_driver
from store.transactions import Owner, Transaction

STATEMENT_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_MS = 60_000
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

# SQLSTATE classes and codes that say "not now": connection, resources, operator intervention, lost races.
PASSING = ("08", "53", "57", "40001", "40P01", "55P03", "25P03")

# The last is what the driver raises for a statement on a connection that the server is just closing.
AWAY = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Database:
    """Postgres by one address for writing and one for reading, which may be a replica.

    Writers have connections of their own: their statements take arrays, and Postgres would plan such a statement
    each time it runs (0.3 ms of CPU a mutation), since it knows only then how long they are.

    `write()` commits at its end and nothing else ever commits, but for single statements under `write_at_once`.
    `committed` is called after each commit of a writing transaction.
    """

    def __init__(self, writing: Connections, primary: Connections, reading: Connections) -> None:
        self._writing = writing
        self._primary = primary
        self._reading = reading
        self.listeners: list[Callable[[], None]] = []

    @classmethod
    def connect(cls, url: str, read_url: str | None = None, *, pool_size: int = 10) -> Self:
        """Return a database by address (`postgresql://...`); connections are made when first needed."""
        writing = Connections(_make_engine(url, plans="force_generic_plan"), pool_size)
        primary = Connections(_make_engine(url), pool_size)
        reading = primary if read_url is None else Connections(_make_engine(read_url), pool_size)
        return cls(writing, primary, reading)

    @property
    def writer(self) -> AsyncEngine:
        return self._writing.engine

    @property
    def reader(self) -> AsyncEngine:
        return self._reading.engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose statements each see the newest commits."""
        async with driver_errors(), self._reading.lend() as conn:
            yield conn

    @asynccontextmanager
    async def read_primary(self) -> AsyncIterator[AsyncConnection]:
        """Like `read`, of the record itself: for a caller that must see its own write."""
        async with driver_errors(), self._primary.lend() as conn:
            yield conn

    @asynccontextmanager
    async def snapshot(self, *, primary: bool = False) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose statements all see one moment: of the record itself for a caller who needs it."""
        async with driver_errors(), (self._primary if primary else self._reading).lend() as conn:
            driver = await fetch_driver(conn)
            await driver.execute(SNAPSHOT)
            yield conn
            await driver.execute("COMMIT")

    @asynccontextmanager
    async def write(self, runs: Collection[Owner] = ()) -> AsyncIterator[Transaction]:
        """Give a transaction; commit it at the end, with its outbox rows, or roll all of it back.

        It begins with the counters of `runs` locked, where they exist: that costs nothing more.
        """
        async with driver_errors(), self._writing.lend() as conn:
            transaction = await Transaction.begin(conn, runs)
            yield transaction
            await transaction.commit()
        self.committed()

    @asynccontextmanager
    async def write_at_once(self) -> AsyncIterator[asyncpg.Connection]:
        """Give the driver, for one statement that is a transaction by itself: position and outbox row included."""
        async with driver_errors(), self._writing.lend() as conn:
            yield await fetch_driver(conn)
        self.committed()

    def committed(self) -> None:
        """Tell whoever waits for changes that there may be some."""
        for listener in self.listeners:
            listener()

    async def close(self) -> None:
        for connections in {self._writing, self._primary, self._reading}:
            await connections.close()


def _make_engine(url: str, *, plans: str = "auto") -> AsyncEngine:
    return create_async_engine(
        driver_url(url),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",  # transactions begin and end here, by statements of our own
        hide_parameters=True,  # an error that is logged must not carry what a client sent
        connect_args={
            "server_settings": {
                "application_name": "whence",
                "jit": "off",
                "plan_cache_mode": plans,
                "timezone": "UTC",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
            }
        },
    )


def driver_url(url: str) -> str:
    """Return the address with the driver named, however its scheme was spelled."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in ("postgres", "postgresql") else url


@asynccontextmanager
async def driver_errors() -> AsyncIterator[None]:
    """Turn "Postgres is away, full or lost a race" into `Unavailable`; all else passes as it is."""
    try:
        yield
    except AWAY as exc:
        raise Unavailable("the record did not answer") from exc
    except asyncpg.PostgresError as exc:  # from statements that go past SQLAlchemy: store/driver.py
        if (exc.sqlstate or "").startswith(PASSING):
            raise Unavailable("the record did not answer") from exc
        raise
    except DBAPIError as exc:
        if exc.connection_invalidated or isinstance(exc, OperationalError | InterfaceError) or _is_passing(exc):
            raise Unavailable("the record did not answer") from exc
        raise


def _is_passing(exc: DBAPIError) -> bool:
    state: Any = getattr(exc.orig, "sqlstate", None)
    return isinstance(state, str) and state.startswith(PASSING)
