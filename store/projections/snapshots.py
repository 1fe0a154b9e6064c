"""One moment of the record itself, and the short transactions of projections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from store.database import Database
from store.driver import fetch_driver

MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Whoever lends the connection rolls back what failed. A driver's transaction would raise at its end where a cancelled
# statement closed the connection, and the cancellation would be lost.


@asynccontextmanager
async def read_moment(database: Database) -> AsyncIterator[AsyncConnection]:
    """Give a connection to the primary whose statements all see one moment. It writes nothing.

    It has no transaction id, so it holds back no reader of the outbox.
    """
    async with database.read_primary() as conn:
        driver = await fetch_driver(conn)
        await driver.execute(MOMENT)
        yield conn
        await driver.execute("COMMIT")


@asynccontextmanager
async def change_progress(database: Database, *, tell: bool = True) -> AsyncIterator[asyncpg.Connection]:
    """Give the driver's connection in a transaction of its own, and tell whoever waits once it is committed.

    For rows that say how far a projection is: they are no part of what readers of the record see, so they have
    neither position nor outbox row.
    """
    async with database.read_primary() as conn:
        driver = await fetch_driver(conn)
        await driver.execute("BEGIN")
        yield driver
        await driver.execute("COMMIT")
    if tell:
        database.committed()
