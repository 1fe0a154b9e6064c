"""Orders of the run table, written out: mixed types, what is missing, infinities, ties."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.experiments import Lifecycle
from domain.filters import EVERYTHING, Field, Statistic
from domain.orders import Direction, FieldOrder, MetricOrder, Order, ParamOrder, TagOrder
from store.database import Database
from store.keys import Keys
from store.run_table import fetch_run_page
from tests.run_table.oracle import JSONText, PlainExperiment, PlainRun, PlainSeries
from tests.run_table.recording import record_workspace

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LARGEST = sys.float_info.max


def make_runs(kind: str, values: dict[int, Any]) -> list[PlainRun]:
    """Return runs whose ids are the numbers, with the value each has under the key `k`."""
    experiment = PlainExperiment(UUID(int=99), "track")
    runs = []
    for number, value in values.items():
        run = PlainRun(UUID(int=number), experiment, number, NOON, NOON)
        if value is not None:
            held = PlainSeries(value, value, None, None, 1) if kind == "metrics" else value
            getattr(run, kind)["k"] = held
        runs.append(run)
    return runs


async def read_numbers(record: Database, keys: Keys, runs: list[PlainRun], *orders: Order) -> list[int]:
    workspace = await record_workspace(record, keys, runs)
    async with record.read() as conn:
        page = await fetch_run_page(conn, workspace, EVERYTHING, orders, first=100)
    return [run.int for run in page.ids]


@pytest.mark.parametrize(
    ("direction", "expected"), [(Direction.ASC, [5, 2, 4, 1, 3, 6, 7]), (Direction.DESC, [3, 1, 4, 2, 5, 6, 7])]
)
async def test_parameters_go_by_type_then_value_and_the_missing_and_json_are_last_both_ways(
    record: Database, keys: Keys, direction: Direction, expected: list[int]
) -> None:
    runs = make_runs("params", {1: "A", 2: 1, 3: "a", 4: 2.5, 5: True, 6: JSONText("{}"), 7: None})

    assert await read_numbers(record, keys, runs, ParamOrder("k", direction)) == expected


@pytest.mark.parametrize(
    ("direction", "expected"), [(Direction.ASC, [4, 2, 1, 3, 5, 6]), (Direction.DESC, [1, 3, 2, 4, 5, 6])]
)
async def test_nan_is_missing_and_infinity_is_as_large_as_the_largest_double(
    record: Database, keys: Keys, direction: Direction, expected: list[int]
) -> None:
    runs = make_runs("metrics", {1: math.inf, 2: 0.5, 3: LARGEST, 4: -math.inf, 5: math.nan, 6: None})

    assert await read_numbers(record, keys, runs, MetricOrder("k", Statistic.LAST, direction)) == expected


async def test_integers_beyond_the_precision_of_a_double_are_in_their_order(record: Database, keys: Keys) -> None:
    big = 2**53
    runs = make_runs("params", {1: big + 2, 2: big + 1, 3: float(big), 4: big + 3})

    assert await read_numbers(record, keys, runs, ParamOrder("k")) == [3, 2, 1, 4]
    assert await read_numbers(record, keys, runs, ParamOrder("k", Direction.DESC)) == [4, 1, 2, 3]


@pytest.mark.parametrize("direction", list(Direction))
async def test_ties_go_by_id_upwards_in_both_directions(record: Database, keys: Keys, direction: Direction) -> None:
    runs = make_runs("tags", {3: "same", 1: "same", 2: "same"})

    assert await read_numbers(record, keys, runs, TagOrder("k", direction)) == [1, 2, 3]


async def test_texts_that_share_their_first_characters_are_in_their_order(record: Database, keys: Keys) -> None:
    runs = make_runs("tags", {1: "x" * 200 + "b", 2: "x" * 200 + "a", 3: "x" * 128, 4: "x" * 127 + "y"})

    assert await read_numbers(record, keys, runs, TagOrder("k")) == [3, 2, 1, 4]


async def test_a_later_key_decides_among_equals_and_misses_last(record: Database, keys: Keys) -> None:
    runs = make_runs("params", {1: 5, 2: None, 3: 4, 4: 5})
    for run in runs:
        run.status = "FAILED" if run.number == 4 else "RUNNING"
    status = FieldOrder(Field.STATUS, Direction.DESC)

    assert await read_numbers(record, keys, runs, status, ParamOrder("k")) == [3, 1, 2, 4]
    assert await read_numbers(record, keys, runs, status, ParamOrder("k", Direction.DESC)) == [1, 3, 2, 4]


async def test_a_key_that_nobody_used_leaves_the_order_to_the_next_key(record: Database, keys: Keys) -> None:
    runs = make_runs("params", {1: 2, 2: 1})

    assert await read_numbers(record, keys, runs, MetricOrder("nobody.used.it"), ParamOrder("k")) == [2, 1]


async def test_without_an_order_the_newest_comes_first(record: Database, keys: Keys) -> None:
    runs = make_runs("params", {1: None, 2: None, 3: None})
    for run in runs:
        run.created_at = NOON.replace(minute=run.number)

    assert await read_numbers(record, keys, runs) == [3, 2, 1]


@pytest.mark.parametrize(
    ("lifecycle", "expected"),
    [
        (Lifecycle.PRESENT, [1]),
        (Lifecycle.ARCHIVED, [2, 4]),
        (Lifecycle.DELETED, [3, 5]),
        (Lifecycle.ALL, [1, 2, 3, 4, 5]),
    ],
)
async def test_a_run_is_archived_or_deleted_with_its_experiment(
    record: Database, keys: Keys, lifecycle: Lifecycle, expected: list[int]
) -> None:
    runs = make_runs("params", dict.fromkeys(range(1, 6)))
    runs[1].archived = True
    runs[2].deleted = runs[2].archived = True
    runs[3].experiment = PlainExperiment(UUID(int=98), "put away", archived=True)
    runs[4].experiment = PlainExperiment(UUID(int=97), "thrown away", deleted=True)
    workspace = await record_workspace(record, keys, runs)

    async with record.read() as conn:
        page = await fetch_run_page(conn, workspace, first=100, lifecycle=lifecycle)

    assert [run.int for run in page.ids] == expected
