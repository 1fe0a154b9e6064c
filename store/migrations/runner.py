"""Bring a database to the newest revision; quick when it is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from domain.errors import Conflict, Unavailable
from store.database import driver_errors, driver_url
from store.migrations import HEAD

HERE = Path(__file__).parent
OLDEST_SERVER = 15
MIGRATION_LOCK = 0x6D696772  # "migr": one process migrates, the others wait


async def migrate(url: str) -> bool:
    """Apply what is missing and say whether anything was. Raises `Conflict` for a database we cannot use.

    Locks: whatever the scripts say; a second process waits at an advisory lock until the first has finished.
    """
    engine = create_async_engine(driver_url(url), poolclass=NullPool)
    try:
        async with driver_errors(), engine.connect() as conn:
            await _check_server(conn)
            if await _fetch_revision(conn) == HEAD:
                return False
            await conn.rollback()
            await conn.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
            try:
                return await _upgrade(conn)
            finally:
                await conn.exec_driver_sql(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})")
                await conn.commit()
    finally:
        await engine.dispose()


async def _upgrade(conn: AsyncConnection) -> bool:
    before = await _fetch_revision(conn)
    await conn.commit()
    if before == HEAD:
        return False
    # Alembic is imported only here: it costs half a second that an ordinary start need not pay.
    await asyncio.to_thread(__import__, "alembic.command")
    await conn.run_sync(_run_scripts)
    await conn.commit()
    return True


def _run_scripts(conn: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    try:
        command.upgrade(config, "head")
    except CommandError as exc:
        raise Conflict(f"the database was made by a newer Whence than this one: {exc}") from exc


async def _fetch_revision(conn: AsyncConnection) -> str | None:
    known = await conn.exec_driver_sql("SELECT to_regclass('alembic_version') IS NOT NULL")
    if not known.scalar_one():
        return None
    revision = (await conn.exec_driver_sql("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


async def _check_server(conn: AsyncConnection) -> None:
    try:
        version = int((await conn.exec_driver_sql("SHOW server_version_num")).scalar_one()) // 10_000
        encoding = (await conn.exec_driver_sql("SHOW server_encoding")).scalar_one()
    except sa.exc.DBAPIError as exc:
        raise Unavailable("the record did not answer") from exc
    if version < OLDEST_SERVER:
        raise Conflict(f"the database is Postgres {version}; Whence needs {OLDEST_SERVER} or newer")
    if encoding != "UTF8":
        raise Conflict(f"the database's encoding is {encoding}; Whence needs UTF8")
