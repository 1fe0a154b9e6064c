"""A predicate as a condition on columns. Every condition is written for a value that is there; null is not true."""

from __future__ import annotations

import math
import operator as op
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import sqlalchemy as sa

from domain.parameters import INT64_MAX, INT64_MIN, ParameterType, split_number
from domain.predicates import Operator, Predicate, Value, ValueType, as_number, is_nan, type_of

Condition: TypeAlias = sa.ColumnElement[bool]
Expression: TypeAlias = sa.ColumnElement[Any]

PREFIX = 128
"""Characters of a text that its index holds: a B-tree refuses more than 2,704 bytes."""

NAN = sa.literal_column("'NaN'::float8", sa.Double)
_COMPARE: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQ: op.eq,
    Operator.LT: op.lt,
    Operator.LTE: op.le,
    Operator.GT: op.gt,
    Operator.GTE: op.ge,
}


def prefix_of(column: Expression) -> Expression:
    """Return what the index on a text holds, spelled as the index is."""
    return sa.func.left(column, sa.literal_column(str(PREFIX)), type_=column.type)


def any_of(column: Expression, values: Sequence[Any]) -> Condition:
    """Return the condition that the column has one of the values, as one bound array."""
    if len(values) == 1:
        return column == sa.literal(values[0], column.type)
    return column == sa.func.any(sa.literal(list(values), sa.ARRAY(column.type)))


def none_of(column: Expression, values: Sequence[Any]) -> Condition:
    """Return the condition that the column has none of the values."""
    return column != sa.func.all(sa.literal(list(values), sa.ARRAY(column.type)))


def compare_doubles(column: Expression, predicate: Predicate) -> Condition:
    """Compare a number of a series. Bounds become doubles; NaN fulfils only `ne` and `exists`."""
    present = column.is_not(None)
    match predicate.operator:
        case Operator.EXISTS:
            return present
        case Operator.NE:
            bounds = _doubles(predicate.values)
            return sa.and_(present, column != _double(bounds[0])) if bounds else present
        case Operator.IN:
            bounds = _doubles(predicate.values)
            return any_of(column, bounds) if bounds else sa.false()
    bounds = _doubles(predicate.values)
    if len(bounds) != len(predicate.values):
        return sa.false()
    if predicate.operator is Operator.BETWEEN:
        return sa.and_(column >= _double(bounds[0]), column <= _double(bounds[1]))
    compared: Condition = _COMPARE[predicate.operator](column, _double(bounds[0]))
    # In Postgres NaN is greater than all else.
    return sa.and_(compared, column < NAN) if predicate.operator in (Operator.GT, Operator.GTE) else compared


def compare_integers(column: Expression, predicate: Predicate) -> Condition:
    """Compare an integer column exactly with numbers of any kind."""
    match predicate.operator:
        case Operator.EXISTS:
            return column.is_not(None)
        case Operator.NE:
            return sa.and_(column.is_not(None), sa.not_(_compare_integer(column, Operator.EQ, predicate.value)))
        case Operator.IN:
            whole = [number for number in map(_as_integer, predicate.values) if number is not None]
            return any_of(column, whole) if whole else sa.false()
        case Operator.BETWEEN:
            low, high = predicate.values
            return sa.and_(_compare_integer(column, Operator.GTE, low), _compare_integer(column, Operator.LTE, high))
        case compared:
            return _compare_integer(column, compared, predicate.value)


def compare_plain(column: Expression, predicate: Predicate, kind: ValueType) -> Condition:
    """Compare a column of one type by the database's own order: times, ids, short texts."""
    return _compare(
        predicate,
        kind,
        present=column.is_not(None),
        one=lambda op, bound: _COMPARE[op](column, sa.literal(_cut(bound), column.type)),
        many=lambda bounds: any_of(column, [_cut(b) for b in bounds]),
    )


def compare_texts(column: Expression, predicate: Predicate) -> Condition:
    """Compare a text that has an index on its prefix: the prefix finds, the whole text decides."""
    return _compare(
        predicate, ValueType.TEXT, present=column.is_not(None), one=_text_comparer(column), many=_text_chooser(column)
    )


def compare_parameter(table: sa.FromClause, predicate: Predicate) -> Condition:
    """Compare a parameter with values of its own type; JSON fulfils only `ne` and `exists`."""
    match predicate.operator:
        case Operator.EXISTS:
            return sa.true()
        case Operator.NE:
            same = _compare_typed(table, Predicate(Operator.EQ, predicate.values))
            return sa.true() if same is None else same.is_not(sa.true())
        case Operator.IN:
            by_type: dict[ValueType, list[Value]] = defaultdict(list)
            for value in predicate.values:
                by_type[type_of(value)].append(value)
            parts = [_compare_typed(table, Predicate(Operator.IN, tuple(values))) for values in by_type.values()]
            return sa.or_(sa.false(), *(part for part in parts if part is not None))
        case _:
            compared = _compare_typed(table, predicate)
            return sa.false() if compared is None else compared


