"""Attempts fall into their true order in whatever order they and their spools arrive."""

from __future__ import annotations

from itertools import permutations

import pytest
import sqlalchemy as sa

from domain.attempts import MAX_ATTEMPTS, Attempt, AttemptOrder
from domain.errors import TooLarge
from domain.ids import NodeKey, NodeKind
from domain.metrics import Duplicates
from store import tables
from store.counters import lock_run, save_counters
from store.database import Database
from store.keys import Keys
from store.metrics.attempts import fetch_attempts, insert_attempt
from store.metrics.compactor import recompute_run
from store.metrics.recomputing import recompute_series
from store.metrics.resuming import Resume, resume_run
from tests.metrics.logging_points import (
    log_points,
    make_attempt_id,
    make_request,
    one_series,
    read_one,
    read_summary_of,
)
from tests.metrics.meaning import bits
from tests.store.making import DEFAULT, make_run, read_run

A, B, C = (make_attempt_id() for _ in range(3))
RESUMES = {
    "Br": Resume(attempt=B, after=A, restart_count=1, from_step=300),
    "Cr": Resume(attempt=C, after=B, restart_count=2, from_step=350),
}
WRITES = {"Ap": (A, range(0, 401, 10), 1.0), "Bp": (B, range(310, 401, 10), 2.0), "Cp": (C, range(360, 401, 10), 3.0)}


def declared(number: int, **fields: object) -> Attempt:
    return Attempt(number=number, id=(A, B, C)[number - 1], **fields)  # type: ignore[arg-type]


def test_the_chain_goes_before_the_restart_count() -> None:
    order = AttemptOrder.of([declared(3, after=B, restart_count=1), declared(1), declared(2, after=A, restart_count=9)])

    assert [one.id for one in order.attempts] == [A, B, C]


def test_the_restart_count_goes_before_arrival() -> None:
    order = AttemptOrder.of([declared(1), declared(2, after=A, restart_count=2), declared(3, after=A, restart_count=1)])

    assert [one.id for one in order.attempts] == [A, C, B]
    assert order.current == B


def test_a_chain_that_bites_its_tail_still_has_an_order() -> None:
    order = AttemptOrder.of([declared(1, after=C), declared(2, after=A), declared(3, after=B)])

    assert [one.id for one in order.attempts] == [A, B, C]


def test_a_point_is_superseded_above_the_lowest_step_of_any_later_attempt() -> None:
    order = AttemptOrder.of([declared(1), declared(2, after=A, from_step=300), declared(3, after=B, from_step=200)])

    assert [order.limit(number) for number in order.numbers] == [200, 200, 200, None]


async def test_every_order_of_arrival_ends_in_the_same_curve(database: Database) -> None:
    keys = Keys(database)
    for events in permutations(["Ap", "Br", "Bp", "Cr", "Cp"]):
        run = await make_run(database)
        async with database.write() as tx:
            await insert_attempt(tx, DEFAULT, run, Attempt(number=1, id=A))
        for event in events:
            if event in RESUMES:
                async with database.write() as tx:
                    await resume_run(tx, DEFAULT, run, RESUMES[event])
            else:
                attempt, steps, value = WRITES[event]
                series = one_series("loss", [value] * len(steps), steps=list(steps), times=[0] * len(steps))
                await log_points(database, keys, make_request(run, series, attempt=attempt))

        found = await read_one(database, run, "loss", duplicates=Duplicates.ALL)
        expected = [(step, 1.0 if step <= 300 else 2.0 if step <= 350 else 3.0) for step in range(0, 401, 10)]
        assert list(zip(found.steps.tolist(), found.values.tolist(), strict=True)) == expected, events
        assert await read_summary_of(database, run, "loss") == (
            *(41, 0, 0, (0, 0, bits(1.0)), (400, 0, bits(3.0)), (0, 0, bits(1.0)), (360, 0, bits(3.0))),
        )
        async with database.read() as conn:
            assert [one.id for one in (await fetch_attempts(conn, DEFAULT, run)).attempts] == [A, B, C]


