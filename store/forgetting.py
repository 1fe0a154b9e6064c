"""Forgetting what is old, a short transaction a batch."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from store.database import Database

BATCH = 5000


async def forget(database: Database, statement: sa.TextClause, *, kept: timedelta) -> int:
    """Delete by a statement that takes `kept` and deletes at most `batch` rows, until none is left; return how many."""
    forgotten = 0
    while True:
        async with database.write() as tx:
            done = (await tx.conn.execute(statement, {"kept": kept, "batch": BATCH})).rowcount
        forgotten += done
        if done < BATCH:
            return forgotten
