"""One moment of the record itself, and the short transactions of projections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from store.database import Database
from store.driver import fetch_driver


@asynccontextmanager
async def read_moment(database: Database) -> AsyncIterator[AsyncConnection]:
    """Give a connection to the primary whose statements all see one moment. It writes nothing.

    It has no transaction id, so it holds back no reader of the outbox.
    """
    async with database.read_primary() as conn:
        driver = await fetch_driver(conn)
        async with driver.transaction(isolation="repeatable_read", readonly=True):
            yield conn


@asynccontextmanager
async def change_progress(database: Database, *, tell: bool = True) -> AsyncIterator[asyncpg.Connection]:
    """Give the driver's connection in a transaction of its own, and tell whoever waits once it is committed.

    For rows that say how far a projection is: they are no part of what readers of the record see, so they have
    neither position nor outbox row.
    """
    async with database.read_primary() as conn:
        driver = await fetch_driver(conn)
        async with driver.transaction():
            yield driver
    if tell:
        database.committed()