def _compare_typed(table: sa.FromClause, predicate: Predicate) -> Condition | None:
    """Return the comparison with values that are all of one type, or None for a type that no parameter has."""
    match type_of(predicate.value):
        case ValueType.BOOLEAN:
            return compare_plain(table.c.boolean, predicate, ValueType.BOOLEAN)
        case ValueType.NUMBER:
            return _compare_pairs(table.c.number, table.c.rest, predicate)
        case ValueType.TEXT:
            return sa.and_(table.c.type == int(ParameterType.STRING), compare_texts(table.c.raw, predicate))
        case _:
            return None


def _compare_pairs(number: Expression, rest: Expression, predicate: Predicate) -> Condition:
    """Compare (nearest double, rest): integers beyond 2^53 compare exactly."""

    def one(operator: Operator, bound: Any) -> Condition:
        double, beyond = split_bound(bound)
        if operator is Operator.EQ:
            return sa.and_(number == _double(double), rest == _rest(beyond))
        compared = _COMPARE[operator](sa.tuple_(number, rest), sa.tuple_(_double(double), _rest(beyond)))
        return sa.and_(number.is_not(None), compared)

    def many(bounds: Sequence[Any]) -> Condition:
        by_rest: dict[int, list[float]] = defaultdict(list)
        for double, beyond in map(split_bound, bounds):
            by_rest[beyond].append(double)
        return sa.or_(*(sa.and_(any_of(number, found), rest == _rest(beyond)) for beyond, found in by_rest.items()))

    return _compare(predicate, ValueType.NUMBER, present=number.is_not(None), one=one, many=many)


def split_bound(value: float) -> tuple[float, int]:
    """Return a bound as parameters are kept; integers outside int64 become doubles."""
    if isinstance(value, int) and INT64_MIN <= value <= INT64_MAX:
        return split_number(value)
    return float(value) + 0.0, 0


def _compare(
    predicate: Predicate,
    kind: ValueType,
    *,
    present: Condition,
    one: Callable[[Operator, Any], Condition],
    many: Callable[[Sequence[Any]], Condition],
) -> Condition:
    """Put a predicate together from its comparisons with values of the column's type; those of others are false."""
    fitting = [value for value in predicate.values if type_of(value) is kind and not is_nan(value)]
    match predicate.operator:
        case Operator.EXISTS:
            return present
        case Operator.NE:
            return sa.and_(present, sa.not_(one(Operator.EQ, fitting[0]))) if fitting else present
        case Operator.IN:
            return many(fitting) if fitting else sa.false()
        case Operator.BETWEEN:
            if len(fitting) < 2:
                return sa.false()
            return sa.and_(one(Operator.GTE, fitting[0]), one(Operator.LTE, fitting[1]))
        case operator:
            return one(operator, fitting[0]) if fitting else sa.false()


def _text_comparer(column: Expression) -> Callable[[Operator, Any], Condition]:
    # Whoever compares less or greater as a whole does not compare the other way round by its prefix.
    loose = {Operator.LT: Operator.LTE, Operator.GT: Operator.GTE}

    def one(operator: Operator, bound: Any) -> Condition:
        by_prefix = _COMPARE[loose.get(operator, operator)](prefix_of(column), sa.literal(bound[:PREFIX], column.type))
        return sa.and_(by_prefix, _COMPARE[operator](column, sa.literal(bound, column.type)))

    return one


def _text_chooser(column: Expression) -> Callable[[Sequence[Any]], Condition]:
    def many(bounds: Sequence[Any]) -> Condition:
        prefixes = sorted({bound[:PREFIX] for bound in bounds})
        return sa.and_(any_of(prefix_of(column), prefixes), any_of(column, bounds))

    return many


def _compare_integer(column: Expression, operator: Operator, value: Value) -> Condition:
    bound = as_number(value)
    if bound is None:
        return sa.false()
    if bound > INT64_MAX or bound < INT64_MIN:
        return sa.true() if _COMPARE[operator](0, bound) else sa.false()
    if operator is Operator.EQ and _as_integer(bound) is None:
        return sa.false()
    rounded = math.ceil(bound) if operator in (Operator.LT, Operator.GTE) else math.floor(bound)
    compared: Condition = _COMPARE[operator](column, sa.literal(rounded, sa.BigInteger))
    return compared


def _as_integer(value: Value) -> int | None:
    """Return a whole number within int64, None for all else."""
    number = as_number(value)
    if number is None or not INT64_MIN <= number <= INT64_MAX or number != math.floor(number):
        return None
    return int(number)


def _doubles(values: Iterable[Value]) -> list[float]:
    return [float(number) + 0.0 for number in map(as_number, values) if number is not None]


def _double(value: float) -> Expression:
    return sa.literal(value, sa.Double)


def _rest(value: int) -> Expression:
    return sa.literal(value, sa.SmallInteger)


def _cut(value: Any) -> Any:
    """Cut a time to its millisecond, as times are recorded; other values stay as they are."""
    if isinstance(value, datetime):
        return value - timedelta(microseconds=value.microsecond % 1000)
    return value
