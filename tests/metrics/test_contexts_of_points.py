"""Each point says what it was measured on, and of which attempt it is, in the tail as in chunks."""

from __future__ import annotations

from uuid import uuid4

from domain.ids import NodeKey, NodeKind
from domain.metrics import Attempts, MetricContext
from store import tables
from store.database import Database
from store.keys import Keys
from store.metrics.compaction import compact_run
from store.metrics.contexts import fetch_contexts_of
from tests.metrics.logging_points import log_points, make_attempt_id, make_request, one_series, read_one
from tests.store.making import DEFAULT, count_rows, make_run

TEST = MetricContext(on=NodeKey(NodeKind.DATASET_VERSION, uuid4()), subset="test")
HARD = MetricContext(on=NodeKey(NodeKind.DATASET_VERSION, uuid4()), subset="hard")


async def test_contexts_stand_beside_their_points_in_the_tail_in_chunks_and_in_both(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)

    async def log(first: int, context: MetricContext | None) -> None:
        steps = range(first, first + 3)
        await log_points(database, keys, make_request(run, one_series("acc", [1.0] * 3, steps=steps, context=context)))

    async def read() -> list[tuple[int, int]]:
        data = await read_one(database, run, "acc")
        assert data.contexts is not None
        return list(zip(data.steps.tolist(), data.contexts.tolist(), strict=True))

    await log(6, TEST)
    await log(0, None)
    await log(3, HARD)
    expected = [(0, 0), (1, 0), (2, 0), (3, 2), (4, 2), (5, 2), (6, 1), (7, 1), (8, 1)]
    in_tail = await read()
    await compact_run(database, DEFAULT, run)
    in_chunks = await read()
    await log(9, HARD)
    in_both = await read()

    assert in_tail == in_chunks == expected
    assert in_both == [*expected, (9, 2), (10, 2), (11, 2)]
    assert await count_rows(database, tables.metric_chunks) >= 1
    async with database.read() as conn:
        assert await fetch_contexts_of(conn, DEFAULT, [run]) == {run: [TEST, HARD]}


async def test_where_nobody_said_anything_and_in_an_envelope_there_are_none(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    plain = one_series("plain", [1.0] * 100, steps=range(100))
    measured = one_series("measured", [1.0] * 100, steps=range(100), context=TEST)
    await log_points(database, keys, make_request(run, plain, measured))

    assert (await read_one(database, run, "plain")).contexts is None
    assert (await read_one(database, run, "absent")).contexts is None
    assert (await read_one(database, run, "measured", points=10)).contexts is None


async def test_each_point_says_of_which_attempt_it_is(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    first, second = make_attempt_id(), make_attempt_id()
    for attempt in (None, first, second):
        series = one_series("loss", [1.0, 2.0], steps=[0, 1])
        await log_points(database, keys, make_request(run, series, attempt=attempt))

    data = await read_one(database, run, "loss", attempts=Attempts.ALL)
    assert data.steps.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.attempts.tolist() == [0, 1, 2, 0, 1, 2]
    assert [one.id for one in data.order.attempts] == [first, second]
