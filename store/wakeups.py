"""Wakes whoever waits for changes: at once in this process, by LISTEN and NOTIFY in the others.

NOTIFY is never inside a writing transaction (it would make all commits of the server wait for each other): one goes
out after commits, at most every 100 ms. Whoever waits also looks now and then, so a lost one costs time only.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import asyncpg

from store.database import Database, driver_errors

CHANNEL = "whence_changes"
PAUSE_S = 0.1
"""Shortest time between two notifications of one process."""

ALIVE_S = 30.0
"""How often the listening connection is asked whether it is still there, when nothing happens."""


class Wakeups:
    """Signals that something may have changed. Take `signal` before reading, then `wait` for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._me = secrets.token_hex(8)
        self._signal = asyncio.Event()
        self._committed = asyncio.Event()
        database.listeners.append(self._on_commit)

    @property
    def signal(self) -> asyncio.Event:
        """The event that the next change sets; it is never used again."""
        return self._signal

    def wake(self) -> None:
        """Wake everybody who waits now."""
        signal, self._signal = self._signal, asyncio.Event()
        signal.set()

    def _on_commit(self) -> None:
        self._committed.set()
        self.wake()

    async def run(self) -> None:
        """Tell other processes of our commits and hear of theirs, until cancelled. Raises `Unavailable`."""
        async with driver_errors():
            conn = await self._connect()
            try:
                await conn.add_listener(CHANNEL, self._hear)
                while True:
                    await self._tell(conn)
            finally:
                conn.terminate()

    async def _connect(self) -> asyncpg.Connection:
        """Return a connection of its own: one of the pool would be missing there for ever."""
        engine = self._database.writer.sync_engine
        arguments, options = engine.dialect.create_connect_args(engine.url)
        return await asyncpg.connect(*arguments, **options)

    async def _tell(self, conn: asyncpg.Connection) -> None:
        try:
            async with asyncio.timeout(ALIVE_S):
                await self._committed.wait()
        except TimeoutError:
            await conn.execute("SELECT 1")
            return
        self._committed.clear()
        await conn.execute("SELECT pg_notify($1, $2)", CHANNEL, self._me)
        await asyncio.sleep(PAUSE_S)

    def _hear(self, _conn: Any, _pid: int, _channel: str, sender: object) -> None:
        if sender != self._me:
            self.wake()


async def wait_for(signal: asyncio.Event, *, seconds: float) -> None:
    """Wait for a signal, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            await signal.wait()
    except TimeoutError:
        return
