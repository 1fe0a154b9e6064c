"""Summaries of wide requests move later: killed anywhere nothing is lost or counted twice, and readers miss nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from domain.errors import TooLarge
from domain.ids import ExperimentID, RunID
from domain.metrics import MAX_SERIES, Goal, MetricDefinition
from store import tables
from store.counters import lock_counters
from store.database import Database
from store.driver import fetch_driver
from store.keys import Keys
from store.metrics.attempts import fetch_attempts
from store.metrics.compaction import _Batch, compact_run
from store.metrics.definitions import define_metric, raise_revisions
from store.metrics.preparing import WIDE
from store.metrics.resuming import Resume, resume_run
from store.metrics.settler import Settler
from store.metrics.settling import fetch_unsettled, read_settled, settle, settle_run
from store.metrics.staging import MOST_UNSETTLED
from store.metrics.summaries import count_series, fetch_summaries
from tests.metrics.logging_points import (
    ingesting,
    log_points,
    make_attempt_id,
    make_request,
    one_series,
    read_counters,
    read_one,
    read_summary_of,
)
from tests.metrics.meaning import bits
from tests.store.making import DEFAULT, count_rows, make_run

NAMES = tuple(f"k{n}" for n in range(WIDE))


async def log_wide(database: Database, keys: Keys, run: RunID, step: int, value: float = 0.0) -> None:
    series = [one_series(name, [value + step], steps=[step], times=[step]) for name in NAMES]
    await log_points(database, keys, make_request(run, *series))


async def count_written(database: Database) -> int:
    return await count_rows(database, tables.metric_summaries)


def summed(steps: int) -> Any:
    """Return the summary of values 0, 1, 2, ... at as many steps."""
    first, last = (0, 0, bits(0.0)), (steps - 1, steps - 1, bits(float(steps - 1)))
    return (steps, 0, 0, first, last, first, last)


async def test_a_wide_request_writes_no_summary_and_a_reader_sees_it_at_once(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_wide(database, keys, run, 0)
    unwritten = await count_written(database)
    async with read_settled(database, DEFAULT, [run]) as conn:
        found = await fetch_summaries(conn, DEFAULT, [run], None)
        counts = await count_series(conn, DEFAULT, [run], prefix=None)

    assert unwritten == 0
    assert found[run].keys() == set(NAMES)
    assert counts == {run: WIDE}
    assert await read_summary_of(database, run, "k7") == summed(1)


async def test_a_request_of_few_keys_behind_a_wide_one_waits_with_it(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_wide(database, keys, run, 0)
    await log_points(database, keys, make_request(run, one_series("k7", [1.0], steps=[1], times=[1])))
    unwritten = await count_written(database)

    assert unwritten == 0
    assert await read_summary_of(database, run, "k7") == summed(2)
    await log_points(database, keys, make_request(run, one_series("k7", [2.0], steps=[2], times=[2])))
    assert (await read_counters(database, run))["unsettled_from"] is None
    assert await read_summary_of(database, run, "k7") == summed(3)


async def test_only_runs_that_are_read_are_settled(database: Database) -> None:
    one, other, keys = await make_run(database), await make_run(database), Keys(database)
    for run in (one, other):
        await log_wide(database, keys, run, 0)
    async with read_settled(database, DEFAULT, [one]) as conn:
        left = await fetch_unsettled(conn, DEFAULT)
    async with read_settled(database, DEFAULT) as conn:
        none_left = await fetch_unsettled(conn, DEFAULT)

    assert (left, none_left) == ([other], [])


class Killed(Exception):
    """Stands for the death of the process between two statements."""


class Dying:
    """A driver that dies after so many calls."""

    def __init__(self, driver: Any, calls: int) -> None:
        self._driver = driver
        self._left = calls

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **named: Any) -> Any:
            if self._left == 0:
                raise Killed
            self._left -= 1
            return await getattr(self._driver, name)(*args, **named)

        return call


async def test_killed_between_any_two_statements_settling_changes_nothing(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    for step in range(3):
        await log_wide(database, keys, run, step)
    before = await read_counters(database, run)
    for calls, is_done in ((0, False), (1, False), (2, True)):
        assert await _settle_until(database, run, calls) is is_done
        assert await read_counters(database, run) == before
        assert await count_written(database) == 0

    assert await read_summary_of(database, run, "k7") == summed(3)


async def _settle_until(database: Database, run: RunID, calls: int) -> bool:
    """Settle, and die after so many statements or before the commit; say whether all statements were done."""
    done = False
    try:
        async with database.write() as tx:
            counters = (await lock_counters(tx, DEFAULT, [run]))[run]
            driver: Any = Dying(await fetch_driver(tx.conn), calls)
            await settle(driver, counters, await fetch_attempts(tx.conn, DEFAULT, run))
            done = True
            raise Killed
    except Killed:
        return done


async def test_a_connection_killed_while_settling_leaves_readers_exact(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    for step, pause in enumerate(np.linspace(0.0, 0.03, 12).tolist()):
        await log_wide(database, keys, run, step)
        task = asyncio.create_task(settle_run(database, DEFAULT, run))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert await read_summary_of(database, run, "k7") == summed(12)
    assert (await read_counters(database, run))["series"] == WIDE


async def test_a_compaction_takes_no_segment_that_is_unsettled(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_wide(database, keys, run, 0)
    await settle_run(database, DEFAULT, run)
    await log_wide(database, keys, run, 1)
    async with database.write() as tx:
        batch = _Batch(await fetch_driver(tx.conn), DEFAULT, run)
        await batch.compact(None, batch_series=1_000)
    left = await count_rows(database, tables.metric_segments)
    await compact_run(database, DEFAULT, run)

    assert (left, await count_rows(database, tables.metric_segments)) == (1, 0)
    assert await read_summary_of(database, run, "k7") == summed(2)


async def test_a_resume_settles_first_and_supersedes_what_was_unsettled(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    for step in range(4):
        await log_wide(database, keys, run, step)
    async with database.write() as tx:
        await resume_run(tx, DEFAULT, run, Resume(attempt=make_attempt_id(), from_step=1))

    assert await read_summary_of(database, run, "k7") == summed(2)
    counters = await read_counters(database, run)
    assert (counters["unsettled_from"], counters["last_step"], counters["series"]) == (None, 1, WIDE)


async def test_what_waits_is_bounded(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_wide(database, keys, run, 0)
    rows = tables.run_counters
    async with database.write() as tx:
        await tx.conn.execute(sa.update(rows).where(rows.c.run == run).values(next_order=MOST_UNSETTLED))
    await log_wide(database, keys, run, 1)

    assert (await read_counters(database, run))["unsettled_from"] is None
    assert await read_summary_of(database, run, "k7") == summed(2)


async def test_the_limit_of_series_counts_those_that_wait(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_wide(database, keys, run, 0)
    await settle_run(database, DEFAULT, run)
    rows = tables.run_counters
    async with database.write() as tx:
        await tx.conn.execute(sa.update(rows).where(rows.c.run == run).values(series=MAX_SERIES - WIDE))
    await log_wide(database, keys, run, 1)
    fresh = [one_series(f"fresh{n}", [1.0], steps=[2]) for n in range(WIDE)]
    await log_points(database, keys, make_request(run, *fresh))
    with pytest.raises(TooLarge):
        await log_points(database, keys, make_request(run, one_series("one more", [1.0], steps=[2])))

    assert await read_summary_of(database, run, "k7") == summed(2)
    assert (await read_counters(database, run))["series"] == MAX_SERIES


async def test_a_changed_goal_reaches_runs_whose_metric_waits(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_wide(database, keys, run, 0)
    async with database.read() as conn:
        experiment = ExperimentID((await conn.execute(sa.select(tables.runs.c.experiment))).scalar_one())
    key = (await keys.intern(DEFAULT, ["k7"]))["k7"]
    async with database.write() as tx:
        await define_metric(tx, DEFAULT, experiment, key=key, definition=MetricDefinition(goal=Goal.MIN))

    assert await raise_revisions(database, DEFAULT, experiment, key) == 1


async def test_the_task_settles_what_has_waited_and_leaves_the_rest(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_wide(database, keys, run, 0)
    patient, prompt = Settler(database, due=3600.0), Settler(database, due=0.0)

    assert (await patient.settle_due(), await count_written(database)) == (0, 0)
    assert (await prompt.settle_due(), await count_written(database)) == (1, WIDE)
    assert await prompt.settle_due() == 0


async def test_the_task_wakes_settles_and_stops_when_cancelled(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    settler = Settler(database, pause=0.01, scan=3600.0, due=0.0)
    task = asyncio.create_task(settler.run())
    await asyncio.sleep(0.05)
    await log_wide(database, keys, run, 0)
    settler.wake()
    while not await count_written(database):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await read_summary_of(database, run, "k7") == summed(1)


async def test_writers_readers_settlers_and_the_compactor_together_lose_nothing(database: Database) -> None:
    runs, keys = [await make_run(database) for _ in range(3)], Keys(database)
    settler = Settler(database, due=0.0)
    async with ingesting(database, keys, committers=3, max_group_requests=4) as ingest:

        async def write(run: RunID, start: int) -> None:
            for step in range(start, 12, 2):
                names = NAMES if step % 3 else NAMES[:9]
                series = [one_series(name, [float(step)], steps=[step], times=[step]) for name in names]
                await ingest.submit(make_request(run, *series))
                found = await read_summary_of(database, run, "k7")
                assert found is not None
                assert found[0] >= step // 2 + 1

        async def work() -> None:
            while True:
                await settler.settle_due()
                for run in runs:
                    await compact_run(database, DEFAULT, run, batch_series=40)

        working = asyncio.create_task(work())
        await asyncio.gather(*(write(run, start) for run in runs for start in (0, 1)))
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    for run in runs:
        assert await read_summary_of(database, run, "k7") == summed(12)
        assert (await read_one(database, run, "k7")).count == 12
