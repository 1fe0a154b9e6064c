"""A connection beside the pool: for what holds on to one for as long as the process lives."""

from __future__ import annotations

import asyncpg

from store.database import Database


async def connect_alone(database: Database) -> asyncpg.Connection:
    """Return a connection to the record of the caller's own; one of the pool would be missing there for ever."""
    engine = database.writer.sync_engine
    arguments, options = engine.dialect.create_connect_args(engine.url)
    return await asyncpg.connect(*arguments, **options)
