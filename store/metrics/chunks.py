"""Chunks: points of one (run, key, attempt) by (step, time, order), with a header that answers without opening them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import asyncpg
import numpy as np

from domain.ids import RunID, WorkspaceID
from domain.points import Floats, Ints
from store.metrics.codec import (
    decode_floats,
    decode_floats_into,
    decode_ints,
    decode_ints_into,
    encode_floats,
    encode_ints,
)

SMALL = 1_000
"""Points below which the last chunk of a series may be opened again, to grow by replacement."""

TARGET = 2_000
"""A series is cut into chunks of this to twice this many points."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesColumns:
    """Points of one series (of one attempt, in chunks): columns of equal length."""

    steps: Ints
    times: Ints
    values: Floats
    orders: Ints
    contexts: Ints

    def __len__(self) -> int:
        return len(self.steps)

    def take(self, rows: Any) -> SeriesColumns:
        return SeriesColumns(
            steps=self.steps[rows],
            times=self.times[rows],
            values=self.values[rows],
            orders=self.orders[rows],
            contexts=self.contexts[rows],
        )

    def sorted(self) -> SeriesColumns:
        """Return the points by (step, time, order); those of one order keep the order they were given in."""
        steps = self.steps
        if bool((steps[1:] > steps[:-1]).all()):
            return self
        return self.take(np.lexsort((self.orders, self.times, steps)))

    @classmethod
    def concatenate(cls, parts: Sequence[SeriesColumns]) -> SeriesColumns:
        if len(parts) == 1:
            return parts[0]
        return cls(
            steps=np.concatenate([part.steps for part in parts]),
            times=np.concatenate([part.times for part in parts]),
            values=np.concatenate([part.values for part in parts]),
            orders=np.concatenate([part.orders for part in parts]),
            contexts=np.concatenate([part.contexts for part in parts]),
        )


_NONE = np.empty(0, np.int64)
NO_POINTS = SeriesColumns(steps=_NONE, times=_NONE, values=np.empty(0, np.float64), orders=_NONE, contexts=_NONE)

KEY = ("workspace", "run", "key", "attempt", "last_step", "number")
HEADER = (
    *("count", "nans", "infinities", "first_step", "first_time", "first_value", "last_time", "last_value"),
    *("min_step", "min_time", "min_value", "max_step", "max_time", "max_value"),
    *("sum", "lowest_order", "highest_order", "repeats", "context"),
)
PACKED = ("steps", "times", "values", "orders", "contexts")


