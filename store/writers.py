"""Writing transactions that are under way: each holds back what readers of the outbox may see."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

OLDEST = """
SELECT COALESCE(EXTRACT(EPOCH FROM max(clock_timestamp() - xact_start)), 0)::float8
FROM pg_stat_activity WHERE backend_xid IS NOT NULL
"""


async def fetch_oldest_writer_seconds(conn: AsyncConnection) -> float:
    """Return the age of the oldest transaction of the server that has written something; 0 if there is none."""
    return float((await conn.exec_driver_sql(OLDEST)).scalar_one())