async def test_a_resume_sent_twice_changes_nothing_the_second_time(database: Database) -> None:
    run = await make_run(database)
    for _ in range(2):
        async with database.write() as tx:
            resumed = await resume_run(tx, DEFAULT, run, Resume(attempt=A, from_step=5))
            assert (resumed.current, resumed.recomputing) == (True, False)

    async with database.read() as conn:
        assert len((await fetch_attempts(conn, DEFAULT, run)).attempts) == 1


async def test_only_the_newest_attempt_sets_the_run_running(database: Database) -> None:
    run = await make_run(database)
    async with database.write() as tx:
        await resume_run(tx, DEFAULT, run, Resume(attempt=C, after=B, restart_count=2))
    async with database.write() as tx:
        late = await resume_run(tx, DEFAULT, run, Resume(attempt=A, restart_count=0))

    assert not late.current
    assert (await read_run(database, run)).attempt == C


async def test_a_resume_raises_the_revision_and_counts_on_from_its_step(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_points(
        database, keys, make_request(run, one_series("loss", [1, 2, 3], steps=[0, 50, 100], times=[0] * 3))
    )
    async with database.write() as tx:
        before = (await lock_run(tx, DEFAULT, run)).revision
    async with database.write() as tx:
        await resume_run(tx, DEFAULT, run, Resume(attempt=A, from_step=60))
        changes = [change for change in tx.changes if change.key == NodeKey(NodeKind.RUN, run)]
    await log_points(database, keys, make_request(run, one_series("loss", [9.0], times=[0])))

    assert [change.revision for change in changes] == [before + 1]
    assert (await read_one(database, run, "loss")).steps.tolist() == [0, 50, 51]
    async with database.write() as tx:
        counters = await lock_run(tx, DEFAULT, run)
        await save_counters(tx, counters)
    assert (counters.last_step, counters.series) == (51, 1)


async def test_steps_count_on_from_the_resume_while_its_summaries_are_computed_again(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    names = ["a", "b", "c"]
    series = [one_series(name, [1.0, 2.0], steps=[50, 100], times=[0, 0]) for name in names]
    await log_points(database, keys, make_request(run, *series))
    ids = sorted((await keys.intern(DEFAULT, names)).values())
    for attempt, step, at_once in ((A, 90, 0), (B, 60, 1000)):
        async with database.write() as tx:
            await resume_run(tx, DEFAULT, run, Resume(attempt=attempt, from_step=step), at_once=at_once)
            assert (await lock_run(tx, DEFAULT, run)).last_step == (step if at_once == 0 else 50)
        async with database.write() as tx:  # one batch of the background task; two series are marked still
            counters = await lock_run(tx, DEFAULT, run)
            await recompute_series(tx, counters, await fetch_attempts(tx.conn, DEFAULT, run), ids[:1])
            await save_counters(tx, counters)
        assert counters.last_step == (step if at_once == 0 else 50)
    await log_points(database, keys, make_request(run, one_series("a", [3.0], times=[0])))
    await recompute_run(database, DEFAULT, run)

    assert (await read_one(database, run, "a")).steps.tolist() == [50, 51]
    assert (await read_one(database, run, "b")).steps.tolist() == [50]


async def test_a_run_takes_so_many_attempts_and_no_more(database: Database) -> None:
    run = await make_run(database)
    ids = [make_attempt_id() for _ in range(MAX_ATTEMPTS)]
    async with database.write() as tx:
        rows = [{"workspace": DEFAULT, "run": run, "number": n, "id": one} for n, one in enumerate(ids, 1)]
        await tx.conn.execute(sa.insert(tables.attempts).values(restart_count=0, declared=False), rows)
    with pytest.raises(TooLarge) as resumed:
        async with database.write() as tx:
            await resume_run(tx, DEFAULT, run, Resume(attempt=A))
    with pytest.raises(TooLarge) as logged:
        await log_points(database, Keys(database), make_request(run, one_series("loss", [1.0]), attempt=A))
    async with database.write() as tx:
        await resume_run(tx, DEFAULT, run, Resume(attempt=ids[-1], restart_count=1))

    assert (resumed.value.path, logged.value.path) == (("attempt",), ("attempt",))
    async with database.read() as conn:
        assert len((await fetch_attempts(conn, DEFAULT, run)).attempts) == MAX_ATTEMPTS