def cut_points(points: SeriesColumns) -> list[SeriesColumns]:
    """Cut sorted points into chunks of about equal length."""
    pieces = max(1, len(points) // TARGET)
    bounds = [len(points) * n // pieces for n in range(pieces + 1)]
    return [points.take(slice(a, b)) for a, b in pairwise(bounds)]


def make_chunk(points: SeriesColumns) -> tuple[Any, ...]:
    """Return the columns `last_step`, then HEADER, then PACKED of a chunk of sorted points."""
    values, steps, times = points.values, points.steps, points.times
    finite = np.isfinite(values)
    number = ~np.isnan(values)
    nans = len(values) - int(number.sum())
    with np.errstate(over="ignore"):
        total = float(values[finite].sum())
    contexts = points.contexts
    single = int(contexts[0]) if bool((contexts == contexts[0]).all()) else None
    return (
        int(steps[-1]),
        len(values),
        nans,
        int(number.sum()) - int(finite.sum()),
        *(int(steps[0]), int(times[0]), float(values[0]), int(times[-1]), float(values[-1])),
        *_extremes(points, has_number=nans < len(values)),
        total,
        int(points.orders.min()),
        int(points.orders.max()),
        bool((steps[1:] == steps[:-1]).any()),
        single,
        encode_ints(steps),
        encode_ints(times),
        encode_floats(np.ascontiguousarray(values)),
        encode_ints(points.orders),
        None if single == 0 else encode_ints(contexts),
    )


def _extremes(points: SeriesColumns, *, has_number: bool) -> list[Any]:
    """Return (step, time, value) of minimum and maximum; of equals the first, by step, then time."""
    if not has_number:
        return [None] * 6
    found: list[Any] = []
    for row in (int(np.nanargmin(points.values)), int(np.nanargmax(points.values))):
        found += [int(points.steps[row]), int(points.times[row]), float(points.values[row])]
    return found


def open_chunk(row: Any) -> SeriesColumns:
    """Return the points of a row with `count` and the packed columns. Raises `CorruptPoints`."""
    count = row["count"]
    return SeriesColumns(
        steps=decode_ints(row["steps"], count),
        times=decode_ints(row["times"], count),
        values=decode_floats(row["values"], count),
        orders=decode_ints(row["orders"], count),
        contexts=np.zeros(count, np.int64) if row["contexts"] is None else decode_ints(row["contexts"], count),
    )


FETCH_PACKED = """
SELECT run, key, number, count, steps, times, "values", orders, contexts FROM metric_chunks
JOIN unnest($2::uuid[], $3::int[], $4::int[], $5::bigint[], $6::bigint[])
     AS asked (run, key, attempt, last_step, number) USING (run, key, attempt, last_step, number)
WHERE workspace = $1
"""

ChunkID = tuple[RunID, int, int, int, int]
"""Run, key, attempt, last step and number: where a chunk stands in its table."""


async def fetch_chunks(
    driver: asyncpg.Connection, workspace: WorkspaceID, wanted: Sequence[ChunkID]
) -> dict[tuple[RunID, int], SeriesColumns]:
    """Return the points of those chunks by (run, number), in one query."""
    if not wanted:
        return {}
    rows = await driver.fetch(FETCH_PACKED, workspace, *map(list, zip(*wanted, strict=True)))
    return {(row["run"], row["number"]): open_chunk(row) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Points as readers want them: orders only mattered for where they stand. `contexts` is None where all are 0."""

    steps: Ints
    times: Ints
    values: Floats
    contexts: Ints | None = None

    def __len__(self) -> int:
        return len(self.steps)

    def take(self, rows: Any) -> Curve:
        contexts = None if self.contexts is None else self.contexts[rows]
        return Curve(steps=self.steps[rows], times=self.times[rows], values=self.values[rows], contexts=contexts)


FETCH_CURVES = FETCH_PACKED.replace(", orders", "")


async def fetch_curve_rows(
    driver: asyncpg.Connection, workspace: WorkspaceID, wanted: Sequence[ChunkID]
) -> dict[tuple[RunID, int], asyncpg.Record]:
    """Return those chunks for `open_curve`, by (run, number), in one query."""
    if not wanted:
        return {}
    rows = await driver.fetch(FETCH_CURVES, workspace, *map(list, zip(*wanted, strict=True)))
    return {(row["run"], row["number"]): row for row in rows}


def open_curve(rows: Sequence[Any], tail: Sequence[SeriesColumns]) -> Curve:
    """Return the points of chunks and then those of tails, in this order. Raises `CorruptPoints`.

    Every column is decoded where it stays: 0.08 us of CPU a point, two thirds of it zlib's.
    """
    counts = [row["count"] for row in rows] + [len(part) for part in tail]
    bounds = np.cumsum([0, *counts]).tolist()
    found = Curve(
        steps=np.empty(bounds[-1], np.int64),
        times=np.empty(bounds[-1], np.int64),
        values=np.empty(bounds[-1], np.float64),
    )
    places = [slice(a, b) for a, b in pairwise(bounds)]
    for row, place in zip(rows, places, strict=False):
        decode_ints_into(row["steps"], found.steps[place])
        decode_ints_into(row["times"], found.times[place])
        decode_floats_into(row["values"], found.values[place])
    for part, place in zip(tail, places[len(rows) :], strict=True):
        found.steps[place], found.times[place], found.values[place] = part.steps, part.times, part.values
    return replace(found, contexts=_open_contexts(rows, tail, places))


def _open_contexts(rows: Sequence[Any], tail: Sequence[SeriesColumns], places: list[slice]) -> Ints | None:
    """Return what the points were measured on, as numbers of contexts; None where none of them says so."""
    if all(row["contexts"] is None for row in rows) and not any(part.contexts.any() for part in tail):
        return None
    found = np.zeros(places[-1].stop, np.int64)
    for row, place in zip(rows, places, strict=False):
        if row["contexts"] is not None:
            decode_ints_into(row["contexts"], found[place])
    for part, place in zip(tail, places[len(rows) :], strict=True):
        found[place] = part.contexts
    return found
