"""The plans of the common questions at 100,000 runs: each goes along an index, none reads a table of values through."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.run_table_data import fill_runs
from domain.filters import EVERYTHING, And, Field, FieldLeaf, Filter, MetricLeaf, Not, Or, ParamLeaf, Statistic, TagLeaf
from domain.ids import WorkspaceID
from domain.orders import Direction, FieldOrder, MetricOrder, Order, ParamOrder, TagOrder
from domain.predicates import parse_predicate
from store.database import Database
from store.run_table import count_runs, fetch_run_page
from tests.servers.databases import cloned
from tests.servers.shared_servers import SharedServers

RUNS = 100_000
VALUES = {"parameters", "metric_summaries", "tags"}
DOWN = Direction.DESC


def metric(key: str, name: str, value: Any, of: Statistic = Statistic.LAST) -> Filter:
    return MetricLeaf(key, of, parse_predicate(name, value))


def param(key: str, name: str, value: Any) -> Filter:
    return ParamLeaf(key, parse_predicate(name, value))


def tag(key: str, value: str) -> Filter:
    return TagLeaf(key, parse_predicate("eq", value))


def field(name: Field, operator: str, value: Any) -> Filter:
    return FieldLeaf(name, parse_predicate(operator, value))


TABLE = field(Field.EXPERIMENT, "eq", "many runs")
BY_LOSS = (MetricOrder("m0"),)

# What is asked, in which order, and the index that the page is found by.
PAGES: dict[str, tuple[Filter, tuple[Order, ...], str]] = {
    "the newest": (EVERYTHING, (), "ix_runs_created"),
    "the newest of an experiment": (TABLE, (), "ix_runs_(experiment_)?created"),
    "the newest that failed": (field(Field.STATUS, "eq", "FAILED"), (), "ix_runs_(status|created)"),
    "the last to start": (EVERYTHING, (FieldOrder(Field.STARTED_AT, DOWN),), "ix_runs_started"),
    "the last to end": (EVERYTHING, (FieldOrder(Field.ENDED_AT, DOWN),), "ix_runs_ended"),
    "by name": (EVERYTHING, (FieldOrder(Field.NAME),), "ix_runs_name"),
    "by person": (EVERYTHING, (FieldOrder(Field.CREATED_BY),), "ix_runs_created_by"),
    "by the last value": (EVERYTHING, BY_LOSS, "ix_metric_summaries_last"),
    "by the last value, downwards": (EVERYTHING, (MetricOrder("m0", direction=DOWN),), "ix_metric_summaries_last"),
    "by the least value": (TABLE, (MetricOrder("m1", Statistic.MIN),), "ix_metric_summaries_min"),
    "by the greatest value": (TABLE, (MetricOrder("m1", Statistic.MAX),), "ix_metric_summaries_max"),
    "by a number": (EVERYTHING, (ParamOrder("p0"),), "ix_parameters_number"),
    "by a text": (EVERYTHING, (ParamOrder("p4"),), "ix_parameters_text"),
    "by a tag": (EVERYTHING, (TagOrder("t1"),), "ix_tags_value"),
    "a range, by another metric": (metric("m1", "lt", 0.5), BY_LOSS, "ix_metric_summaries_last"),
    "a range of the metric it goes by": (metric("m0", "gt", 0.9), BY_LOSS, "ix_metric_summaries_last"),
    "a rare range": (metric("m1", "lt", 0.0005), BY_LOSS, "ix_metric_summaries_last"),
    "a number of a few": (param("p1", "eq", 3), BY_LOSS, "ix_metric_summaries_last"),
    "a rare number": (param("p0", "lt", 0.0005), BY_LOSS, "ix_parameters_number"),
    "a text": (param("p4", "eq", "choice 3"), (), "ix_runs_created"),
    "one of several texts": (param("p4", "in", ["choice 1", "choice 2"]), (), "ix_runs_created"),
    "one value of a tag": (tag("t1", "v7"), BY_LOSS, "ix_metric_summaries_last"),
    "all but one value of a tag": (Not(tag("t0", "v3")), BY_LOSS, "ix_metric_summaries_last"),
    "one of three rare leaves": (
        Or((metric("m1", "lt", 0.0005), param("p0", "lt", 0.0005), metric("m0", "lt", 0.0005))),
        (),
        "ix_parameters_number",
    ),
    "experiment, range, not a tag": (
        And((TABLE, metric("m0", "lt", 0.5), Not(tag("t0", "v3")))),
        (MetricOrder("m1", Statistic.MIN), FieldOrder(Field.CREATED_AT, DOWN)),
        "ix_metric_summaries_min",
    ),
}
# Asking for all but a few of 100,000 runs reads them all; these are found from an index.
COUNTS = ("a rare range", "a rare number", "one of three rare leaves")


@pytest.fixture(scope="module")
async def many(
    shared_servers: SharedServers, template_database: str, postgres_admin: asyncpg.Connection
) -> AsyncIterator[Database]:
    """A record of 100,000 runs with five parameters, two metrics and two tags each."""
    async with cloned(shared_servers, postgres_admin, template_database) as url:
        await fill_runs(url, runs=RUNS, params=5, metrics=2, tags=2)
        database = Database.connect(url, pool_size=1)
        yield database
        await database.close()


@pytest.fixture(scope="module")
async def workspace(many: Database) -> WorkspaceID:
    async with many.read() as conn:
        found = await conn.exec_driver_sql("SELECT id FROM workspaces WHERE name = 'default'")
        return WorkspaceID(found.scalar_one())


@pytest.fixture
def statements(many: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is run, with its values."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, values: Any, _context: object, _many: object) -> None:
        seen.append((statement, values))

    sa.event.listen(many.reader.sync_engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(many.reader.sync_engine, "before_cursor_execute", note)


async def explain(conn: AsyncConnection, statements: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Return every step of the plans of statements."""
    steps: list[dict[str, Any]] = []
    for statement, values in statements:
        rows = await conn.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
        plan = rows.scalar_one()
        waiting = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
        while waiting:
            step = waiting.pop()
            steps.append(step)
            waiting += step.get("Plans", [])
    return steps


