"""Read series from one snapshot: chunks, the unsealed tail and attempts merged, whole or as an envelope."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.attempts import AttemptOrder
from domain.errors import InvalidInput
from domain.ids import RunID, WorkspaceID
from domain.metrics import Attempts, Duplicates
from domain.points import Floats, Ints
from store.driver import fetch_driver
from store.keys import fetch_key_ids
from store.metrics.assembling import Series, SeriesSource
from store.metrics.attempts import fetch_attempts_by_run
from store.metrics.chunks import fetch_curve_rows
from store.metrics.headers import NO_LIMIT, Headers, fetch_headers, fetch_sealed, fetch_tails
from store.metrics.tails import read_tail

IN_THREAD = 20
"""Chunks from which opening them is worth a thread: others are answered meanwhile."""

MIN_POINTS = 4
"""The fewest points an envelope has: both ends, one minimum, one maximum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """Which series to read: steps `from_step` to `to_step`, both included, at most `points` of each."""

    workspace: WorkspaceID
    series: Sequence[tuple[RunID, str]]
    from_step: int | None = None
    to_step: int | None = None
    points: int | None = None
    attempts: Attempts = Attempts.CURRENT
    duplicates: Duplicates = Duplicates.ALL


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesData:
    """Points of one series by (step, attempt, time), then arrival. `count` is that of all points asked for; if not
    `exact`, these are an envelope of them. `attempts` holds ranks: `order.numbers[rank]` is the attempt's number.
    `contexts` holds numbers of the run's contexts; None where no point has one, and in an envelope.
    """

    run: RunID
    key: str
    exact: bool
    count: int
    steps: Ints
    times: Ints
    values: Floats
    attempts: Ints
    order: AttemptOrder
    contexts: Ints | None = None

    @property
    def superseded(self) -> Ints:
        """Where the points stand that a later attempt superseded: steps above the limit of their own."""
        limits = [self.order.limit(number) for number in self.order.numbers]
        highest = np.array([NO_LIMIT if limit is None else limit for limit in limits], np.int64)
        return np.flatnonzero(self.steps > highest[self.attempts])


async def read_series(conn: AsyncConnection, query: SeriesQuery) -> list[SeriesData]:
    """Return the asked series in the asked order; a series without points is there, with none.

    `conn` must be of one snapshot (`database.snapshot()`). Raises `InvalidInput`.
    """
    _check(query)
    await conn.exec_driver_sql("SELECT 1")  # the transaction begins with a statement: the driver shares it then
    driver = await fetch_driver(conn)
    keys = await fetch_key_ids(conn, query.workspace, {key for _, key in query.series})
    runs = list(dict.fromkeys(run for run, _ in query.series))
    orders = await fetch_attempts_by_run(conn, query.workspace, runs)
    sources = await _fetch_sources(driver, query, runs, keys, orders)
    wanted = {pair: source.plan(query.points) for pair, source in sources.items()}
    ids = [id_ for those in wanted.values() for id_ in those]
    opened = await fetch_curve_rows(driver, query.workspace, ids)

    def answer_all() -> list[SeriesData]:
        return [
            _answer(run, key, orders[run], sources.get((run, keys.get(key, -1))), query.points, opened)
            for run, key in query.series
        ]

    return await asyncio.to_thread(answer_all) if len(ids) > IN_THREAD else answer_all()


def _check(query: SeriesQuery) -> None:
    low, high = query.from_step, query.to_step
    if low is not None and high is not None and low > high:
        raise InvalidInput(f"steps from {low} to {high} are none", path=["steps"])
    if query.points is not None and query.points < MIN_POINTS:
        raise InvalidInput(f"an answer has at least {MIN_POINTS} points, not {query.points}", path=["points"])


async def _fetch_sources(
    driver: asyncpg.Connection,
    query: SeriesQuery,
    runs: list[RunID],
    keys: dict[str, int],
    orders: dict[RunID, AttemptOrder],
) -> dict[tuple[RunID, int], SeriesSource]:
    low = -(2**63) if query.from_step is None else query.from_step
    high = NO_LIMIT if query.to_step is None else query.to_step
    ids = np.array(sorted(set(keys.values())), np.int64)
    headers = await fetch_headers(driver, query.workspace, runs, ids.tolist(), lowest=low, highest=high)
    tails = await fetch_tails(driver, query.workspace, runs, lowest=low, highest=high)
    sealed = await fetch_sealed(driver, query.workspace, runs)
    found: dict[tuple[RunID, int], SeriesSource] = {}
    parts = _split_headers(headers)
    for run in runs:
        tail = read_tail(tails[run], ids, sealed.get(run)).split()
        for key in ids.tolist():
            points = {attempt: columns for (where, attempt), columns in tail.items() if where == key}
            found[run, key] = SeriesSource(
                headers=parts.get((run, key), headers.take(slice(0, 0))),
                tail=points,
                order=orders[run],
                steps=(low, high),
                attempts=query.attempts,
                duplicates=query.duplicates,
            )
    return found


def _split_headers(headers: Headers) -> dict[tuple[RunID, int], Headers]:
    pairs = list(zip(headers.runs.tolist(), headers.ints("key").tolist(), strict=True))
    starts = [n for n, pair in enumerate(pairs) if n == 0 or pair != pairs[n - 1]]
    ends = [*starts[1:], len(pairs)]
    return {pairs[a]: headers.take(slice(a, b)) for a, b in zip(starts, ends, strict=False)}


def _answer(
    run: RunID,
    key: str,
    order: AttemptOrder,
    source: SeriesSource | None,
    points: int | None,
    opened: dict[tuple[RunID, int], asyncpg.Record],
) -> SeriesData:
    found = (
        Series.empty() if source is None else source.read(points, {n: c for (r, n), c in opened.items() if r == run})
    )
    return SeriesData(
        run=run,
        key=key,
        exact=found.exact,
        count=found.count,
        steps=found.steps,
        times=found.times,
        values=found.values,
        attempts=found.ranks,
        order=order,
        contexts=found.contexts,
    )
