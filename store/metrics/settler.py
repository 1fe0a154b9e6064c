"""The background task that settles runs whose summaries have waited long enough."""

from __future__ import annotations

import asyncio
import time

import sqlalchemy as sa
import structlog

from domain.errors import Unavailable
from domain.ids import RunID, WorkspaceID
from store.database import Database
from store.metrics.settling import settle_run

log = structlog.get_logger()

PAUSE_S = 1.0
"""Between looks while something is unsettled."""

SCAN_S = 10.0
"""Between looks while nobody tells of writes: for those in batches, of another process, or left by a crash."""

DUE_S = 5.0
DUE_SEGMENTS = 256
BATCH_RUNS = 1_000

FETCH_UNSETTLED = """
SELECT workspace, run, unsettled_from, next_order - unsettled_from AS segments FROM run_counters
WHERE unsettled_from IS NOT NULL LIMIT :limit
"""

Owner = tuple[WorkspaceID, RunID]


class Settler:
    """Settles runs 5 seconds after their first unsettled segment, or at 256 of them.

    Any number of processes may run one: a run that another has settled meanwhile has nothing left to settle.
    """

    def __init__(self, database: Database, *, pause: float = PAUSE_S, scan: float = SCAN_S, due: float = DUE_S) -> None:
        self._database = database
        self._pause = pause
        self._scan = scan
        self._due = due
        self._seen: dict[Owner, tuple[int, float]] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Note that something was written."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled; that may be at any point."""
        while True:
            self._wake.clear()
            try:
                await self.settle_due()
            except Unavailable as exc:
                log.warning("settling_put_off", reason=exc.message)
            await asyncio.sleep(self._pause)
            if not self._seen:
                try:
                    async with asyncio.timeout(self._scan):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def settle_due(self) -> int:
        """Look at all runs that have something unsettled, settle those that are due, and return how many."""
        async with self._database.read_primary() as conn:
            rows = (await conn.execute(sa.text(FETCH_UNSETTLED), {"limit": BATCH_RUNS})).all()
        now = time.monotonic()
        before, self._seen, due = self._seen, {}, []
        for row in rows:
            owner = WorkspaceID(row.workspace), RunID(row.run)
            order, since = before.get(owner, (row.unsettled_from, now))
            if order != row.unsettled_from:
                since = now
            if now - since >= self._due or row.segments >= DUE_SEGMENTS:
                due.append(owner)
            else:
                self._seen[owner] = row.unsettled_from, since
        for workspace, run in due:
            await settle_run(self._database, workspace, run)
        return len(due)
