"""The driver's own connection below SQLAlchemy's, for the few statements where a microsecond a row counts."""

from __future__ import annotations

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection


async def fetch_driver(conn: AsyncConnection) -> asyncpg.Connection:
    """Return asyncpg's connection. It shares the transaction.

    Errors are asyncpg's own; `store.database.driver_errors` knows them.
    """
    held = conn.sync_connection
    if held is None or held.invalidated:
        raise asyncpg.InterfaceError("the connection is gone")
    return held.connection.driver_connection
