"""A run whose heartbeats stop is LOST until it is heard of again; one that never beat is left alone."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from domain.attempts import Attempt
from domain.errors import InvalidInput, NotFound
from domain.ids import AttemptID, NodeKind, RunID, make_uuid7
from domain.runs import RunStatus
from store import tables
from store.database import Database
from store.lifecycle import beat, sweep_lost_runs
from store.metrics.attempts import insert_attempt
from store.run_edits import finish_run
from tests.store.making import DEFAULT, fetch_changed, make_run, make_workspace, read_run


async def hear(database: Database, run: RunID, *, seconds: int = 30, attempt: AttemptID | None = None) -> None:
    async with database.write() as tx:
        await beat(tx, DEFAULT, run, seconds=seconds, attempt=attempt)


async def age(database: Database, run: RunID, seconds: int) -> None:
    """Let the last heartbeat have been so long ago."""
    counters = tables.run_counters
    async with database.write() as tx:
        await tx.conn.execute(
            sa.update(counters)
            .where(counters.c.run == run)
            .values(heartbeat=sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds))
        )


async def test_a_heartbeat_alone_raises_no_revision_and_writes_no_row(database: Database) -> None:
    run = await make_run(database)
    await hear(database, run)

    found = await read_run(database, run)
    assert (found.revision, found.version, found.status) == (1, 1, RunStatus.RUNNING)
    assert found.heartbeat_at is not None
    assert len(await fetch_changed(database, NodeKind.RUN)) == 1


async def test_three_missed_heartbeats_lose_a_run_and_the_next_finds_it(database: Database) -> None:
    run = await make_run(database)
    await hear(database, run, seconds=30)
    await age(database, run, 89)
    assert await sweep_lost_runs(database) == 0
    await age(database, run, 91)
    assert await sweep_lost_runs(database) == 1
    assert await sweep_lost_runs(database) == 0

    lost = await read_run(database, run)
    assert (lost.status, lost.ended_at, lost.revision) == (RunStatus.LOST, None, 2)
    await hear(database, run)
    found = await read_run(database, run)
    assert (found.status, found.revision) == (RunStatus.RUNNING, 3)


async def test_a_run_that_never_beat_is_never_lost(database: Database) -> None:
    run = await make_run(database)
    await age(database, run, 10**6)

    assert await sweep_lost_runs(database) == 0
    assert (await read_run(database, run)).status is RunStatus.RUNNING


async def test_a_run_that_ended_is_not_watched(database: Database) -> None:
    run = await make_run(database)
    await hear(database, run)
    async with database.write() as tx:
        await finish_run(tx, DEFAULT, run, RunStatus.FINISHED)
    await hear(database, run)
    await age(database, run, 10**6)

    assert await sweep_lost_runs(database) == 0
    assert (await read_run(database, run)).status is RunStatus.FINISHED


async def test_a_lost_run_may_be_finished(database: Database) -> None:
    run = await make_run(database)
    await hear(database, run, seconds=1)
    await age(database, run, 4)
    await sweep_lost_runs(database)
    async with database.write() as tx:
        await finish_run(tx, DEFAULT, run, RunStatus.FAILED)

    assert (await read_run(database, run)).status is RunStatus.FAILED


async def test_a_heartbeat_of_an_earlier_attempt_does_not_find_a_lost_run(database: Database) -> None:
    first, second = AttemptID(make_uuid7()), AttemptID(make_uuid7())
    run = await make_run(database, attempt=first)
    await hear(database, run, seconds=1, attempt=first)
    async with database.write() as tx:
        await insert_attempt(tx, DEFAULT, run, Attempt(number=2, id=second, after=first))
        await tx.conn.execute(sa.update(tables.runs).where(tables.runs.c.id == run).values(attempt=second))
    await age(database, run, 4)
    await sweep_lost_runs(database)
    await hear(database, run, attempt=first)
    assert (await read_run(database, run)).status is RunStatus.LOST
    await hear(database, run, attempt=second)

    assert (await read_run(database, run)).status is RunStatus.RUNNING


async def test_sweepers_and_heartbeats_at_once_leave_each_run_whole(database: Database) -> None:
    runs = [await make_run(database) for _ in range(10)]
    for run in runs:
        await hear(database, run, seconds=1)
        await age(database, run, 4)
    await asyncio.gather(*(sweep_lost_runs(database) for _ in range(2)), *(hear(database, run) for run in runs))

    found = [await read_run(database, run) for run in runs]
    assert {run.status for run in found} == {RunStatus.RUNNING}
    assert {run.revision for run in found} <= {1, 3}


async def test_runs_of_every_workspace_are_swept(database: Database) -> None:
    other = await make_workspace(database)
    run = await make_run(database, workspace=other)
    async with database.write() as tx:
        await beat(tx, other, run, seconds=1)
    await age(database, run, 4)

    assert await sweep_lost_runs(database) == 1
    assert (await read_run(database, run, workspace=other)).status is RunStatus.LOST


async def test_a_heartbeat_is_refused_where_it_says_nothing(database: Database) -> None:
    run = await make_run(database)

    for seconds in (0, -1, 86_401):
        with pytest.raises(InvalidInput) as caught:
            await hear(database, run, seconds=seconds)
        assert caught.value.path == ("seconds",)
    with pytest.raises(NotFound):
        async with database.write() as tx:
            await beat(tx, await make_workspace(database), run)
