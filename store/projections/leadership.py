"""One leader a projection: an advisory lock held by a connection that does nothing else."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from store.connecting import connect_alone
from store.database import Database, driver_errors

CLASS = 0x70726F6A  # "proj"
TRY_S = 1.0
"""How often a stand-by tries: the lock of a process that died is free as soon as Postgres sees the connection gone."""


class Leadership:
    """Held for as long as the connection is: ask `is_held` before each step that another leader must not repeat."""

    def __init__(self, conn: asyncpg.Connection) -> None:
        self._conn = conn

    @property
    def is_held(self) -> bool:
        return not self._conn.is_closed()

    async def check(self) -> bool:
        """Ask Postgres whether the connection, and with it the lock, is still there."""
        try:
            await self._conn.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True


@asynccontextmanager
async def lead(database: Database, projection: str) -> AsyncIterator[Leadership]:
    """Wait until this process may lead, then give the leadership; let it go at the end. Raises `Unavailable`."""
    async with driver_errors():
        conn = await connect_alone(database)
    try:
        async with driver_errors():
            await _stand_by(conn, projection)
        yield Leadership(conn)
    finally:
        conn.terminate()


async def _stand_by(conn: asyncpg.Connection, projection: str) -> None:
    """Return once the lock is ours. It is tried: a statement that waits in Postgres would hold a snapshot."""
    number = _number(projection)
    while True:
        if await conn.fetchval("SELECT pg_try_advisory_lock($1, $2)", CLASS, number):
            return
        await asyncio.sleep(TRY_S)


def _number(projection: str) -> int:
    """Return the second half of the lock's key, which Postgres takes as a signed number of 32 bits."""
    return zlib.crc32(projection.encode()) - (1 << 31)
