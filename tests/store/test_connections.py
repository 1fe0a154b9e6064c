"""What is lent is a connection that works, outside a transaction, whatever became of the loans before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import sqlalchemy as sa

from domain.errors import Unavailable
from store.database import Database
from store.driver import fetch_driver

BACKEND = "SELECT pg_backend_pid()"
IN_TRANSACTION = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'"


@pytest.fixture
async def single(database_url: str) -> AsyncIterator[Database]:
    """The record with one connection, so that each loan is of the same one unless it was dropped."""
    connected = Database.connect(database_url, pool_size=1)
    yield connected
    await connected.close()


async def fetch_backend(database: Database) -> int:
    """Return which of the server's processes answers writers."""
    async with database.write() as tx:
        backend: int = await tx.driver.fetchval(BACKEND)
    return backend


async def end_backend(database_url: str, backend: int) -> None:
    other = await asyncpg.connect(database_url)
    await other.execute("SELECT pg_terminate_backend($1, 5000)", backend)
    await other.close()


async def test_a_connection_is_lent_again(single: Database) -> None:
    assert await fetch_backend(single) == await fetch_backend(single)


async def test_a_failure_in_a_transaction_leaves_the_connection_outside_of_it(single: Database) -> None:
    backend = await fetch_backend(single)

    async def fail() -> None:
        async with single.write() as tx:
            await tx.driver.execute("CREATE TABLE half (id int)")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    async with single.write_at_once() as driver:
        assert not driver.is_in_transaction()
        assert await driver.fetchval("SELECT to_regclass('half')") is None
    assert await fetch_backend(single) == backend


async def test_a_transaction_that_was_left_open_is_rolled_back(single: Database) -> None:
    async with single.read() as conn:
        await (await fetch_driver(conn)).execute("BEGIN")

    async with single.read() as conn:
        assert not (await fetch_driver(conn)).is_in_transaction()


async def test_a_cancelled_loan_ends_its_connection_and_the_next_is_a_new_one(single: Database) -> None:
    backend = await fetch_backend(single)
    began = asyncio.Event()

    async def sleep() -> None:
        async with single.write() as tx:
            began.set()
            await tx.driver.execute("SELECT pg_sleep(60)")

    task = asyncio.create_task(sleep())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await fetch_backend(single) != backend


async def test_a_connection_that_the_server_ended_is_not_lent_again(single: Database, database_url: str) -> None:
    backend = await fetch_backend(single)
    await end_backend(database_url, backend)
    try:
        found = await fetch_backend(single)
    except Unavailable:  # the end has not been heard of yet: then the next loan must work
        found = await fetch_backend(single)

    assert found != backend


async def test_a_connection_that_ends_while_it_is_lent_is_unavailable(single: Database, database_url: str) -> None:
    async def write() -> None:
        async with single.write() as tx:
            await end_backend(database_url, await tx.driver.fetchval(BACKEND))
            await tx.driver.execute("SELECT 1")

    with pytest.raises(Unavailable) as refused:
        await write()

    assert refused.value.retriable
    async with single.write() as tx:
        assert await tx.driver.fetchval("SELECT 1") == 1


async def test_no_more_connections_than_agreed_are_open(database: Database) -> None:
    async def ask() -> int:
        return await fetch_backend(database)

    assert len(set(await asyncio.gather(*(ask() for _ in range(40))))) <= 5


async def test_who_waits_too_long_for_a_connection_is_told(single: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.connections.WAIT_S", 0.01)
    async with single.write():
        with pytest.raises(Unavailable, match="busy"):
            await fetch_backend(single)


async def test_a_statement_that_failed_unseen_keeps_its_transaction_from_committing(single: Database) -> None:
    async def go_on() -> None:
        async with single.write() as tx:
            with pytest.raises(asyncpg.UndefinedTableError):
                await tx.driver.execute("SELECT FROM nowhere")

    with pytest.raises(RuntimeError, match="failed"):
        await go_on()


async def test_nobody_is_left_in_a_transaction(database: Database) -> None:
    async with database.snapshot():
        pass
    async with database.write():
        pass

    async with database.read() as conn:
        assert (await conn.execute(sa.text(IN_TRANSACTION))).scalar_one() == 0
