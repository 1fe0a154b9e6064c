"""An order as what it means in tables: the keys of a row, and the stretches that the first key falls into."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from domain.filters import Field, Statistic
from domain.orders import Direction, FieldOrder, MetricOrder, Order, ParamOrder, TagOrder
from domain.parameters import ParameterType
from store.run_table.comparisons import NAN, prefix_of
from store.run_table.fragments import FALSE, TRUE, Values, all_of, any_of
from store.run_table.leaves import STATISTICS
from store.run_table.lookups import Goals, Lookups

LARGEST = f"'{sys.float_info.max!r}'::float8"
SMALLEST = f"'{-sys.float_info.max!r}'::float8"
"""An infinity and the largest double are one place in the order, in every adapter."""

UNKNOWN = -1
"""The id that no key has."""

NEUTRAL = {
    "float8": "0::float8",
    "bigint": "0::bigint",
    "smallint": "0::smallint",
    "boolean": "false",
    "text": "''",
    "timestamptz": "'epoch'::timestamptz",
}
"""What stands in the column of a part for a row of another stretch."""

_FIELDS = {
    Field.CREATED_AT: ("created_at", "timestamptz"),
    Field.STARTED_AT: ("started_at", "timestamptz"),
    Field.ENDED_AT: ("ended_at", "timestamptz"),
    Field.STATUS: ("status", "text"),
    Field.KIND: ("kind", "text"),
    Field.NAME: ("name", "text"),
    Field.CREATED_BY: ("created_by", "text"),
    Field.HOST: ("host", "text"),
    Field.NUMBER: ("number", "bigint"),
}
_PREFIXED = {Field.NAME, Field.CREATED_BY, Field.HOST}
_NULLABLE = {Field.ENDED_AT, Field.CREATED_BY, Field.HOST}


@dataclass(frozen=True, slots=True)
class Part:
    """One column to order by, never null, and its Postgres type."""

    value: str
    kind: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs that stand together in the order: those whose key is of one kind. It is walked along an index."""

    condition: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """One key of an order over a table (`alias`; one row a run at most), or over the run's own row."""

    stretches: tuple[Stretch, ...]
    """In the order asked for; what is in none of them is missing."""
    table: str | None = None
    alias: str = ""
    run: str | None = None
    """The id of a row's run, where the table is one of values."""
    held: str = TRUE
    """Which rows of the table hold the key at all."""
    is_total: bool = False
    """Whether no run is missing."""

    def belongs(self, runs: str) -> str:
        """Return the condition that a row of the table is that of a run."""
        return self.held if self.run is None else all_of([self.held, f"{self.run} = {runs}.id"])


def list_columns(orders: Sequence[Order]) -> list[str]:
    """Return the columns of the run's own row that an order needs."""
    fields = (order.field for order in orders if isinstance(order, FieldOrder))
    return sorted({"workspace", "id", "experiment"} | {_FIELDS[field][0] for field in fields if field in _FIELDS})


def make_sort_key(order: Order, runs: str, alias: str, lookups: Lookups, values: Values) -> SortKey:
    """Return the key; one that nobody has used yet in this workspace is missing from every run."""
    down = order.direction is Direction.DESC
    if isinstance(order, FieldOrder):
        return _field_key(order.field, runs, alias, values, down=down)
    key = values.bind(lookups.keys.get(order.key, UNKNOWN), "integer")
    held = f"{alias}.workspace = {values.workspace} AND {alias}.key = {key}"
    match order:
        case MetricOrder():
            if order.of is Statistic.BEST:
                held = all_of([held, _has_goal(runs, lookups.goals.get(order.key, Goals()), values)])
            stretches = _metric_stretches(order, runs, alias, lookups, values, down=down)
            return SortKey(table="metric_summaries", alias=alias, run=f"{alias}.run", held=held, stretches=stretches)
        case ParamOrder():
            stretches = _param_stretches(alias, down=down)
            return SortKey(table="parameters", alias=alias, run=f"{alias}.run", held=held, stretches=stretches)
        case TagOrder():
            stretch = Stretch(f"{alias}.value IS NOT NULL", _text_parts(f"{alias}.value", down=down))
            return SortKey(table="tags", alias=alias, run=f"{alias}.subject", held=held, stretches=(stretch,))


