"""Whatever is written, resumed and compacted in whatever order: readers and summaries say what the oracle says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ids import NodeKey, NodeKind, RunID, make_uuid7
from domain.metrics import Attempts, Duplicates, MetricContext
from store.database import Database
from store.driver import fetch_driver
from store.keys import Keys
from store.metrics.compaction import compact_run
from store.metrics.compactor import recompute_run
from store.metrics.preparing import WIDE
from store.metrics.resuming import Resume, resume_run
from store.metrics.settling import settle_run
from store.metrics.summaries import COLUMNS, StoredSummary
from tests.metrics.logging_points import (
    as_shown,
    log_points,
    make_attempt_id,
    make_request,
    one_series,
    read_counters,
    read_one,
    read_summary_of,
)
from tests.metrics.meaning import Meaning, shown
from tests.store.making import DEFAULT, make_run

KEYS = ("loss", "accuracy", "system/gpu")
FILLERS = tuple(f"filler/{n}" for n in range(WIDE))
"""Keys that make a request wide: its summaries move later."""
ATTEMPTS = [make_attempt_id() for _ in range(4)]
DATA = {name: MetricContext(on=NodeKey(NodeKind.DATASET_VERSION, make_uuid7()), subset=name) for name in ("a", "b")}

steps = st.integers(0, 12) | st.sampled_from([-(2**63), 2**63 - 2, -1, 100])
values = st.floats(width=64) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1.0, 2.0])
points = st.tuples(steps, st.integers(0, 3), values)


@dataclass(frozen=True)
class Write:
    series: list[tuple[str, list[tuple[int, int, float]], str | None]]
    attempt: int | None
    wide: bool


@dataclass(frozen=True)
class Settle:
    """What the background task does when the run is due."""


@dataclass(frozen=True)
class Look:
    """A reader in the middle of the history."""

    key: str


@dataclass(frozen=True)
class Uncounted:
    """A write that leaves its steps out."""

    keys: list[str]
    values: list[float]
    wide: bool


@dataclass(frozen=True)
class Begin:
    attempt: int
    after: int | None
    count: int
    from_step: int | None
    later: bool


@dataclass(frozen=True)
class Compact:
    batch: int


maybe_attempt = st.none() | st.integers(0, 3)
writes = st.builds(
    Write,
    st.lists(
        st.tuples(
            st.sampled_from(KEYS), st.lists(points, min_size=1, max_size=6), st.none() | st.sampled_from(sorted(DATA))
        ),
        min_size=1,
        max_size=4,
    ),
    maybe_attempt,
    st.booleans(),
)
begins = st.builds(
    Begin, st.integers(0, 3), maybe_attempt, st.integers(0, 3), st.none() | st.integers(-1, 12), st.booleans()
)
acts = st.lists(
    writes
    | begins
    | st.builds(Compact, st.sampled_from([1, 2, 1000]))
    | st.builds(
        Uncounted,
        st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True),
        st.lists(values, min_size=1, max_size=3),
        st.booleans(),
    )
    | st.just(Settle())
    | st.builds(Look, st.sampled_from(KEYS)),
    max_size=12,
)


@given(acts)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_history_reads_as_the_oracle_says(database: Database, done: list[Any]) -> None:
    run, keys, meaning = await make_run(database), Keys(database), Meaning()
    for act in done:
        await _act(database, keys, run, meaning, act)
    for key in (*KEYS, FILLERS[0]):
        current = await read_one(database, run, key)
        everything = await read_one(database, run, key, attempts=Attempts.ALL)
        last = await read_one(database, run, key, duplicates=Duplicates.LAST_PER_STEP)
        part = await read_one(database, run, key, from_step=2, to_step=7)

        curve = meaning.curve(key)
        assert as_shown(current) == [shown(one) for one in curve]
        assert as_shown(everything) == [shown(one) for one in meaning.curve(key, superseded=True)]
        assert as_shown(last) == [shown(one) for one in {one.step: one for one in curve}.values()]
        assert as_shown(part) == [shown(one) for one in curve if 2 <= one.step <= 7]
        assert await read_summary_of(database, run, key) == meaning.summary(key)
        for name in DATA:
            assert await _read_measured(database, run, key, name) == meaning.summary(key, name)
    counters = await read_counters(database, run)
    shown_keys = sum(meaning.summary(key) is not None for key in (*KEYS, *FILLERS))

    assert (counters["last_step"], counters["series"]) == (meaning.highest_step(), shown_keys)
    assert (counters["unsettled_from"], counters["unsettled_keys"]) == (None, 0)


async def _act(database: Database, keys: Keys, run: RunID, meaning: Meaning, act: Any) -> None:
    match act:
        case Write():
            await _write(database, keys, run, meaning, act)
        case Uncounted():
            await _write_uncounted(database, keys, run, meaning, act)
        case Begin():
            await _begin(database, run, meaning, act)
        case Compact():
            await compact_run(database, DEFAULT, run, batch_series=act.batch)
        case Settle():
            await settle_run(database, DEFAULT, run)
        case Look():
            assert await read_summary_of(database, run, act.key) == meaning.summary(act.key)


async def _write(database: Database, keys: Keys, run: RunID, meaning: Meaning, act: Write) -> None:
    attempt = None if act.attempt is None else ATTEMPTS[act.attempt]
    series = [
        one_series(
            key,
            [value for _, _, value in those],
            steps=[step for step, _, _ in those],
            times=[time for _, time, _ in those],
            context=None if name is None else DATA[name],
        )
        for key, those, name in act.series
    ]
    fillers = FILLERS if act.wide else ()
    series += [one_series(key, [1.0], steps=[3], times=[0]) for key in fillers]
    await log_points(database, keys, make_request(run, *series, attempt=attempt))
    number = meaning.order.current_number if attempt is None else meaning.name(attempt)
    for key, those, name in act.series:
        for step, time, value in those:
            meaning.log(key, step, time, value, number, name)
    for key in fillers:
        meaning.log(key, 3, 0, 1.0, number)


async def _write_uncounted(database: Database, keys: Keys, run: RunID, meaning: Meaning, act: Uncounted) -> None:
    highest = meaning.highest_step()
    start = 0 if highest is None else highest + 1
    if start + len(act.values) > 2**63 - 1:
        return
    named = [*act.keys, *(FILLERS if act.wide else ())]
    series = [one_series(key, act.values, times=[5] * len(act.values)) for key in named]
    await log_points(database, keys, make_request(run, *series))
    for key in named:
        for index, value in enumerate(act.values):
            meaning.log(key, start + index, 5, value, meaning.order.current_number)


async def _begin(database: Database, run: RunID, meaning: Meaning, act: Begin) -> None:
    attempt, after = ATTEMPTS[act.attempt], None if act.after is None else ATTEMPTS[act.after]
    known = meaning.order.find(attempt)
    if known is not None and known.declared:
        return
    resume = Resume(attempt=attempt, after=after, restart_count=act.count, from_step=act.from_step)
    async with database.write() as tx:
        await resume_run(tx, DEFAULT, run, resume, at_once=0 if act.later else 1000)
    if act.later:
        await recompute_run(database, DEFAULT, run, batch_series=1)
    meaning.resume(attempt, after, act.count, act.from_step)


MEASURED = f"""
SELECT {COLUMNS} FROM (SELECT *, false AS recomputing FROM metric_measurements) AS s
JOIN metric_contexts AS c ON c.run = s.run AND c.number = s.context
JOIN keys AS k ON k.id = s.key
LEFT JOIN metric_definitions AS d ON d.key = s.key
WHERE s.run = $1 AND k.name = $2 AND c.subset = $3
"""


async def _read_measured(database: Database, run: RunID, key: str, subset: str) -> Any:
    from tests.metrics.logging_points import as_summed

    async with database.read_primary() as conn:
        driver = await fetch_driver(conn)
        found = await driver.fetchrow(MEASURED, run, key, subset, record_class=StoredSummary)
    return None if found is None else as_summed(found.summary)
