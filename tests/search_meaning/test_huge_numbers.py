"""Numbers of runs that diverged, by hand: sums and squares overflow long before the numbers themselves do."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest

from domain.filters import Statistic
from domain.search.aggregates import AggregateQuestion, Function, Measure
from domain.search.computing import compute
from domain.search.questions import By, Dimension
from search.memory.memory_index import MemorySearchIndex
from search.postgres_index import PostgresSearchIndex
from store.database import Database
from tests.search.making import make_run
from tests.search_meaning.recording import record_world

MOST = sys.float_info.max
FUNCTIONS = (Function.COUNT, Function.MEAN, Function.MIN, Function.MAX, Function.STDDEV, Function.P25, Function.P50)
GROUPS: dict[str, tuple[list[float], list[float | None]]] = {
    "calm": ([1.0, 3.0], [2, 2, 1, 3, math.sqrt(2), 1.5, 2]),
    "large": ([1e200, 3e200], [2, 2e200, 1e200, 3e200, math.sqrt(2) * 1e200, 1.5e200, 2e200]),
    "largest": ([MOST, MOST], [2, MOST, MOST, MOST, 0, MOST, MOST]),
    "opposite": ([-MOST, MOST], [2, 0, -MOST, MOST, math.inf, -MOST / 2, 0]),
    "infinite": ([math.inf, math.nan, 5.0], [1, 5, 5, 5, None, 5, 5]),
    "none": ([], [0, None, None, None, None, None, None]),
}


@pytest.mark.parametrize("name", [name for name in GROUPS if name != "infinite"])
def test_each_function_of_huge_numbers(name: str) -> None:
    numbers, expected = GROUPS[name]

    assert [compute(function, sorted(numbers)) for function in FUNCTIONS] == [
        None if value is None else pytest.approx(value, rel=1e-12) for value in expected
    ]


async def test_groups_of_huge_numbers_are_measured_beside_small_ones(record: Database) -> None:
    rows: list[tuple[str, float | None]] = [(name, one) for name, (given, _) in GROUPS.items() for one in given]
    world = [
        make_run(number, tags={"group": name}, metrics={} if value is None else {"loss": make_series(value)})
        for number, (name, value) in enumerate([*rows, ("none", None)], start=1)
    ]
    written = await record_world(record, world)
    memory = MemorySearchIndex()
    await memory.apply(written.documents)
    question = AggregateQuestion(
        workspace=written.workspace,
        by=(By(dimension=Dimension.TAG, key="group"),),
        measures=(Measure("loss", Statistic.LAST, FUNCTIONS),),
    )
    for index in (memory, PostgresSearchIndex(record.read)):
        answer = await index.aggregate(question)
        found: dict[Any, list[float | None]] = {
            group.keys[0].value: [measured.value for measured in group.measures] for group in answer.groups
        }

        assert found == {
            name: [None if value is None else pytest.approx(value, rel=1e-12) for value in expected]
            for name, (_, expected) in GROUPS.items()
        }


def make_series(value: float) -> dict[Statistic, float]:
    return {Statistic.FIRST: value, Statistic.LAST: value, Statistic.COUNT: 1}
