"""Envelopes keep extremes and ends, live readers resume, definitions name the best."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput, NotFound
from domain.ids import ExperimentID, NodeKind, RunID, make_uuid7
from domain.metrics import Duplicates, Goal, MetricDefinition
from store.database import Database
from store.keys import Keys
from store.metrics.appended import START, AppendCursor, parse_append_cursor, read_appended
from store.metrics.compaction import compact_run
from store.metrics.compactor import Compactor
from store.metrics.definitions import define_metric, fetch_definitions
from store.metrics.resuming import Resume, resume_run
from store.metrics.settling import read_settled
from store.metrics.summaries import fetch_series_page
from tests.metrics.logging_points import (
    log_points,
    make_attempt_id,
    make_request,
    one_series,
    read_one,
    values_like,
)
from tests.store.making import DEFAULT, fetch_changed, make_run, read_run


@given(
    st.integers(2_000, 30_000),
    st.lists(st.tuples(st.integers(0, 29_999), st.sampled_from([math.nan, math.inf, -math.inf, 50.0, -50.0]))),
    st.integers(4, 600),
    st.booleans(),
    st.sampled_from(list(Duplicates)),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
async def test_an_envelope_keeps_both_ends_and_every_extreme(
    database: Database,
    length: int,
    oddities: list[tuple[int, float]],
    points: int,
    compacted: bool,
    duplicates: Duplicates,
) -> None:
    run, keys, values = await make_run(database), Keys(database), values_like(length)
    for at, value in oddities:
        values[at % length] = value
    request = make_request(run, one_series("loss", values.tolist(), steps=list(range(length)), times=[0] * length))
    await log_points(database, keys, request)
    if compacted:
        await compact_run(database, DEFAULT, run)
    found = await read_one(database, run, "loss", points=points, duplicates=duplicates)

    assert (found.exact, found.count, len(found.steps) <= points) == (False, length, True)
    assert (np.diff(found.steps) > 0).all()
    assert found.values.view(np.int64).tolist() == values[found.steps].view(np.int64).tolist()
    assert (found.steps[0], found.steps[-1]) == (0, length - 1)
    assert (np.nanmin(found.values), np.nanmax(found.values)) == (np.nanmin(values), np.nanmax(values))


async def test_an_envelope_counts_only_what_is_asked_for(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    steps = list(range(20_000))
    await log_points(database, keys, make_request(run, one_series("loss", values_like(20_000).tolist(), steps=steps)))
    await compact_run(database, DEFAULT, run)
    async with database.write() as tx:
        await resume_run(tx, DEFAULT, run, Resume(attempt=make_attempt_id(), from_step=15_000))
    found = await read_one(database, run, "loss", points=500, from_step=1_001)
    few = await read_one(database, run, "loss", points=500, from_step=14_900)

    assert (found.exact, found.count, found.steps[0], found.steps[-1]) == (False, 14_000, 1_001, 15_000)
    assert (few.exact, few.steps.tolist()) == (True, list(range(14_900, 15_001)))


async def test_questions_without_sense_are_refused(database: Database) -> None:
    run = await make_run(database)
    with pytest.raises(InvalidInput) as backwards:
        await read_one(database, run, "loss", from_step=5, to_step=4)
    with pytest.raises(InvalidInput) as few:
        await read_one(database, run, "loss", points=3)

    assert (backwards.value.path, few.value.path) == (("steps",), ("points",))


async def test_a_live_reader_gets_every_point_once_also_across_compaction(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    cursor, seen = START, []
    for n in range(12):
        await log_points(database, keys, make_request(run, one_series("loss", [n]), one_series("other", [n])))
        if n % 3 == 0:
            async with database.snapshot() as conn:
                found = await read_appended(conn, DEFAULT, run, names=["loss"], since=cursor)
            assert not found.reset
            cursor = parse_append_cursor(str(found.cursor))
            seen += found.series["loss"].steps.tolist()
        if n % 5 == 4:
            await compact_run(database, DEFAULT, run)
    async with database.snapshot() as conn:
        rest = await read_appended(conn, DEFAULT, run, names=None, since=cursor)

    assert sorted(rest.series) == ["loss", "other"]
    assert [*seen, *rest.series["loss"].steps.tolist()] == list(range(12))


async def test_a_cursor_of_another_record_is_reset(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    await log_points(database, keys, make_request(run, one_series("loss", [1.0])))
    for _ in range(2):
        async with database.snapshot() as conn:
            stranger = await read_appended(conn, DEFAULT, run, names=None, since=AppendCursor(0, 1))
            ahead = await read_appended(conn, DEFAULT, run, names=None, since=AppendCursor(77, 1))
            fine = await read_appended(conn, DEFAULT, run, names=None, since=stranger.cursor)
        assert (stranger.reset, ahead.reset, fine.reset, fine.series) == (True, True, False, {})
        assert (stranger.series, ahead.series) == ({}, {})
        await compact_run(database, DEFAULT, run)


@pytest.mark.parametrize("compacted", [False, True])
async def test_a_reader_who_is_too_far_behind_reads_anew(database: Database, *, compacted: bool) -> None:
    run, keys = await make_run(database), Keys(database)
    for n in range(4):
        await log_points(database, keys, make_request(run, one_series("loss", range(n * 100, n * 100 + 100))))
    if compacted:
        await compact_run(database, DEFAULT, run)
    async with database.snapshot() as conn:
        behind = await read_appended(conn, DEFAULT, run, names=None, since=START, most=399)
        near = await read_appended(conn, DEFAULT, run, names=None, since=START, most=400)
        after = await read_appended(conn, DEFAULT, run, names=None, since=behind.cursor, most=1)

    assert (behind.reset, behind.series, behind.cursor) == (True, {}, near.cursor)
    assert (near.reset, near.series["loss"].values.tolist()) == (False, list(range(400)))
    assert (after.reset, after.series) == (False, {})


async def test_series_are_listed_by_name_without_hidden_namespaces(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)
    names = ["b", "a/1", "a/2", "system/gpu", "rank/3/loss"]
    await log_points(database, keys, make_request(run, *(one_series(name, [1.0]) for name in names)))

    async def page(prefix: str | None = None, after: str | None = None, limit: int = 10) -> list[str]:
        async with read_settled(database, DEFAULT, [run]) as conn:
            found = await fetch_series_page(conn, DEFAULT, run, prefix=prefix, after=after, limit=limit)
        return [name for name, _ in found]

    assert await page() == ["a/1", "a/2", "b"]
    assert await page(limit=1, after="a/1") == ["a/2"]
    assert await page("a/") == ["a/1", "a/2"]
    assert await page("system/") == ["system/gpu"]
    assert await page("rank/3/") == ["rank/3/loss"]


async def make_defined_run(database: Database) -> tuple[RunID, ExperimentID, int]:
    run, keys = await make_run(database), Keys(database)
    await log_points(database, keys, make_request(run, one_series("loss", [1.0])))
    key = (await keys.intern(DEFAULT, ["loss"]))["loss"]
    return run, (await read_run(database, run)).experiment, key


async def test_a_changed_goal_raises_the_revisions_of_its_runs_once(database: Database) -> None:
    run, experiment, key = await make_defined_run(database)
    other = await make_run(database)
    lower = MetricDefinition(goal=Goal.MIN, unit="nats")
    for definition in (lower, replace(lower, unit="bits")):
        before = len([row for row in await fetch_changed(database, NodeKind.RUN) if row[0] == run])
        async with database.write() as tx:
            changed = await define_metric(tx, DEFAULT, experiment, key=key, definition=definition)
        await Compactor(database).compact_once()
        rows = await fetch_changed(database, NodeKind.RUN)
        assert len([row for row in rows if row[0] == run]) == before + changed
        assert changed == (definition == lower)

    assert len([row for row in await fetch_changed(database, NodeKind.RUN) if row[0] == other]) == 1
    async with database.read() as conn:
        assert await fetch_definitions(conn, DEFAULT, [experiment]) == {
            (experiment, "loss"): MetricDefinition(goal=Goal.MIN, unit="bits")
        }


async def test_a_metric_is_defined_in_an_experiment_that_is_there(database: Database) -> None:
    with pytest.raises(NotFound):
        async with database.write() as tx:
            await define_metric(
                tx, DEFAULT, ExperimentID(make_uuid7()), key=1, definition=MetricDefinition(goal=Goal.MAX)
            )
