"""Random runs, filters and orders, all from few names and from values that are near each other's borders."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.filters import And, Field, FieldLeaf, Filter, IdsLeaf, MetricLeaf, Not, Or, ParamLeaf, Statistic, TagLeaf
from domain.orders import ORDER_FIELDS, Direction, FieldOrder, MetricOrder, Order, ParamOrder, TagOrder
from domain.predicates import Operator, Predicate, type_of
from tests.run_table.oracle import JSONText, PlainExperiment, PlainRun, PlainSeries

LONG = "x" * 127
NUMBERS: list[Any] = [
    *(0, 1, 1.0, -0.0, 0.1, 3, -3, 1e308, 5e-324, math.inf, -math.inf, sys.float_info.max, -sys.float_info.max),
    *(2**53, 2**53 + 1, 2**53 + 2, float(2**53), 2**63 - 1, 2**63 - 2, -(2**63), -(2**53) - 1, float(2**63)),
]
TEXTS = [
    "",
    "1",
    "true",
    "a",
    "B",
    "b",
    "ä",
    "zz",
    "🔥",
    "\uffff",
    "0.1",
    LONG,
    LONG + "ab",
    LONG + "aa",
    LONG + "a" * 3000,
]
PARAM_VALUES: list[Any] = [*NUMBERS, *TEXTS, True, False, JSONText("{}")]
BOUNDS: list[Any] = [*NUMBERS, *TEXTS, True, False, math.nan, 2**64, -(2**70), 2.5]
METRIC_VALUES = [
    0.0,
    -0.0,
    1.0,
    0.5,
    2.0,
    math.inf,
    -math.inf,
    sys.float_info.max,
    -sys.float_info.max,
    2.0**53,
    5e-324,
]
MOMENTS = [datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(milliseconds=n) for n in (0, 1, 2, 60_000)]
TIME_BOUNDS = [moment + timedelta(microseconds=n) for moment in MOMENTS for n in (0, 999)]
IDS = [UUID(int=n << 96 | n) for n in range(1, 9)]
KEYS = ["lr", "a.b", "ключ"]
UNUSED = "nobody.used.it"
NAMES = ["alpha", "Beta", "beta", LONG + "1", LONG + "12"]
STATUSES = ["RUNNING", "FINISHED", "FAILED"]
GOALS = ["MIN", "MAX"]

maybe_text = st.none() | st.sampled_from(TEXTS)
moments = st.sampled_from(MOMENTS)
rarely = st.integers(0, 9).map(lambda n: n == 0)


@st.composite
def series(draw: st.DrawFn) -> PlainSeries:
    ends = st.sampled_from([*METRIC_VALUES, math.nan])
    only_nan = draw(rarely)
    low, high = (None, None) if only_nan else sorted(draw(st.sampled_from(METRIC_VALUES)) for _ in range(2))
    return PlainSeries(draw(ends), draw(ends), low, high, draw(st.integers(1, 4)))


@st.composite
def experiments(draw: st.DrawFn) -> list[PlainExperiment]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    goals = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(GOALS), max_size=3)
    return [
        PlainExperiment(UUID(int=number + 1 << 64), name, draw(goals), archived=draw(rarely), deleted=draw(rarely))
        for number, name in enumerate(names)
    ]


@st.composite
def worlds(draw: st.DrawFn) -> list[PlainRun]:
    """A few runs of one to three experiments."""
    held = draw(experiments())
    ids = draw(st.lists(st.sampled_from(IDS), max_size=len(IDS), unique=True))
    return [draw(plain_runs(id_, number, held, ids)) for number, id_ in enumerate(ids)]


@st.composite
def plain_runs(draw: st.DrawFn, id_: UUID, number: int, held: list[PlainExperiment], ids: list[UUID]) -> PlainRun:
    return PlainRun(
        id=id_,
        experiment=draw(st.sampled_from(held)),
        number=number,
        created_at=draw(moments),
        started_at=draw(moments),
        ended_at=draw(st.none() | moments),
        name=draw(st.sampled_from(TEXTS[1:])),
        kind=draw(st.sampled_from(["TRAIN", "GROUP"])),
        status=draw(st.sampled_from(STATUSES)),
        description=draw(maybe_text),
        created_by=draw(maybe_text),
        host=draw(maybe_text),
        parent=draw(st.none() | st.sampled_from(ids)),
        attempt=draw(st.none() | st.sampled_from(IDS)),
        archived=draw(rarely),
        deleted=draw(rarely),
        params=draw(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(PARAM_VALUES))),
        metrics=draw(st.dictionaries(st.sampled_from(KEYS), series())),
        tags=draw(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(TEXTS))),
    )


@st.composite
def conditions(draw: st.DrawFn, pool: list[Any]) -> Predicate:
    operator = draw(st.sampled_from([one for one in Operator if one is not Operator.MATCHES]))
    match operator:
        case Operator.EXISTS:
            return Predicate(operator, (draw(st.booleans()),))
        case Operator.IN:
            return Predicate(operator, tuple(draw(st.lists(st.sampled_from(pool), max_size=4))))
        case Operator.BETWEEN:
            low = draw(st.sampled_from(pool))
            high = draw(st.sampled_from([value for value in pool if type_of(value) is type_of(low)]))
            return Predicate(operator, (low, high))
        case _:
            return Predicate(operator, (draw(st.sampled_from(pool)),))


FIELD_BOUNDS: dict[Field, list[Any]] = {
    **dict.fromkeys((Field.CREATED_AT, Field.STARTED_AT, Field.ENDED_AT), TIME_BOUNDS),
    Field.STATUS: [*STATUSES, "LOST"],
    Field.KIND: ["TRAIN", "GROUP", "SWEEP"],
    **dict.fromkeys((Field.NAME, Field.DESCRIPTION, Field.CREATED_BY, Field.HOST, Field.OWNER), TEXTS),
    Field.NUMBER: [*range(5), 2.5, math.inf, -math.inf, math.nan, 2**70, 1.0, "1", True],
    **dict.fromkeys((Field.RUN, Field.PARENT, Field.ATTEMPT), IDS),
    Field.EXPERIMENT: [*NAMES, "nobody's", UUID(int=1 << 64), UUID(int=2 << 64)],
}

keys = st.sampled_from([*KEYS, UNUSED])
leaves = st.one_of(
    st.builds(IdsLeaf.of, st.lists(st.sampled_from(IDS), max_size=4)),
    st.builds(MetricLeaf, keys, st.sampled_from(list(Statistic)), conditions(BOUNDS)),
    st.builds(ParamLeaf, keys, conditions(BOUNDS)),
    st.builds(ParamLeaf, keys, conditions(BOUNDS)),
    st.builds(TagLeaf, keys, conditions([*TEXTS, 1, 0.1, math.nan, math.inf, True])),
    st.sampled_from(list(Field)).flatmap(
        lambda name: st.builds(FieldLeaf, st.just(name), conditions(FIELD_BOUNDS[name]))
    ),
)


def chains(items: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(items, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, items)


filters: st.SearchStrategy[Filter] = st.recursive(leaves, chains, max_leaves=6)

directions = st.sampled_from(list(Direction))
orders: st.SearchStrategy[list[Order]] = st.lists(
    st.one_of(
        st.builds(MetricOrder, keys, st.sampled_from(list(Statistic)), directions),
        st.builds(ParamOrder, keys, directions),
        st.builds(TagOrder, keys, directions),
        st.builds(FieldOrder, st.sampled_from(sorted(ORDER_FIELDS)), directions),
    ),
    max_size=3,
)
