"""Headers of chunks as columns, and the segments beside them: all that is read of series before a chunk is opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

from domain.attempts import AttemptOrder
from domain.ids import RunID, WorkspaceID
from domain.points import Floats, Ints
from store.metrics.chunks import ChunkID
from store.metrics.folding import Folds, Places

NO_LIMIT = np.iinfo(np.int64).max

NAMES = (
    *("key", "attempt", "last_step", "number", "count", "nans", "infinities"),
    *("first_step", "first_time", "first_value", "last_time", "last_value"),
    *("min_step", "min_time", "min_value", "max_step", "max_time", "max_value"),
    *("lowest_order", "highest_order", "repeats", "context"),
)
# In the order of the points: chunks that share a step at their border come by number.
FETCH_HEADERS = f"""
SELECT run, {", ".join(NAMES)} FROM metric_chunks
WHERE workspace = $1 AND run = ANY($2::uuid[]) AND key = ANY($3::int[])
      AND last_step >= $4 AND first_step <= $5 AND highest_order > $6
ORDER BY run, key, attempt, first_step, last_step, number
"""
FETCH_TAILS = """
SELECT run, "order", attempt, payload FROM metric_segments
WHERE workspace = $1 AND run = ANY($2::uuid[]) AND highest_step >= $3 AND lowest_step <= $4 AND "order" > $5
ORDER BY run, "order"
"""
FETCH_SEALED = """
SELECT run, pass_order, pass_key FROM compaction
WHERE workspace = $1 AND run = ANY($2::uuid[]) AND pass_order IS NOT NULL
"""
_FLOATS = {"first_value", "last_value", "min_value", "max_value"}


@dataclass(frozen=True, slots=True, eq=False)
class Headers:
    """Chunk headers, one a row, in the order of run, key, attempt and points. Nulls: NaN, -1 for `context`."""

    runs: NDArray[np.object_]
    columns: dict[str, Any]

    def __len__(self) -> int:
        return len(self.runs)

    def ints(self, name: str) -> Ints:
        return self.columns[name]  # type: ignore[no-any-return]

    def floats(self, name: str) -> Floats:
        return self.columns[name]  # type: ignore[no-any-return]

    def take(self, rows: Any) -> Headers:
        return Headers(self.runs[rows], {name: column[rows] for name, column in self.columns.items()})

    def ids(self) -> list[ChunkID]:
        """Return where the chunks stand, for `fetch_chunks`."""
        places = zip(*(self.columns[name].tolist() for name in ("key", "attempt", "last_step", "number")), strict=True)
        return [(run, *place) for run, place in zip(self.runs.tolist(), places, strict=True)]

    def fold(self, series: Ints, ranks: Ints) -> Folds:
        """Return one row a chunk, of the series given beside it."""
        return Folds(
            series=series,
            count=self.ints("count"),
            nans=self.ints("nans"),
            infinities=self.ints("infinities"),
            first=self._places("first_step", "first", ranks),
            last=self._places("last_step", "last", ranks),
            minimum=self._places("min_step", "min", ranks),
            maximum=self._places("max_step", "max", ranks),
        )

    def _places(self, step: str, name: str, ranks: Ints) -> Places:
        return Places(
            step=self.ints(step), time=self.ints(f"{name}_time"), value=self.floats(f"{name}_value"), rank=ranks
        )


async def fetch_headers(
    driver: asyncpg.Connection,
    workspace: WorkspaceID,
    runs: Collection[RunID],
    keys: Collection[int],
    *,
    lowest: int = -(2**63),
    highest: int = NO_LIMIT,
    after_order: int = -1,
) -> Headers:
    """Return the headers of chunks that touch steps `lowest` to `highest` and hold an order above `after_order`."""
    rows = await driver.fetch(FETCH_HEADERS, workspace, list(runs), list(keys), lowest, highest, after_order)
    lists = list(zip(*rows, strict=True)) if rows else [()] * (len(NAMES) + 1)
    owners = np.empty(len(rows), object)
    owners[:] = lists[0]
    return Headers(owners, {name: _column(name, values) for name, values in zip(NAMES, lists[1:], strict=True)})


def _column(name: str, values: Sequence[Any]) -> NDArray[Any]:
    if name in _FLOATS:
        return np.array(values, np.float64)  # None becomes NaN
    if name == "repeats":
        return np.array(values, np.bool_)
    if name in ("min_step", "min_time", "max_step", "max_time"):
        return np.array([0 if value is None else value for value in values], np.int64)
    return np.array([-1 if value is None else value for value in values], np.int64)


async def fetch_tails(
    driver: asyncpg.Connection,
    workspace: WorkspaceID,
    runs: Collection[RunID],
    *,
    lowest: int = -(2**63),
    highest: int = NO_LIMIT,
    after_order: int = -1,
) -> dict[RunID, list[asyncpg.Record]]:
    """Return the segments of runs that touch those steps, by order."""
    found: dict[RunID, list[asyncpg.Record]] = {run: [] for run in runs}
    for row in await driver.fetch(FETCH_TAILS, workspace, list(runs), lowest, highest, after_order):
        found[row["run"]].append(row)
    return found


async def fetch_sealed(
    driver: asyncpg.Connection, workspace: WorkspaceID, runs: Collection[RunID]
) -> dict[RunID, tuple[int, int]]:
    """Return for runs in an unfinished compaction through which (order, key) segments are in chunks already."""
    rows = await driver.fetch(FETCH_SEALED, workspace, list(runs))
    return {row["run"]: (row["pass_order"], row["pass_key"]) for row in rows}


def limits_of(order: AttemptOrder, attempts: Ints) -> Ints:
    """Return for every attempt number the step above which its points are superseded."""
    return _look_up({number: _or_none(order.limit(number)) for number in order.numbers}, attempts)


def ranks_of(order: AttemptOrder, attempts: Ints) -> Ints:
    """Return the rank of every attempt number."""
    return _look_up({number: order.rank(number) for number in order.numbers}, attempts)


def _or_none(limit: int | None) -> int:
    return NO_LIMIT if limit is None else limit


def _look_up(table: dict[int, int], numbers: Ints) -> Ints:
    column = np.zeros(max(table) + 1, np.int64)
    column[list(table)] = list(table.values())
    return column[numbers]
