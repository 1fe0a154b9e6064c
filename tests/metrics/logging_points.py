"""Builders: log points to a run, and read back what the record says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import sqlalchemy as sa

from domain.ids import AttemptID, RunID, make_uuid7
from domain.metrics import Attempts, Duplicates, MetricContext, MetricPoint, Summary
from domain.points import PointColumns, PointsRequest, SeriesInput
from store import tables
from store.counters import lock_run, save_counters
from store.database import Database
from store.ingest.ingest import Ingest
from store.ingest.settings import IngestSettings
from store.keys import Keys
from store.metrics.points import prepare_points, write_points
from store.metrics.reading import SeriesData, SeriesQuery, read_series
from store.metrics.settling import read_settled
from store.metrics.summaries import fetch_summaries
from tests.metrics.meaning import Summed, bits
from tests.store.making import DEFAULT


def one_series(
    key: str,
    values: Sequence[float],
    *,
    steps: Sequence[int] | None = None,
    times: Sequence[int] | None = None,
    context: MetricContext | None = None,
) -> SeriesInput:
    return SeriesInput(key=key, values=values, steps=steps, times=times, context=context)


def make_request(
    run: RunID,
    *series: SeriesInput,
    attempt: AttemptID | None = None,
    writer: UUID | None = None,
    sequence: int | None = None,
    client_key: str | None = None,
    digest: bytes = b"body",
) -> PointsRequest:
    return PointsRequest(
        workspace=DEFAULT,
        run=run,
        columns=PointColumns.from_series(series),
        attempt=attempt,
        writer=writer,
        sequence=sequence,
        client_key=client_key,
        digest=digest,
    )


def make_attempt_id() -> AttemptID:
    return AttemptID(make_uuid7())


def make_writer() -> UUID:
    return uuid4()


async def log_points(database: Database, keys: Keys, request: PointsRequest) -> int:
    """Write a request in a transaction of its own, as `logBatch` does."""
    prepared = await prepare_points(keys, request)
    async with database.write() as tx:
        counters = await lock_run(tx, request.workspace, request.run)
        accepted = await write_points(tx, counters, prepared)
        await save_counters(tx, counters)
    return accepted


@asynccontextmanager
async def ingesting(database: Database, keys: Keys, **settings: Any) -> AsyncIterator[Ingest]:
    ingest = Ingest(database, keys, IngestSettings(**settings))
    await ingest.start()
    try:
        yield ingest
    finally:
        await ingest.stop()


async def read_one(database: Database, run: RunID, key: str, **query: Any) -> SeriesData:
    async with database.snapshot() as conn:
        [found] = await read_series(conn, SeriesQuery(workspace=DEFAULT, series=[(run, key)], **query))
    return found


async def read_all(database: Database, run: RunID, key: str) -> list[tuple[int, int, bytes]]:
    """Return all points of a series, superseded ones too."""
    return as_shown(await read_one(database, run, key, attempts=Attempts.ALL, duplicates=Duplicates.ALL))


def as_shown(data: SeriesData) -> list[tuple[int, int, bytes]]:
    values = [bits(value) for value in data.values.tolist()]
    return list(zip(data.steps.tolist(), data.times.tolist(), values, strict=True))


async def read_summary_of(database: Database, run: RunID, key: str) -> Summed | None:
    async with read_settled(database, DEFAULT, [run]) as conn:
        found = (await fetch_summaries(conn, DEFAULT, [run], [key]))[run].get(key)
    return None if found is None else as_summed(found.summary)


def as_summed(summary: Summary) -> Summed:
    return (
        summary.count,
        summary.nans,
        summary.infinities,
        _shown(summary.first),
        _shown(summary.last),
        None if summary.minimum is None else _shown(summary.minimum, zero=0.0),
        None if summary.maximum is None else _shown(summary.maximum, zero=0.0),
    )


def _shown(point: MetricPoint, zero: float = -0.0) -> tuple[int, int, bytes]:
    return point.step, point.time, bits(point.value + zero)


async def read_counters(database: Database, run: RunID) -> dict[str, Any]:
    counters = tables.run_counters
    async with database.read_primary() as conn:
        rows = await conn.execute(sa.select(counters).where(counters.c.run == run))
        return dict(rows.mappings().one())


def values_like(n: int, seed: int = 1) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return values like those people log: a decaying loss with noise."""
    rng = np.random.default_rng(seed)
    return 3 * np.exp(-np.arange(n) / max(1, n / 4)) + 0.1 * rng.standard_normal(n)
