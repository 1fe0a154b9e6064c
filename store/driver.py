"""The driver's own connection below SQLAlchemy's, for the few statements where a microsecond a row counts."""

from __future__ import annotations

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection


async def fetch_driver(conn: AsyncConnection) -> asyncpg.Connection:
    """Return asyncpg's connection. It shares the transaction, which must have begun: any statement does that.

    Errors are asyncpg's own; `store.database.driver_errors` knows them.
    """
    raw = await conn.get_raw_connection()
    return raw.driver_connection
