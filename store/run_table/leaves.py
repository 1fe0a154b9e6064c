"""A leaf of a filter as what it means in tables: a condition on the run's own row, or rows of a table of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa

from domain.filters import Field, FieldLeaf, Leaf, MetricLeaf, ParamLeaf, Statistic, TagLeaf
from domain.predicates import Operator, Predicate, Value, ValueType, type_of
from store import tables
from store.run_table.comparisons import (
    Condition,
    any_of,
    compare_doubles,
    compare_integers,
    compare_parameter,
    compare_plain,
    compare_texts,
)
from store.run_table.lookups import Goals, Lookups, is_about_names

RunsTable: TypeAlias = sa.FromClause

STATISTICS = {
    Statistic.FIRST: "first_value",
    Statistic.LAST: "last_value",
    Statistic.MIN: "min_value",
    Statistic.MAX: "max_value",
}

_PLAIN = {
    Field.CREATED_AT: ("created_at", ValueType.TIME),
    Field.STARTED_AT: ("started_at", ValueType.TIME),
    Field.ENDED_AT: ("ended_at", ValueType.TIME),
    Field.STATUS: ("status", ValueType.TEXT),
    Field.KIND: ("kind", ValueType.TEXT),
    Field.RUN: ("id", ValueType.ID),
    Field.PARENT: ("parent", ValueType.ID),
    Field.ATTEMPT: ("attempt", ValueType.ID),
}
_LONG = {
    Field.NAME: "name",
    Field.DESCRIPTION: "description",
    Field.CREATED_BY: "created_by",
    Field.HOST: "host",
}
_NAMED = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table of values: the runs that have one fulfil the leaf, if they are in `experiments` where given."""

    run: sa.ColumnElement[Any]
    condition: Condition
    experiments: tuple[UUID, ...] | None = None


def read_field(runs: RunsTable, leaf: FieldLeaf, lookups: Lookups) -> Condition:
    """Return the condition that a field of the run's own row fulfils the leaf; never null."""
    if leaf.field is Field.EXPERIMENT:
        return _read_experiment(runs, leaf.condition, lookups)
    if leaf.field is Field.NUMBER:
        return compare_integers(runs.c.number, leaf.condition)
    if leaf.field in _PLAIN:
        name, kind = _PLAIN[leaf.field]
        column = runs.c[name]
        condition = compare_plain(column, leaf.condition, kind)
    else:
        column = runs.c[_LONG[leaf.field]]
        condition = compare_texts(column, leaf.condition)
    return sa.and_(column.is_not(None), condition) if _is_nullable(leaf.field) else condition


def read_rows(leaf: Leaf, lookups: Lookups) -> Sequence[Rows]:
    """Return the rows of values that fulfil a leaf; none where its key is unknown."""
    key = lookups.keys.get("" if isinstance(leaf, FieldLeaf) else leaf.key)
    if key is None:
        return ()
    match leaf:
        case MetricLeaf():
            return _read_metric(leaf, key, lookups)
        case ParamLeaf():
            table = tables.parameters.alias()
            found = sa.and_(_keyed(table, lookups, key), compare_parameter(table, leaf.condition))
            return (Rows(table.c.run, found),)
        case TagLeaf():
            table = tables.tags.alias()
            found = sa.and_(_keyed(table, lookups, key), compare_tag(table, leaf.condition))
            return (Rows(table.c.subject, found),)
        case _:
            return ()


def _read_metric(leaf: MetricLeaf, key: int, lookups: Lookups) -> Sequence[Rows]:
    if leaf.of is Statistic.BEST:
        goals = lookups.goals.get(leaf.key, Goals())
        return tuple(
            _read_summary(column, leaf.condition, key, lookups, within)
            for column, within in (("min_value", goals.least), ("max_value", goals.greatest))
            if within
        )
    if leaf.of is Statistic.COUNT:
        table = tables.metric_summaries.alias()
        counted = compare_integers(table.c.count, leaf.condition)
        return (Rows(table.c.run, sa.and_(_keyed(table, lookups, key), counted)),)
    return (_read_summary(STATISTICS[leaf.of], leaf.condition, key, lookups, None),)


def _read_summary(
    column: str, condition: Predicate, key: int, lookups: Lookups, within: tuple[UUID, ...] | None
) -> Rows:
    table = tables.metric_summaries.alias()
    compared = compare_doubles(table.c[column], condition)
    return Rows(table.c.run, sa.and_(_keyed(table, lookups, key), compared), within)


def _keyed(table: sa.FromClause, lookups: Lookups, key: int) -> Condition:
    return sa.and_(table.c.workspace == lookups.workspace, table.c.key == key)


def _read_experiment(runs: RunsTable, condition: Predicate, lookups: Lookups) -> Condition:
    """Compare a text with the experiment's name and a UUID with its id; `in` may hold both."""
    if condition.operator is Operator.EXISTS:
        return sa.true()
    if not is_about_names(condition):
        return compare_plain(runs.c.experiment, condition, ValueType.ID)
    ids = list(lookups.named[condition])
    if condition.operator is Operator.IN:
        ids += [value for value in condition.values if isinstance(value, UUID)]
    return any_of(runs.c.experiment, ids) if ids else sa.false()


def compare_tag(table: sa.FromClause, condition: Predicate) -> Condition:
    """Compare a tag's text; a number is taken as it would be typed."""
    return compare_texts(table.c.value, _as_texts(condition))


def _as_texts(condition: Predicate) -> Predicate:
    """Turn the numbers that a tag is compared with into text, as they would be typed."""
    return Predicate(condition.operator, tuple(map(_as_text, condition.values)))


def _as_text(value: Value) -> Value:
    if type_of(value) is not ValueType.NUMBER:
        return value
    return _NAMED.get(repr(value), repr(value))


def _is_nullable(field: Field) -> bool:
    return field not in (
        Field.CREATED_AT,
        Field.STARTED_AT,
        Field.STATUS,
        Field.KIND,
        Field.NAME,
        Field.RUN,
    )