def read_through(steps: list[dict[str, Any]]) -> set[str]:
    """Return the tables that a plan reads from their beginning to their end."""
    return {step["Relation Name"] for step in steps if "Seq Scan" in step["Node Type"]}


@pytest.mark.parametrize("name", list(PAGES))
async def test_a_page_is_found_along_an_index(
    many: Database, workspace: WorkspaceID, statements: list[tuple[str, Any]], name: str
) -> None:
    where, orders, index = PAGES[name]
    async with many.read() as conn:
        page = await fetch_run_page(conn, workspace, where, orders, first=25)
        steps = await explain(conn, list(statements))

    assert len(page.ids) == 25
    assert read_through(steps) & VALUES == set()
    assert any(re.fullmatch(index, step.get("Index Name", "")) for step in steps)


@pytest.mark.parametrize("name", list(PAGES))
async def test_the_page_behind_a_cursor_is_found_along_an_index(
    many: Database, workspace: WorkspaceID, statements: list[tuple[str, Any]], name: str
) -> None:
    where, orders, index = PAGES[name]
    async with many.read() as conn:
        page = await fetch_run_page(conn, workspace, where, orders, first=25)
        statements.clear()
        await fetch_run_page(conn, workspace, where, orders, first=25, after=page.cursors[-1])
        steps = await explain(conn, list(statements))

    assert read_through(steps) & VALUES == set()
    assert any(re.fullmatch(index, step.get("Index Name", "")) for step in steps)


@pytest.mark.parametrize("name", COUNTS)
async def test_a_few_hits_are_counted_from_an_index(
    many: Database, workspace: WorkspaceID, statements: list[tuple[str, Any]], name: str
) -> None:
    where, _, _ = PAGES[name]
    async with many.read() as conn:
        count = await count_runs(conn, workspace, where)
        steps = await explain(conn, list(statements))

    assert count.exact
    assert 0 < count.value < 500
    assert read_through(steps) & (VALUES | {"runs"}) == set()


async def test_counting_ends_at_ten_thousand(many: Database, workspace: WorkspaceID) -> None:
    async with many.read() as conn:
        half = await count_runs(conn, workspace, metric("m1", "lt", 0.5))
        alternatives = await count_runs(conn, workspace, Or((metric("m1", "lt", 0.5), param("p0", "lt", 0.5))))

    assert (half.value, half.exact) == (10_000, False)
    assert (alternatives.value, alternatives.exact) == (10_000, False)
