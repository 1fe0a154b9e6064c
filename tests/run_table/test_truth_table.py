"""The truth table of docs/reference/filters.md, case by case, against the specification and the record."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.filters import Field, FieldLeaf, Filter, MetricLeaf, Not, ParamLeaf, Statistic, TagLeaf
from domain.predicates import parse_predicate
from store.database import Database
from store.keys import Keys
from store.run_table import fetch_run_page
from tests.run_table.oracle import JSONText, PlainExperiment, PlainRun, PlainSeries, holds
from tests.run_table.recording import record_workspace

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUN = UUID(int=7)
EXPERIMENT = UUID(int=8)
BIG = 2**53

# What stands under the key, what is asked, what the leaf says.
PARAMETERS: list[tuple[Any, str, Any, bool]] = [
    (3, "eq", 3, True),
    (3, "eq", 3.0, True),
    (3, "eq", "3", False),
    (3, "ne", "3", True),
    (1, "eq", True, False),
    (True, "eq", 1, False),
    (True, "eq", True, True),
    (True, "gt", False, True),
    (True, "gt", 0, False),
    ("3", "eq", 3, False),
    ("3", "gt", 2, False),
    ("true", "eq", True, False),
    ("10", "lt", "9", True),
    ("Z", "lt", "a", True),
    ("a", "eq", "A", False),
    ("", "exists", True, True),
    ("\uffff", "lt", "🔥", True),
    (BIG + 1, "eq", BIG, False),
    (BIG + 1, "eq", float(BIG), False),
    (BIG + 1, "gt", float(BIG), True),
    (BIG + 1, "between", [BIG + 1, BIG + 1], True),
    (BIG + 1, "in", [BIG, BIG + 2], False),
    (2**63 - 1, "lt", 2**63, True),
    (-(2**63), "gte", -(2**63), True),
    (-0.0, "eq", 0, True),
    (math.inf, "gt", 1e308, True),
    (math.inf, "eq", math.inf, True),
    (3, "eq", math.nan, False),
    (3, "ne", math.nan, True),
    (3, "lt", math.nan, False),
    (3, "between", [1, 3], True),
    (3, "between", [3, 1], False),
    (3, "in", [], False),
    (3, "in", ["3", True, 3], True),
    (JSONText("{}"), "exists", True, True),
    (JSONText("{}"), "ne", 1, True),
    (JSONText("[1]"), "eq", "[1]", False),
    (JSONText("[1]"), "in", ["[1]", 1], False),
    (None, "eq", 3, False),
    (None, "ne", 3, False),
    (None, "exists", True, False),
    (None, "exists", False, True),
    (3, "exists", False, False),
]
TAGS: list[tuple[Any, str, Any, bool]] = [
    ("3", "eq", 3, True),
    ("3.0", "eq", 3, False),
    ("0.0003", "eq", 3e-4, True),
    ("3e-4", "eq", "3e-4", True),
    ("true", "eq", True, False),
    ("true", "ne", True, True),
    ("10", "lt", 9, True),
    ("baseline", "in", ["base", "baseline"], True),
    ("x" * 5000, "eq", "x" * 5000, True),
    ("x" * 5000, "eq", "x" * 4999, False),
    ("x" * 5000, "gt", "x" * 4999, True),
    (None, "ne", "broken", False),
    (None, "exists", False, True),
]
METRICS: list[tuple[Any, str, Any, bool]] = [
    (3.28, "lt", 3.28, False),
    (3.28, "lte", 3.28, True),
    (3.28, "eq", "3.28", False),
    (3.28, "ne", "3.28", True),
    (1.0, "eq", True, False),
    (math.nan, "exists", True, True),
    (math.nan, "ne", 3, True),
    (math.nan, "ne", math.nan, True),
    (math.nan, "eq", math.nan, False),
    (math.nan, "gt", 3, False),
    (math.nan, "lt", 3, False),
    (math.nan, "in", [math.nan, 3], False),
    (math.nan, "between", [-math.inf, math.inf], False),
    (math.inf, "gt", 1e308, True),
    (math.inf, "lt", math.inf, False),
    (math.inf, "lte", math.inf, True),
    (-math.inf, "between", [-math.inf, 0], True),
    (float(BIG), "eq", BIG + 1, True),
    (-0.0, "eq", 0, True),
    (None, "ne", 3, False),
]
TIMES: list[tuple[Any, str, Any, bool]] = [
    (NOON, "eq", NOON + timedelta(microseconds=999), True),
    (NOON, "lt", NOON + timedelta(microseconds=999), False),
    (NOON, "lt", NOON + timedelta(milliseconds=1), True),
    (NOON, "gte", NOON, True),
    (None, "ne", NOON, False),
    (None, "exists", False, True),
]


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "filters.md"


def read_documented(title: str) -> list[tuple[Any, str, Any, bool]]:
    """Return the rows of a table of the page as those above; "nothing" is None."""
    section = PAGE.read_text().split(f"### {title}\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| (.+?) \| `(\{.+\})` \| (yes|no) \|$", section, re.MULTILINE)
    return [
        (_read_value(value), *next(iter(json.loads(asked).items())), answer == "yes") for value, asked, answer in rows
    ]


def _read_value(cell: str) -> Any:
    value = None if cell == "nothing" else json.loads(cell.strip("`"))
    return JSONText(json.dumps(value)) if isinstance(value, dict) else value


async def check(record: Database, keys: Keys, run: PlainRun, leaf: Filter, *, expected: bool) -> None:
    """Ask for a leaf and for its complement, of the specification and of the record."""
    workspace = await record_workspace(record, keys, [run])
    async with record.read() as conn:
        found = await fetch_run_page(conn, workspace, leaf, first=1)
        complement = await fetch_run_page(conn, workspace, Not(leaf), first=1)

    assert holds(leaf, run) is expected
    assert found.ids == ([run.id] if expected else [])
    assert complement.ids == ([] if expected else [run.id])


def make_run(**values: Any) -> PlainRun:
    return PlainRun(
        **{
            "id": RUN,
            "experiment": PlainExperiment(EXPERIMENT, "track"),
            "number": 3,
            "created_at": NOON,
            "started_at": NOON,
            **values,
        }
    )


@pytest.mark.parametrize(("value", "name", "asked", "expected"), PARAMETERS + read_documented("Parameters"))
async def test_a_parameter_is_compared(
    record: Database, keys: Keys, value: Any, name: str, asked: Any, expected: bool
) -> None:
    run = make_run(params={} if value is None else {"k": value})
    await check(record, keys, run, ParamLeaf("k", parse_predicate(name, asked)), expected=expected)


@pytest.mark.parametrize(("value", "name", "asked", "expected"), TAGS + read_documented("Tags"))
async def test_a_tag_is_compared(
    record: Database, keys: Keys, value: Any, name: str, asked: Any, expected: bool
) -> None:
    run = make_run(tags={} if value is None else {"k": value})
    await check(record, keys, run, TagLeaf("k", parse_predicate(name, asked)), expected=expected)


@pytest.mark.parametrize(("value", "name", "asked", "expected"), METRICS + read_documented("Numbers of a series"))
async def test_a_number_of_a_series_is_compared(
    record: Database, keys: Keys, value: Any, name: str, asked: Any, expected: bool
) -> None:
    run = make_run(metrics={} if value is None else {"k": PlainSeries(value, value, None, None, 1)})
    await check(record, keys, run, MetricLeaf("k", Statistic.LAST, parse_predicate(name, asked)), expected=expected)


@pytest.mark.parametrize(("value", "name", "asked", "expected"), TIMES)
async def test_a_time_is_compared_by_its_milliseconds(
    record: Database, keys: Keys, value: Any, name: str, asked: Any, expected: bool
) -> None:
    leaf = FieldLeaf(Field.ENDED_AT, parse_predicate(name, asked))
    await check(record, keys, make_run(ended_at=value), leaf, expected=expected)


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        ("eq", "track", True),
        ("eq", "other", False),
        ("ne", "other", True),
        ("lt", "trail", True),
        ("eq", EXPERIMENT, True),
        ("ne", EXPERIMENT, False),
        ("in", ["other", EXPERIMENT], True),
        ("in", ["track", RUN], True),
        ("in", [], False),
        ("exists", True, True),
    ],
)
async def test_an_experiment_is_known_by_its_name_and_by_its_id(
    record: Database, keys: Keys, name: str, asked: Any, expected: bool
) -> None:
    leaf = FieldLeaf(Field.EXPERIMENT, parse_predicate(name, asked))
    await check(record, keys, make_run(), leaf, expected=expected)


@pytest.mark.parametrize(
    ("goals", "least", "greatest", "expected"),
    [
        ({"k": "MIN"}, 1.0, 5.0, True),
        ({"k": "MAX"}, 1.0, 5.0, False),
        ({}, 1.0, 5.0, False),
        ({"k": "MIN"}, None, None, False),
    ],
)
async def test_the_best_is_what_the_goal_of_the_experiment_says(
    record: Database,
    keys: Keys,
    goals: dict[str, str],
    least: float | None,
    greatest: float | None,
    expected: bool,
) -> None:
    run = make_run(
        experiment=PlainExperiment(EXPERIMENT, "track", goals),
        metrics={"k": PlainSeries(math.nan, math.nan, least, greatest, 2)},
    )
    leaf = MetricLeaf("k", Statistic.BEST, parse_predicate("lt", 2))
    await check(record, keys, run, leaf, expected=expected)


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [("lt", 3.5, True), ("gt", 2.5, True), ("eq", 3.5, False), ("gte", 2**70, False), ("lt", math.inf, True)],
)
async def test_a_count_is_compared_exactly_with_any_number(
    record: Database, keys: Keys, name: str, asked: Any, expected: bool
) -> None:
    run = make_run(metrics={"k": PlainSeries(1.0, 1.0, 1.0, 1.0, 3)})
    await check(record, keys, run, MetricLeaf("k", Statistic.COUNT, parse_predicate(name, asked)), expected=expected)


def test_the_page_has_its_tables() -> None:
    titles = ("Parameters", "Tags", "Numbers of a series")

    assert [len(read_documented(title)) for title in titles] == [23, 7, 10]
