"""Compaction: killed at any statement it changes nothing, late points open their chunks, chunks never overlap."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import RunID
from store import tables
from store.database import Database
from store.driver import fetch_driver
from store.keys import Keys
from store.metrics.chunks import SMALL, TARGET, SeriesColumns, cut_points, make_chunk, open_chunk
from store.metrics.compaction import _Batch, compact_run
from store.metrics.compactor import Compactor
from store.metrics.merging import Neighbour, rebuild_series
from tests.metrics.logging_points import (
    as_shown,
    log_points,
    make_request,
    one_series,
    read_counters,
    read_one,
    values_like,
)
from tests.store.making import DEFAULT, count_rows, make_run


async def log_many(database: Database, run: RunID, *, requests: int = 6, keys: int = 5) -> None:
    interned = Keys(database)
    for n in range(requests):
        series = [one_series(f"k{key}", [n + key, n], steps=[n * 2, n * 2 + 1], times=[n, n]) for key in range(keys)]
        await log_points(database, interned, make_request(run, *series))


async def count_segments(database: Database, run: RunID) -> int:
    return await count_rows(database, tables.metric_segments, tables.metric_segments.c.run == run)


class Killed(Exception):
    """Stands for the death of the process between two statements."""


async def test_killed_between_any_two_statements_compaction_changes_nothing(database: Database) -> None:
    run = await make_run(database)
    await log_many(database, run)
    expected = [as_shown(await read_one(database, run, f"k{key}")) for key in range(5)]
    statements = 0
    while await count_segments(database, run):
        survived = await _compact_until(database, run, statements)
        found = [as_shown(await read_one(database, run, f"k{key}")) for key in range(5)]
        assert found == expected, statements
        statements = 0 if survived else statements + 1

    tail = await read_counters(database, run)
    assert (tail["tail_segments"], tail["tail_points"], tail["tail_bytes"]) == (0, 0, 0)
    assert await count_rows(database, tables.metric_chunks) == 5


async def _compact_until(database: Database, run: RunID, statements: int) -> bool:
    """Compact two series a batch and die after so many statements; say whether it got to the end before."""
    left = statements

    def die(*_: Any) -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1

    class Dying:
        def __init__(self, driver: Any) -> None:
            self._driver = driver

        def __getattr__(self, name: str) -> Any:
            async def call(*args: Any, **named: Any) -> Any:
                die()
                return await getattr(self._driver, name)(*args, **named)

            return call

    try:
        async with database.write() as tx:
            batch = _Batch(Dying(await fetch_driver(tx.conn)), DEFAULT, run)
            await batch.compact(None, batch_series=2)
            die()
    except Killed:
        return False
    return True


async def test_a_compactor_whose_connection_is_killed_leaves_everything_readable(database: Database) -> None:
    run = await make_run(database)
    await log_many(database, run, requests=30, keys=20)
    expected = [as_shown(await read_one(database, run, f"k{key}")) for key in range(20)]
    for pause in np.linspace(0.0, 0.05, 12).tolist():
        task = asyncio.create_task(compact_run(database, DEFAULT, run, batch_series=3))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert [as_shown(await read_one(database, run, f"k{key}")) for key in range(20)] == expected

    assert await compact_run(database, DEFAULT, run) in (True, False)
    assert [as_shown(await read_one(database, run, f"k{key}")) for key in range(20)] == expected
    assert await count_segments(database, run) == 0


async def test_late_points_open_only_the_chunks_they_fall_into(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    steps = list(range(0, 20_000, 2))
    await log_points(database, keys, make_request(run, one_series("loss", values_like(10_000).tolist(), steps=steps)))
    await compact_run(database, DEFAULT, run)
    before = await _fetch_numbers(database)
    await log_points(database, keys, make_request(run, one_series("loss", [7.0], steps=[9001])))
    await compact_run(database, DEFAULT, run)
    after = await _fetch_numbers(database)

    assert (len(before), len(after), len(before & after)) == (5, 5, 4)
    assert (await read_one(database, run, "loss")).steps.tolist() == sorted([*steps, 9001])


async def _fetch_numbers(database: Database) -> set[int]:
    async with database.read() as conn:
        return set((await conn.execute(sa.select(tables.metric_chunks.c.number))).scalars())


async def test_a_run_is_due_at_its_64th_segment(database: Database) -> None:
    run, compactor = await make_run(database), Compactor(database)
    await log_many(database, run, requests=63, keys=1)
    early = await compactor.compact_once()
    await log_many(database, run, requests=1, keys=1)
    compactor.written(DEFAULT, run)
    due = await compactor.compact_written()

    assert (early.compacted, due.compacted) == (0, 1)
    assert await count_segments(database, run) == 0


async def test_the_task_compacts_what_is_due_and_stops_when_cancelled(database: Database) -> None:
    run, compactor = await make_run(database), Compactor(database, pause=0.01)
    task = asyncio.create_task(compactor.run())
    await log_many(database, run, requests=64, keys=1)
    compactor.written(DEFAULT, run)
    while await count_segments(database, run):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await read_one(database, run, "k0")).count == 128


async def test_a_held_run_is_skipped(database: Database) -> None:
    run = await make_run(database)
    await log_many(database, run)
    async with database.write() as tx:
        rows = tables.compaction.c
        await tx.conn.execute(sa.select(rows.run).where(rows.run == run).with_for_update())
        assert not await compact_run(database, DEFAULT, run)

    assert await compact_run(database, DEFAULT, run)


def make_columns(steps: list[int], order: int) -> SeriesColumns:
    column = np.array(steps, np.int64)
    return SeriesColumns(
        steps=column,
        times=column % 3,
        values=column.astype(np.float64),
        orders=np.full(len(column), order),
        contexts=np.zeros(len(column), np.int64),
    ).sorted()


@given(st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=60), min_size=1, max_size=12))
def test_rebuilt_chunks_hold_every_point_in_order_and_do_not_overlap(batches: list[list[int]]) -> None:
    chunks: list[tuple[Neighbour, SeriesColumns]] = []
    number = 0
    for order, steps in enumerate(batches):
        plan = rebuild_series(make_columns(steps, order), [near for near, _ in chunks])
        opened = {near.number for near in plan.opened}
        made = list(plan.make_chunks({near.number: points for near, points in chunks}))
        chunks = [pair for pair in chunks if pair[0].number not in opened]
        for row in made:
            count = row[1]
            packed = dict(zip(("steps", "times", "values", "orders", "contexts"), row[-5:], strict=True), count=count)
            chunks.append((Neighbour(row[4], row[0], number, count), open_chunk(packed)))
            number += 1
        chunks.sort(key=lambda pair: pair[0])

    together = SeriesColumns.concatenate([points for _, points in chunks])
    places = list(zip(together.steps.tolist(), together.times.tolist(), together.orders.tolist(), strict=True))
    assert places == sorted((step, step % 3, order) for order, steps in enumerate(batches) for step in steps)
    borders = [(near.first_step, near.last_step) for near, _ in chunks]
    assert all(a[1] <= b[0] for a, b in pairwise(borders))


def test_a_long_series_is_cut_into_chunks_of_one_to_two_targets() -> None:
    for length in (1, TARGET - 1, TARGET, 2 * TARGET - 1, 2 * TARGET, 64_000, 100_001):
        sizes = [len(piece) for piece in cut_points(make_columns(list(range(length)), 0))]
        assert sum(sizes) == length
        assert len(sizes) == 1 or TARGET <= min(sizes) <= max(sizes) < 2 * TARGET


def test_small_chunks_are_joined_like_the_digits_of_a_counter() -> None:
    chunks: list[Neighbour] = []
    written = 0
    for n in range(1000):
        plan = rebuild_series(make_columns(list(range(n * 64, n * 64 + 64)), n), chunks)
        size = 64 + sum(near.points for near in plan.opened)
        first = min([n * 64, *(near.first_step for near in plan.opened)])
        chunks = sorted([*(near for near in chunks if near not in plan.opened), Neighbour(first, n * 64 + 63, n, size)])
        written += size

    assert written < 64_000 * 6
    assert sum(near.points < SMALL for near in chunks) <= 8


def test_a_header_says_what_its_points_say() -> None:
    values = np.array([np.nan, np.inf, -1.0, -1.0, 5.0])
    points = SeriesColumns(
        steps=np.array([1, 2, 2, 3, 9]),
        times=np.array([4, 5, 6, 7, 8]),
        values=values,
        orders=np.array([3, 1, 2, 5, 4]),
        contexts=np.array([0, 0, 2, 0, 0]),
    )
    last_step, *header = make_chunk(points)[:-5]

    assert np.isnan(header.pop(5))
    assert [last_step, *header] == [
        *(9, 5, 1, 1, 1, 4, 8, 5.0),
        *(2, 6, -1.0, 2, 5, float("inf"), 3.0, 1, 5, True, None),
    ]
