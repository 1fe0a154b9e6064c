"""The background task that moves segments into chunks and finishes what large resumes put off."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from domain.errors import Unavailable
from domain.ids import RunID, WorkspaceID
from store import tables
from store.counters import lock_run, save_counters
from store.database import Database
from store.driver import fetch_driver
from store.metrics.attempts import fetch_attempts
from store.metrics.compaction import compact_run
from store.metrics.definitions import fetch_raising, raise_revisions
from store.metrics.preparing import WIDE
from store.metrics.recomputing import recompute_series
from store.metrics.settling import settle
from store.outbox import Changed

log = structlog.get_logger()

DUE_SEGMENTS = 64
DUE_SEGMENTS_WIDE = 256
"""Where a run has many series: a chunk costs 0.4 ms whatever it holds, so that 64 points in each are too few."""

DUE_POINTS = 64_000
DUE_POINTS_A_SERIES = 256
DUE_BYTES = 8 * 1024 * 1024
BATCH_SERIES = 1_000
BATCH_RUNS = 1_000

PAUSE_S = 0.5
"""Between looks at the runs that were just written to."""

SCAN_S = 60.0
"""Between looks at all runs, for what another process or a crash has left."""

CLAIM_RECOMPUTING = """
SELECT FROM compaction WHERE workspace = $1 AND run = $2 AND recomputing FOR UPDATE SKIP LOCKED
"""
FETCH_MARKED = """
SELECT key FROM metric_summaries WHERE workspace = $1 AND run = $2 AND recomputing ORDER BY key LIMIT $3
"""
RECOMPUTED = "UPDATE compaction SET recomputing = false WHERE workspace = $1 AND run = $2"

counters = tables.run_counters.c
DUE = sa.or_(
    sa.and_(counters.tail_segments >= DUE_SEGMENTS, counters.series + counters.unsettled_keys < WIDE),
    counters.tail_segments >= DUE_SEGMENTS_WIDE,
    sa.and_(counters.tail_points >= DUE_POINTS, counters.tail_points >= DUE_POINTS_A_SERIES * counters.series),
    counters.tail_bytes >= DUE_BYTES,
)

Owner = tuple[WorkspaceID, RunID]


@dataclass(frozen=True, slots=True)
class Done:
    """How many runs one round has worked on."""

    compacted: int
    recomputed: int


class Compactor:
    """Works on runs that are due. Any number of processes may run one: claims are skipped, never waited for."""

    def __init__(self, database: Database, *, pause: float = PAUSE_S, scan: float = SCAN_S) -> None:
        self._database = database
        self._pause = pause
        self._scan = scan
        self._written: set[Owner] = set()
        self._wake = asyncio.Event()
        self._next_scan = 0.0

    def look_again(self) -> None:
        """Look at all runs and definitions soon: a goal has changed, or a resume has put work off."""
        self._next_scan = 0.0
        self._wake.set()

    def written(self, workspace: WorkspaceID, run: RunID) -> None:
        """Note that a run was written to."""
        self._written.add((workspace, run))
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled; that may be at any point."""
        while True:
            try:
                await self._work_round()
            except Unavailable as exc:
                log.warning("compaction_put_off", reason=exc.message)
            await asyncio.sleep(self._pause)
            try:
                async with asyncio.timeout(max(0.0, self._next_scan - time.monotonic())):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _work_round(self) -> None:
        if time.monotonic() >= self._next_scan:
            self._next_scan = time.monotonic() + self._scan
            await self.compact_once()
        else:
            await self.compact_written()

    async def compact_once(self) -> Done:
        """Look at all runs and definitions, and do what is due."""
        self._wake.clear()
        due = await self._fetch_due(None)
        async with self._database.read_primary() as conn:
            rows = tables.compaction.c
            found = await conn.execute(sa.select(rows.workspace, rows.run).where(rows.recomputing))
            marked = [(WorkspaceID(row.workspace), RunID(row.run)) for row in found]
            raising = await fetch_raising(conn)
        for workspace, experiment, key in raising:
            await raise_revisions(self._database, workspace, experiment, key)
        return await self._work(due, marked)

    async def compact_written(self) -> Done:
        """Work on those of the runs noted as written that are due."""
        noted, self._written = self._written, set()
        self._wake.clear()
        if not noted:
            return Done(0, 0)
        return await self._work(await self._fetch_due(noted), sorted(noted))

    async def _work(self, due: list[Owner], marked: list[Owner]) -> Done:
        compacted = recomputed = 0
        for workspace, run in due:
            compacted += await compact_run(self._database, workspace, run)
        for workspace, run in marked:
            recomputed += await recompute_run(self._database, workspace, run)
        return Done(compacted, recomputed)

    async def _fetch_due(self, among: set[Owner] | None) -> list[Owner]:
        statement = sa.select(counters.workspace, counters.run).where(DUE).limit(BATCH_RUNS)
        if among is not None:
            runs = sa.cast(sorted({run for _, run in among}), sa.ARRAY(sa.Uuid))
            workspaces = sa.cast(sorted({workspace for workspace, _ in among}), sa.ARRAY(sa.Uuid))
            statement = statement.where(
                counters.workspace == sa.func.any(workspaces), counters.run == sa.func.any(runs)
            )
        async with self._database.read_primary() as conn:
            return [(WorkspaceID(row.workspace), RunID(row.run)) for row in await conn.execute(statement)]


async def recompute_run(
    database: Database, workspace: WorkspaceID, run: RunID, *, batch_series: int = BATCH_SERIES
) -> bool:
    """Compute the marked summaries of a run anew, a thousand a transaction; say whether there were any.

    Writers of the run wait for one batch at most. Each batch raises the run's revision.
    """
    worked = False
    more = True
    while more:
        async with database.write() as tx:
            driver = await fetch_driver(tx.conn)
            if await driver.fetchrow(CLAIM_RECOMPUTING, workspace, run) is None:
                return worked
            locked = await lock_run(tx, workspace, run)
            order = await fetch_attempts(tx.conn, workspace, run)
            await settle(driver, locked, order)
            keys = [row["key"] for row in await driver.fetch(FETCH_MARKED, workspace, run, batch_series)]
            await recompute_series(tx, locked, order, keys)
            more = len(keys) == batch_series
            if not more:
                await driver.execute(RECOMPUTED, workspace, run)
            locked.raise_revision(tx, Changed.DOCUMENT | Changed.POINTS)
            await save_counters(tx, locked)
        worked = True
    return worked
