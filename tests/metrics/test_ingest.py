"""Group commit: neighbours, repeats, bad members, gone callers, full memory, and Postgres away."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa

from domain.errors import Conflict, InvalidInput, NotFound, TooLarge, Unavailable
from domain.ids import RunID, make_uuid7
from domain.metrics import MAX_SERIES
from domain.points import Accepted
from store import tables
from store.counters import lock_run
from store.database import Database
from store.keys import Keys
from store.metrics.compaction import compact_run
from store.outbox import fetch_token_exists
from tests.metrics.logging_points import (
    ingesting,
    make_request,
    make_writer,
    one_series,
    read_counters,
    read_one,
    read_summary_of,
)
from tests.metrics.meaning import bits
from tests.store.making import DEFAULT, count_rows, make_run


def make_points(run: RunID, sequence: int, *, writer: object = None, value: float = 1.0, digest: bytes = b"body"):  # type: ignore[no-untyped-def]
    series = one_series("loss", [value], steps=[sequence], times=[0])
    return make_request(run, series, writer=writer, sequence=None if writer is None else sequence, digest=digest)  # type: ignore[arg-type]


async def test_requests_that_wait_together_are_committed_together(database: Database) -> None:
    run, writer = await make_run(database), make_writer()
    async with ingesting(database, Keys(database), committers=1) as ingest:
        answers = await asyncio.gather(*(ingest.submit(make_points(run, n, writer=writer)) for n in range(100)))

    outbox = tables.outbox.c
    assert {answer.accepted for answer in answers} == {1}
    assert (await read_one(database, run, "loss")).steps.tolist() == list(range(100))
    assert await count_rows(database, tables.outbox, outbox.uid == run, outbox.changed == 4) < 20
    async with database.read() as conn:
        assert all([await fetch_token_exists(conn, answer.token) for answer in answers])


async def test_a_repeat_is_answered_like_the_first_and_writes_nothing(database: Database) -> None:
    run, writer = await make_run(database), make_writer()
    async with ingesting(database, Keys(database)) as ingest:
        together = await asyncio.gather(*(ingest.submit(make_points(run, 7, writer=writer)) for _ in range(10)))
        later = await ingest.submit(make_points(run, 8, writer=writer))
        await compact_run(database, DEFAULT, run)
        again = await ingest.submit(make_points(run, 7, writer=writer))

    assert [answer.accepted for answer in [*together, again]] == [1] * 11
    assert again.token >= max(later.token, *(answer.token for answer in together))
    assert (await read_one(database, run, "loss")).steps.tolist() == [7, 8]


async def test_another_body_under_the_same_sequence_is_a_conflict(database: Database) -> None:
    run, writer = await make_run(database), make_writer()
    async with ingesting(database, Keys(database)) as ingest:
        answers = await asyncio.gather(
            ingest.submit(make_points(run, 1, writer=writer, digest=b"one")),
            ingest.submit(make_points(run, 1, writer=writer, digest=b"two")),
            return_exceptions=True,
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["Accepted", "Conflict"]
        other = b"two" if isinstance(answers[0], Accepted) else b"one"
        await compact_run(database, DEFAULT, run)
        with pytest.raises(Conflict) as late:
            await ingest.submit(make_points(run, 1, writer=writer, digest=other))

    assert late.value.path == ("sequence",)
    assert (await read_counters(database, run))["series"] == 1


async def test_a_client_key_is_answered_once_even_while_the_first_is_in_flight(database: Database) -> None:
    run = await make_run(database)
    series = one_series("loss", [1.0, 2.0], times=[0, 0])
    async with ingesting(database, Keys(database)) as ingest:
        answers = await asyncio.gather(
            *(ingest.submit(make_request(run, series, client_key="k", digest=b"a")) for _ in range(5))
        )
        with pytest.raises(Conflict):
            await ingest.submit(make_request(run, series, client_key="k", digest=b"b"))

    assert len({str(answer.token) for answer in answers}) == 1
    assert {answer.accepted for answer in answers} == {2}
    assert (await read_one(database, run, "loss")).steps.tolist() == [0, 1]


async def test_a_refused_member_does_not_touch_its_neighbours(database: Database) -> None:
    good, full = await make_run(database), await make_run(database)
    async with database.write() as tx:
        counters = tables.run_counters
        await tx.conn.execute(
            sa.update(counters).where(counters.c.run == full).values(series=MAX_SERIES, last_step=2**63 - 1)
        )
    unknown = RunID(make_uuid7())
    async with ingesting(database, Keys(database), committers=1) as ingest:
        answers = await asyncio.gather(
            ingest.submit(make_points(good, 1)),
            ingest.submit(make_points(unknown, 1)),
            ingest.submit(make_points(full, 1)),
            ingest.submit(make_request(full, one_series("loss", [1.0]))),
            ingest.submit(make_points(good, 2)),
            return_exceptions=True,
        )

    assert [type(answer) for answer in answers] == [Accepted, NotFound, TooLarge, InvalidInput, Accepted]
    assert (await read_one(database, good, "loss")).steps.tolist() == [1, 2]
    assert (await read_one(database, full, "loss")).count == 0


async def test_when_a_statement_fails_the_members_go_one_by_one(database: Database) -> None:
    good, broken = await make_run(database), await make_run(database)
    async with database.write() as tx:
        await tx.conn.execute(sa.text(f"ALTER TABLE metric_segments ADD CHECK (run <> '{broken}')"))
    async with ingesting(database, Keys(database), committers=1) as ingest:
        answers = await asyncio.gather(
            ingest.submit(make_points(good, 1)),
            ingest.submit(make_points(broken, 1)),
            ingest.submit(make_points(good, 2)),
            return_exceptions=True,
        )

    assert [type(answer).__name__ for answer in answers] == ["Accepted", "CheckViolationError", "Accepted"]
    assert (await read_one(database, good, "loss")).steps.tolist() == [1, 2]


async def test_above_its_bounds_ingest_puts_writers_off(database: Database) -> None:
    run = await make_run(database)
    many = make_request(run, one_series("loss", [1.0] * 600_000))
    async with ingesting(database, Keys(database), max_waiting_points=1_000_000) as ingest:
        answers = await asyncio.gather(ingest.submit(many), ingest.submit(many), return_exceptions=True)
        assert ingest.waiting_points == 0
        again = await ingest.submit(many)

    assert [type(answer) for answer in answers] == [Accepted, Unavailable]
    assert isinstance(answers[1], Unavailable)
    assert answers[1].retriable
    assert again.accepted == 600_000


async def test_a_caller_that_gives_up_holds_nobody_back(database: Database) -> None:
    run, writer = await make_run(database), make_writer()
    async with ingesting(database, Keys(database)) as ingest:
        gone = [asyncio.create_task(ingest.submit(make_points(run, n, writer=writer))) for n in range(20)]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        answer = await ingest.submit(make_points(run, 20, writer=writer))
        assert ingest.waiting_points == 0

    assert answer.accepted == 1


async def test_stopping_answers_those_who_wait_and_refuses_newcomers(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    async with ingesting(database, keys) as ingest:
        waiting = [asyncio.create_task(ingest.submit(make_points(run, n))) for n in range(10)]
        await asyncio.sleep(0)
        await ingest.stop()
        with pytest.raises(Unavailable):
            await ingest.submit(make_points(run, 11))

    assert [task.result().accepted for task in waiting] == [1] * 10


WAITING = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'"


async def test_an_error_of_the_connection_is_retriable_and_the_next_request_succeeds(
    database: Database, postgres_admin: asyncpg.Connection
) -> None:
    run, keys = await make_run(database), Keys(database)
    async with ingesting(database, keys, committers=1) as ingest:
        await ingest.submit(make_points(run, 0))
        async with database.write() as tx:
            await lock_run(tx, DEFAULT, run)
            refused = asyncio.create_task(ingest.submit(make_points(run, 1)))
            while not await postgres_admin.fetch(WAITING, database.writer.url.database):
                await asyncio.sleep(0.01)
            with pytest.raises(Unavailable) as failure:
                await refused
        answer = await ingest.submit(make_points(run, 1))

    assert failure.value.retriable
    assert answer.accepted == 1
    assert (await read_one(database, run, "loss")).steps.tolist() == [0, 1]


async def test_many_writers_of_many_runs_neither_deadlock_nor_lose_a_point(database: Database) -> None:
    runs = [await make_run(database) for _ in range(4)]
    keys = Keys(database)
    async with ingesting(database, keys, committers=3, max_group_requests=5) as ingest:

        async def write(number: int) -> None:
            writer = uuid4()
            for n in range(15):
                series = [
                    one_series(f"k{(n + number) % 7}", [float(n)], steps=[n], times=[number]),
                    one_series("z", [n]),
                ]
                await ingest.submit(make_request(runs[(n * number) % 4], *series, writer=writer, sequence=n))

        compacting = asyncio.create_task(_keep_compacting(database, runs))
        await asyncio.gather(*(write(number) for number in range(8)))
        compacting.cancel()
        await asyncio.gather(compacting, return_exceptions=True)

    counts = [(await read_one(database, run, key)).count for run in runs for key in (*(f"k{n}" for n in range(7)), "z")]
    assert sum(counts) == 8 * 15 * 2
    assert sum([(await read_summary_of(database, run, "z") or (0,))[0] for run in runs]) == 8 * 15


async def _keep_compacting(database: Database, runs: list[RunID]) -> None:
    while True:
        for run in runs:
            await compact_run(database, DEFAULT, run, batch_series=2)
        await asyncio.sleep(0.01)


async def test_a_hundred_thousand_series_are_taken_and_not_one_more(database: Database) -> None:
    run = await make_run(database)
    async with ingesting(database, Keys(database)) as ingest:
        for part in range(4):
            series = [one_series(f"k{n}", [float(n)], times=[0]) for n in range(part * 25_000, (part + 1) * 25_000)]
            await ingest.submit(make_request(run, *series))
        again = await ingest.submit(make_request(run, one_series("k99999", [1.0], times=[1])))
        with pytest.raises(TooLarge) as refused:
            await ingest.submit(make_request(run, one_series("k1", [1.0]), one_series("new", [1.0])))

    assert again.accepted == 1
    assert refused.value.path == ("series",)
    assert (await read_counters(database, run))["series"] == MAX_SERIES
    assert await read_summary_of(database, run, "k99999") == (
        *(2, 0, 0, (3, 0, bits(99999.0)), (4, 1, bits(1.0)), (4, 1, bits(1.0)), (3, 0, bits(99999.0))),
    )
