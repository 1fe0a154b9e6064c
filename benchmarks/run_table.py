"""Pages and counts of the run table in the record: 100,000 runs x 20 params x 20 metrics x 5 tags, eight questions."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import find_p95, millis, print_table, time_each
from benchmarks.run_table_data import EXPERIMENT, fill_runs
from domain.filters import EVERYTHING, And, Field, FieldLeaf, Filter, MetricLeaf, Not, Or, ParamLeaf, Statistic, TagLeaf
from domain.ids import WorkspaceID
from domain.orders import Direction, FieldOrder, MetricOrder, Order, ParamOrder
from domain.predicates import parse_predicate
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.migrations.runner import migrate
from store.run_table import count_runs, fetch_run_page

RUNS, PARAMS, METRICS, TAGS = 100_000, 20, 20, 5
PAGE = 100
TIMES = 40


def last(key: str, name: str, value: Any) -> Filter:
    return MetricLeaf(key, Statistic.LAST, parse_predicate(name, value))


def param(key: str, name: str, value: Any) -> Filter:
    return ParamLeaf(key, parse_predicate(name, value))


def tag(key: str, value: str) -> Filter:
    return TagLeaf(key, parse_predicate("eq", value))


QUESTIONS: dict[str, tuple[Filter, tuple[Order, ...]]] = {
    "all, newest first": (EVERYTHING, ()),
    "all, by a metric": (EVERYTHING, (MetricOrder("m0"),)),
    "experiment, range, not a tag; by the least of a metric, then newest": (
        And(
            (
                FieldLeaf(Field.EXPERIMENT, parse_predicate("eq", EXPERIMENT)),
                last("m0", "lt", 0.5),
                Not(tag("t0", "v3")),
            )
        ),
        (MetricOrder("m1", Statistic.MIN), FieldOrder(Field.CREATED_AT, Direction.DESC)),
    ),
    "a rare range (85 runs), by another metric downwards": (
        last("m1", "lt", 0.001),
        (MetricOrder("m0", direction=Direction.DESC),),
    ),
    "a text param and a tag, by a param": (
        And((param("p4", "eq", "choice 3"), tag("t1", "v7"))),
        (ParamOrder("p0"),),
    ),
    "one of three (12 %), by a metric": (
        Or((last("m1", "lt", 0.001), param("p1", "eq", 3), tag("t4", "v7"))),
        (MetricOrder("m0"),),
    ),
    "eight leaves, three deep (69 %), by a metric": (
        And(
            (
                Or((last("m1", "lt", 0.5), param("p1", "lt", 5), Not(tag("t1", "v1")))),
                Or((last("m3", "lt", 0.7), And((Not(param("p3", "gt", 3)), last("m4", "gt", 0.2))))),
                param("p0", "gt", 0.1),
                Not(last("m5", "gt", 0.99)),
            )
        ),
        (MetricOrder("m2"),),
    ),
    "neither of two (0.3 %), by a metric": (
        Not(Or((last("m1", "lt", 0.95), param("p2", "lt", 0.95)))),
        (MetricOrder("m0"),),
    ),
}


def main() -> None:
    """Fill a private Postgres and ask each question so many times."""
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as folder:
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    async with EmbeddedPostgres(folder / "data") as server:
        await migrate(server.url)
        began = time.perf_counter()
        await fill_runs(server.url, runs=RUNS, params=PARAMS, metrics=METRICS, tags=TAGS)
        filled = time.perf_counter() - began
        database = Database.connect(server.url, pool_size=1)
        try:
            rows = [await _ask(database, name, *question) for name, question in QUESTIONS.items()]
        finally:
            await database.close()
    size = f"{RUNS:,} runs x {PARAMS} params x {METRICS} metrics x {TAGS} tags"
    title = f"Run table in the record: {size}, pages of {PAGE} (filled in {filled:.0f} s)"
    print_table(title, ("question", "page p50", "page p95", "next page p50", "count p50", "hits"), rows)


async def _ask(database: Database, name: str, where: Filter, orders: tuple[Order, ...]) -> tuple[str, ...]:
    async with database.read() as conn:
        found = await conn.exec_driver_sql("SELECT id FROM workspaces WHERE name = 'default'")
        workspace = WorkspaceID(found.scalar_one())
        page = await fetch_run_page(conn, workspace, where, orders, first=PAGE)
        after = page.cursors[-1] if page.has_next else None
        count = await count_runs(conn, workspace, where)
        first = await time_each(lambda: fetch_run_page(conn, workspace, where, orders, first=PAGE), TIMES)
        following = await time_each(
            lambda: fetch_run_page(conn, workspace, where, orders, first=PAGE, after=after), TIMES
        )
        counting = await time_each(lambda: count_runs(conn, workspace, where), TIMES)
    return (
        name,
        millis(statistics.median(first)),
        millis(find_p95(first)),
        millis(statistics.median(following)) if after else "-",
        millis(statistics.median(counting)),
        f"{count.value:,}" + ("" if count.exact else " or more"),
    )
