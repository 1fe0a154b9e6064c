"""Summaries in the record: one upsert for all series of a group of requests, and how they are read."""

from __future__ import annotations

from collections.abc import Collection
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from domain.ids import RunID, WorkspaceID
from domain.metrics import HIDDEN, Goal, MetricPoint, Summary
from store.driver import fetch_driver
from store.metrics.settling import SettledConnection


class StoredPoint(NamedTuple):
    """A point of a summary: a tuple, for a page of the run table has thousands."""

    step: int
    time: int
    value: float


class StoredSummary(asyncpg.Record):  # type: ignore[misc]  # the driver is not typed
    """A series' summary, with what its experiment says of the metric: a row with `COLUMNS`.

    Its points are made when somebody looks. While `recomputing`, a resume has superseded points that still are in it.
    """

    if TYPE_CHECKING:
        run: RunID
        key: str
        count: int
        nans: int
        infinities: int
        recomputing: bool
        unit: str | None
    else:
        run, key, count, nans, infinities, recomputing = (property(itemgetter(place)) for place in range(6))
        unit = property(itemgetter(21))

    @property
    def goal(self) -> Goal | None:
        return None if self[20] is None else Goal(self[20])

    @property
    def first(self) -> StoredPoint:
        return StoredPoint(self[6], self[7], self[8])

    @property
    def last(self) -> StoredPoint:
        return StoredPoint(self[10], self[11], self[12])

    @property
    def min(self) -> StoredPoint | None:
        return None if self[16] is None else StoredPoint(self[14], self[15], self[16])

    @property
    def max(self) -> StoredPoint | None:
        return None if self[19] is None else StoredPoint(self[17], self[18], self[19])

    @property
    def best(self) -> StoredPoint | None:
        """The best point by the goal; without a goal nothing is best."""
        if self[20] is None:
            return None
        return self.min if self.goal is Goal.MIN else self.max

    @property
    def summary(self) -> Summary:
        """Return it as a value of the domain."""
        return Summary(
            count=self.count,
            nans=self.nans,
            infinities=self.infinities,
            first=MetricPoint(**self.first._asdict(), rank=self[9]),
            last=MetricPoint(**self.last._asdict(), rank=self[13]),
            minimum=None if self.min is None else MetricPoint(**self.min._asdict()),
            maximum=None if self.max is None else MetricPoint(**self.max._asdict()),
        )


COLUMNS = """
s.run, k.name, s.count, s.nans, s.infinities, s.recomputing,
s.first_step, s.first_time, s.first_value, s.first_rank, s.last_step, s.last_time, s.last_value, s.last_rank,
s.min_step, s.min_time, s.min_value, s.max_step, s.max_time, s.max_value, d.goal, d.unit
"""
NAMED = "FROM metric_summaries AS s JOIN keys AS k ON k.workspace = s.workspace AND k.id = s.key"
FROM = f"""{NAMED}
JOIN runs AS r ON r.workspace = s.workspace AND r.id = s.run
LEFT JOIN metric_definitions AS d ON d.workspace = s.workspace AND d.experiment = r.experiment AND d.key = s.key"""
FETCH_NAMED = f"SELECT {COLUMNS} {FROM} WHERE s.workspace = $1 AND s.run = ANY($2::uuid[]) AND k.name = ANY($3::text[])"
# A name begins with the prefix $2 and, unless that leads there, with none of the hidden namespaces $3.
SHOWN = "starts_with(k.name, $2) AND NOT k.name ^@ ANY($3::text[])"
FETCH_SHOWN = f"SELECT {COLUMNS} {FROM} WHERE s.workspace = $1 AND {SHOWN} AND s.run = ANY($4::uuid[])"
FETCH_PAGES = f"""
SELECT page.* FROM unnest($4::uuid[]) AS asked (run) CROSS JOIN LATERAL (
  SELECT {COLUMNS} {FROM}
  WHERE s.workspace = $1 AND s.run = asked.run AND {SHOWN} AND ($5::text IS NULL OR k.name > $5)
  ORDER BY k.name LIMIT $6
) AS page ORDER BY page.run, page.name
"""
COUNT = f"SELECT s.run, count(*) {NAMED} WHERE s.workspace = $1 AND s.run = ANY($4::uuid[]) AND {SHOWN} GROUP BY s.run"


async def fetch_summaries(
    conn: SettledConnection, workspace: WorkspaceID, runs: Collection[RunID], names: Collection[str] | None
) -> dict[RunID, dict[str, StoredSummary]]:
    """Return the summaries of those runs by key, in one query; all but hidden namespaces when `names` is None."""
    driver = await fetch_driver(conn)
    if names is None:
        rows = await driver.fetch(FETCH_SHOWN, workspace, *_shown(None), runs, record_class=StoredSummary)
    else:
        rows = await driver.fetch(FETCH_NAMED, workspace, runs, names, record_class=StoredSummary)
    found: dict[RunID, dict[str, StoredSummary]] = {run: {} for run in runs}
    for row in rows:
        found[row[0]][row[1]] = row
    return found


async def fetch_series_page(
    conn: SettledConnection,
    workspace: WorkspaceID,
    run: RunID,
    *,
    prefix: str | None,
    after: str | None,
    limit: int,
) -> list[tuple[str, StoredSummary]]:
    """Return series of a run by name, those after the name `after`; hidden namespaces only if the prefix is in one."""
    return (await fetch_series_pages(conn, workspace, [run], prefix=prefix, after=after, limit=limit))[run]


async def fetch_series_pages(
    conn: SettledConnection,
    workspace: WorkspaceID,
    runs: Collection[RunID],
    *,
    prefix: str | None,
    after: str | None,
    limit: int,
) -> dict[RunID, list[tuple[str, StoredSummary]]]:
    """Return the same of several runs, in one query."""
    driver = await fetch_driver(conn)
    given = (*_shown(prefix), runs, after, limit)
    found: dict[RunID, list[tuple[str, StoredSummary]]] = {run: [] for run in runs}
    for row in await driver.fetch(FETCH_PAGES, workspace, *given, record_class=StoredSummary):
        found[row[0]].append((row[1], row))
    return found


async def count_series(
    conn: SettledConnection, workspace: WorkspaceID, runs: Collection[RunID], *, prefix: str | None
) -> dict[RunID, int]:
    """Return how many series `fetch_series_pages` finds for each run on all its pages, in one query."""
    driver = await fetch_driver(conn)
    return {RunID(run): count for run, count in await driver.fetch(COUNT, workspace, *_shown(prefix), runs)}


def _shown(prefix: str | None) -> tuple[str, list[str]]:
    """Return what a series' name must begin with, and what it must not: hidden ones only where the prefix leads."""
    return prefix or "", [namespace for namespace in HIDDEN if not (prefix or "").startswith(namespace)]
