"""Noticing that the record was restored or failed over, and saying so: the incarnation goes up."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from domain.ids import NodeKind
from domain.positions import Position, Token, make_position
from store.database import Database
from store.outbox import Changed, make_nonce
from store.projections.marks import fetch_mark_exists
from store.projections.snapshots import change_progress
from store.transactions import INCARNATION_LOCK

NOBODY = UUID(int=0)
"""Workspace and uid of the row that a raise writes."""

# The timeline stands in the name of the log's current file; the control file has it only after a checkpoint.
SERVER = """
SELECT system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint AS timeline
FROM pg_control_system()
"""
IS_ANOTHER = f"""
SELECT number, server.system_identifier IS DISTINCT FROM incarnation.system_identifier
       OR server.timeline IS DISTINCT FROM incarnation.timeline AS another,
       incarnation.timeline IS NULL AND server.system_identifier = incarnation.system_identifier AS unknown
FROM incarnation, ({SERVER}) AS server
"""
NOTE_SERVER = f"""
UPDATE incarnation SET system_identifier = server.system_identifier, timeline = server.timeline
FROM ({SERVER}) AS server
"""
LOCK = f"SELECT pg_current_xact_id()::text::bigint, pg_advisory_xact_lock({INCARNATION_LOCK})"
RAISE = "UPDATE incarnation SET number = number + 1, raised_at = clock_timestamp() RETURNING number"
WRITE_ROW = """
INSERT INTO outbox (workspace, position, sequence, nonce, kind, uid, revision, changed)
VALUES ($1, $2, nextval('outbox_sequence'), $3, $4, $1, 0, $5) RETURNING sequence
"""
DISTRUST = "UPDATE projections SET trusted = false, epoch = epoch + 1"


async def raise_incarnation(database: Database) -> Token:
    """Begin a new incarnation and return the token of its first row.

    Locks: waits for every writing transaction, and they for this one, which is short. No projection is trusted from
    here on until it was verified whole.
    """
    async with change_progress(database) as driver:
        transaction = await driver.fetchval(LOCK)
        return await _raise(driver, transaction)


async def notice_server(database: Database) -> Token | None:
    """Raise the incarnation if the record is on another server or timeline than it was; return the new row's token.

    A database that was never asked (its timeline is not noted) is where it was made.
    """
    async with database.read_primary() as conn:
        seen = (await conn.exec_driver_sql(IS_ANOTHER)).one()
    if not seen.another:
        return None
    async with change_progress(database) as driver:
        transaction = await driver.fetchval(LOCK)
        seen = await driver.fetchrow(IS_ANOTHER)  # again: another process may have been first
        if seen["unknown"]:
            await driver.execute(NOTE_SERVER)
            return None
        return await _raise(driver, transaction) if seen["another"] else None


async def raise_without_mark(database: Database, projection: str, mark: int) -> Token | None:
    """Raise the incarnation if what a projection keeps as its mark is not in the record; return the new row's token."""
    async with change_progress(database) as driver:
        transaction = await driver.fetchval(LOCK)
        return None if await fetch_mark_exists(driver, projection, mark) else await _raise(driver, transaction)


async def _raise(driver: asyncpg.Connection, transaction: int) -> Token:
    await driver.execute(NOTE_SERVER)
    position: Position = make_position(await driver.fetchval(RAISE), transaction)
    nonce = make_nonce()
    sequence = await driver.fetchval(WRITE_ROW, NOBODY, position, nonce, NodeKind.WORKSPACE.value, int(Changed.NOTHING))
    await driver.execute(DISTRUST)
    return Token(position, sequence, nonce)
