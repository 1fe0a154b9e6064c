"""The connections of one address: at most so many, kept open, lent to one task at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import PoolProxiedConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import Unavailable

WAIT_S = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A connection that stays open between loans: as SQLAlchemy has it, and the driver's own below it."""

    raw: PoolProxiedConnection
    driver: asyncpg.Connection


class Connections:
    """Lends the connections of an engine that itself keeps none and begins no transactions (AUTOCOMMIT).

    SQLAlchemy's pool, its begin and its commit take 0.6 ms of a writing transaction; this takes a twentieth.
    """

    def __init__(self, engine: AsyncEngine, size: int) -> None:
        self.engine = engine
        self._free = asyncio.Semaphore(size)
        self._idle: list[Kept] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection outside a transaction. Raises `Unavailable` when none gets free.

        Whoever begins a transaction ends it; what failed, or was left open, is rolled back here.
        """
        await self._wait()
        try:
            kept = self._find_idle() or await self._open()
            try:
                yield self._wrap(kept)
            except Exception:
                await self._keep(kept, failed=True)
                raise
            except BaseException:  # cancelled: a statement may be under way still, and nobody can say what it did
                self._drop(kept)
                raise
            await self._keep(kept, failed=False)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close what is idle; what is lent must have come back."""
        while self._idle:
            await self._wrap(self._idle.pop()).close()
        await self.engine.dispose()

    async def _wait(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # at once
            return
        try:
            async with asyncio.timeout(WAIT_S):
                await self._free.acquire()
        except TimeoutError as exc:
            raise Unavailable("every connection to the record is busy") from exc

    def _find_idle(self) -> Kept | None:
        """Return the connection used last that is still open."""
        while self._idle:
            kept = self._idle.pop()
            if not kept.driver.is_closed():
                return kept
            self._drop(kept)
        return None

    async def _open(self) -> Kept:
        raw = await self.engine.raw_connection()
        return Kept(raw, raw.driver_connection)

    async def _keep(self, kept: Kept, *, failed: bool) -> None:
        """Keep a connection for the next loan, with no transaction open; drop it where that cannot be."""
        try:
            # After a failure it is always asked: one that is dying says that no transaction is open, and fails here.
            if failed or kept.driver.is_in_transaction():
                await kept.driver.execute("ROLLBACK")
        except BaseException as exc:
            self._drop(kept)
            if not isinstance(exc, Exception):
                raise
        else:
            if kept.raw.is_valid:
                self._idle.append(kept)
            else:
                self._drop(kept)

    def _drop(self, kept: Kept) -> None:
        kept.driver.terminate()
        if kept.raw.is_valid:
            kept.raw.invalidate()

    def _wrap(self, kept: Kept) -> AsyncConnection:
        """Return it as a connection of SQLAlchemy's, new for each loan: options and results end with the loan."""
        return AsyncConnection(self.engine, sa.Connection(self.engine.sync_engine, kept.raw))
