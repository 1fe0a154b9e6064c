"""An order as what it means in tables: the keys of a row, and the stretches that the first key falls into."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from domain.filters import Field, Statistic
from domain.orders import Direction, FieldOrder, MetricOrder, Order, ParamOrder, TagOrder
from domain.parameters import ParameterType
from store import tables
from store.run_table.comparisons import NAN, Condition, Expression, any_of, prefix_of
from store.run_table.leaves import STATISTICS, RunsTable
from store.run_table.lookups import Goals, Lookups

LARGEST = sa.literal_column(f"'{sys.float_info.max!r}'::float8", sa.Double)
SMALLEST = sa.literal_column(f"'{-sys.float_info.max!r}'::float8", sa.Double)
"""An infinity and the largest double are one place in the order, in every adapter."""

FIELDS = {
    Field.CREATED_AT: "created_at",
    Field.STARTED_AT: "started_at",
    Field.ENDED_AT: "ended_at",
    Field.STATUS: "status",
    Field.KIND: "kind",
    Field.NAME: "name",
    Field.CREATED_BY: "created_by",
    Field.HOST: "host",
    Field.NUMBER: "number",
}
UNKNOWN = -1
"""The id that no key has."""

_PREFIXED = {Field.NAME, Field.CREATED_BY, Field.HOST}
_NULLABLE = {Field.ENDED_AT, Field.CREATED_BY, Field.HOST}


@dataclass(frozen=True, slots=True)
class Part:
    """One column to order by, never null."""

    value: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs that stand together in the order: those whose key is of one kind. It is walked along an index."""

    condition: Condition
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order over `table` (one row a run at most, `run` its id), or over the run's own row."""

    table: sa.FromClause | None
    run: Expression | None
    condition: Condition
    """Which rows of `table` hold the key at all."""
    stretches: tuple[Stretch, ...]
    """In the order asked for; what is in none of them is missing."""
    is_total: bool = False
    """Whether no run is missing."""


def make_sort_key(order: Order, runs: RunsTable, lookups: Lookups) -> SortKey:
    """Return the key; one that nobody has used yet in this workspace is missing from every run."""
    down = order.direction is Direction.DESC
    if isinstance(order, FieldOrder):
        return _field_key(order.field, runs, lookups, down=down)
    key = lookups.keys.get(order.key, UNKNOWN)
    match order:
        case MetricOrder():
            return _metric_key(order, key, runs, lookups, down=down)
        case ParamOrder():
            return _param_key(key, lookups, down=down)
        case TagOrder():
            return _tag_key(key, lookups, down=down)


def _field_key(field: Field, runs: RunsTable, lookups: Lookups, *, down: bool) -> SortKey:
    if field is Field.EXPERIMENT:
        table = tables.experiments.alias()
        held = sa.and_(table.c.workspace == lookups.workspace, table.c.id == runs.c.experiment)
        stretch = Stretch(sa.true(), (Part(table.c.name, down),))
        return SortKey(table, None, held, (stretch,), is_total=True)
    column = runs.c[FIELDS[field]]
    parts = _text_parts(column, down=down) if field in _PREFIXED else (Part(column, down),)
    if field in _NULLABLE:
        return SortKey(None, None, sa.true(), (Stretch(column.is_not(None), parts),))
    return SortKey(None, None, sa.true(), (Stretch(sa.true(), parts),), is_total=True)


def _metric_key(order: MetricOrder, key: int, runs: RunsTable, lookups: Lookups, *, down: bool) -> SortKey:
    table = tables.metric_summaries.alias()
    held = sa.and_(table.c.workspace == lookups.workspace, table.c.key == key)
    if order.of is Statistic.COUNT:
        return SortKey(table, table.c.run, held, (Stretch(table.c.count.is_not(None), (Part(table.c.count, down),)),))
    if order.of is not Statistic.BEST:
        return SortKey(table, table.c.run, held, _number_stretches(table.c[STATISTICS[order.of]], down=down))
    goals = lookups.goals.get(order.key, Goals())
    within = (*goals.least, *goals.greatest)
    held = sa.and_(held, any_of(runs.c.experiment, within) if within else sa.false())
    return SortKey(table, table.c.run, held, _number_stretches(_best(table, runs, goals), down=down))


def _best(table: sa.FromClause, runs: RunsTable, goals: Goals) -> Expression:
    if not goals.greatest:
        return table.c.min_value
    if not goals.least:
        return table.c.max_value
    return sa.case((any_of(runs.c.experiment, goals.least), table.c.min_value), else_=table.c.max_value)


def _param_key(key: int, lookups: Lookups, *, down: bool) -> SortKey:
    table = tables.parameters.alias()
    held = sa.and_(table.c.workspace == lookups.workspace, table.c.key == key)
    flags = Stretch(table.c.boolean.is_not(None), (Part(table.c.boolean, down),))
    numbers = _number_stretches(table.c.number, Part(table.c.rest, down), down=down)
    texts = Stretch(table.c.type == int(ParameterType.STRING), _text_parts(table.c.raw, down=down))
    stretches = (texts, *numbers, flags) if down else (flags, *numbers, texts)
    return SortKey(table, table.c.run, held, stretches)


def _tag_key(key: int, lookups: Lookups, *, down: bool) -> SortKey:
    table = tables.tags.alias()
    held = sa.and_(table.c.workspace == lookups.workspace, table.c.key == key)
    stretch = Stretch(table.c.value.is_not(None), _text_parts(table.c.value, down=down))
    return SortKey(table, table.c.subject, held, (stretch,))


def _text_parts(column: Expression, *, down: bool) -> tuple[Part, ...]:
    return Part(prefix_of(column), down), Part(column, down)


def _number_stretches(column: Expression, *beyond: Part, down: bool) -> tuple[Stretch, ...]:
    """Return three stretches: what is as small as can be, all between, what is as great as can be. NaN is in none."""
    lowest = Stretch(column <= SMALLEST, ())
    between = Stretch(sa.and_(column > SMALLEST, column < LARGEST), (Part(column, down), *beyond))
    highest = Stretch(sa.and_(column >= LARGEST, column < NAN), ())
    return (highest, between, lowest) if down else (lowest, between, highest)


def flatten(keys: Sequence[SortKey]) -> tuple[Part, ...]:
    """Return the parts of further keys, all in one row: which stretch (missing last), then the parts of each."""
    return tuple(part for key in keys for part in _flatten_key(key))


def _flatten_key(key: SortKey) -> list[Part]:
    if key.is_total:
        return list(key.stretches[0].parts)
    whens = [(stretch.condition, index) for index, stretch in enumerate(key.stretches)]
    parts = [Part(sa.case(*whens, else_=len(whens)))]
    for stretch in key.stretches:
        parts += [
            Part(sa.case((stretch.condition, part.value), else_=_neutral(part.value)), part.descending)
            for part in stretch.parts
        ]
    return parts


def _neutral(column: Expression) -> Any:
    """Return what stands in the column of a part for a row of another stretch."""
    neutral: dict[type, Any] = {sa.Double: 0.0, sa.SmallInteger: 0, sa.BigInteger: 0, sa.Boolean: False}
    for kind, value in neutral.items():
        if isinstance(column.type, kind):
            return sa.literal(value, column.type)
    if isinstance(column.type, sa.Text):
        return sa.literal("", column.type)
    return sa.literal_column("'epoch'::timestamptz", column.type)