def count_stretches(order: Order) -> int:
    """Return how many stretches an order has, that of the missing included."""
    match order:
        case FieldOrder():
            return 2 if order.field in _NULLABLE else 1
        case MetricOrder():
            return 2 if order.of is Statistic.COUNT else 4
        case ParamOrder():
            return 6
        case TagOrder():
            return 2


def flatten(keys: Sequence[SortKey]) -> tuple[Part, ...]:
    """Return the parts of further keys, all in one row: which stretch (missing last), then the parts of each."""
    return tuple(part for key in keys for part in _flatten_key(key))


def _flatten_key(key: SortKey) -> list[Part]:
    if key.is_total:
        return list(key.stretches[0].parts)
    whens = " ".join(f"WHEN {stretch.condition} THEN {number}" for number, stretch in enumerate(key.stretches))
    parts = [Part(f"CASE {whens} ELSE {len(key.stretches)} END", "integer")]
    for stretch in key.stretches:
        parts += [
            Part(
                f"CASE WHEN {stretch.condition} THEN {part.value} ELSE {NEUTRAL[part.kind]} END",
                part.kind,
                part.descending,
            )
            for part in stretch.parts
        ]
    return parts


def _field_key(field: Field, runs: str, alias: str, values: Values, *, down: bool) -> SortKey:
    if field is Field.EXPERIMENT:
        held = f"{alias}.workspace = {values.workspace} AND {alias}.id = {runs}.experiment"
        stretch = Stretch(TRUE, (Part(f"{alias}.name", "text", down),))
        return SortKey(table="experiments", alias=alias, held=held, stretches=(stretch,), is_total=True)
    name, kind = _FIELDS[field]
    column = f"{runs}.{name}"
    parts = _text_parts(column, down=down) if field in _PREFIXED else (Part(column, kind, down),)
    if field in _NULLABLE:
        return SortKey(stretches=(Stretch(f"{column} IS NOT NULL", parts),))
    return SortKey(stretches=(Stretch(TRUE, parts),), is_total=True)


def _metric_stretches(
    order: MetricOrder, runs: str, alias: str, lookups: Lookups, values: Values, *, down: bool
) -> tuple[Stretch, ...]:
    if order.of is Statistic.COUNT:
        column = f"{alias}.count"
        return (Stretch(f"{column} IS NOT NULL", (Part(column, "bigint", down),)),)
    if order.of is Statistic.BEST:
        column = _best(runs, alias, lookups.goals.get(order.key, Goals()), values)
    else:
        column = f"{alias}.{STATISTICS[order.of]}"
    return _number_stretches(column, down=down)


def _has_goal(runs: str, goals: Goals, values: Values) -> str:
    within = [*goals.least, *goals.greatest]
    return any_of(f"{runs}.experiment", within, "uuid", values) if within else FALSE


def _best(runs: str, alias: str, goals: Goals, values: Values) -> str:
    if not goals.greatest:
        return f"{alias}.min_value"
    if not goals.least:
        return f"{alias}.max_value"
    least = any_of(f"{runs}.experiment", goals.least, "uuid", values)
    return f"CASE WHEN {least} THEN {alias}.min_value ELSE {alias}.max_value END"


def _param_stretches(alias: str, *, down: bool) -> tuple[Stretch, ...]:
    flags = Stretch(f"{alias}.boolean IS NOT NULL", (Part(f"{alias}.boolean", "boolean", down),))
    numbers = _number_stretches(f"{alias}.number", Part(f"{alias}.rest", "smallint", down), down=down)
    texts = Stretch(f"{alias}.type = {int(ParameterType.STRING)}", _text_parts(f"{alias}.raw", down=down))
    return (texts, *numbers, flags) if down else (flags, *numbers, texts)


def _text_parts(column: str, *, down: bool) -> tuple[Part, ...]:
    return Part(prefix_of(column), "text", down), Part(column, "text", down)


def _number_stretches(column: str, *beyond: Part, down: bool) -> tuple[Stretch, ...]:
    """Return three stretches: what is as small as can be, all between, what is as great as can be. NaN is in none."""
    lowest = Stretch(f"{column} <= {SMALLEST}", ())
    between = Stretch(f"{column} > {SMALLEST} AND {column} < {LARGEST}", (Part(column, "float8", down), *beyond))
    highest = Stretch(f"{column} >= {LARGEST} AND {column} < {NAN}", ())
    return (highest, between, lowest) if down else (lowest, between, highest)
