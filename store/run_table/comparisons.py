"""A predicate as a condition on columns. Every condition is written for a value that is there; null is not true."""

from __future__ import annotations

import math
import operator as op
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from domain.parameters import INT64_MAX, INT64_MIN, ParameterType, split_number
from domain.predicates import Operator, Predicate, Value, ValueType, is_nan, type_of
from domain.times import cut_to_millis
from store.run_table.fragments import FALSE, TRUE, Values, all_of, any_of, negate, one_of
from store.run_table.words import match_words

PREFIX = 128
"""Characters of a text that its index holds: a B-tree refuses more than 2,704 bytes."""

NAN = "'NaN'::float8"
KINDS = {
    ValueType.BOOLEAN: "boolean",
    ValueType.NUMBER: "float8",
    ValueType.TEXT: "text",
    ValueType.TIME: "timestamptz",
    ValueType.ID: "uuid",
}
"""The Postgres types that values are bound as."""

_SIGNS = {Operator.EQ: "=", Operator.LT: "<", Operator.LTE: "<=", Operator.GT: ">", Operator.GTE: ">="}
_HOLDS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: op.eq,
    Operator.LT: op.lt,
    Operator.LTE: op.le,
    Operator.GT: op.gt,
    Operator.GTE: op.ge,
}
_LOOSE = {Operator.LT: Operator.LTE, Operator.GT: Operator.GTE}


def prefix_of(column: str) -> str:
    """Return what the index on a text holds, spelled as the index is."""
    return f"left({column}, {PREFIX})"


def compare_doubles(column: str, predicate: Predicate, values: Values) -> str:
    """Compare a number of a series. Bounds become doubles; NaN fulfils only `ne` and `exists`."""

    def one(operator: Operator, bound: Any) -> str:
        compared = f"{column} {_SIGNS[operator]} {values.bind(float(bound) + 0.0, 'float8')}"
        # In Postgres NaN is greater than all else.
        return f"{compared} AND {column} < {NAN}" if operator in (Operator.GT, Operator.GTE) else compared

    def many(bounds: Sequence[Any]) -> str:
        return any_of(column, [float(bound) + 0.0 for bound in bounds], "float8", values)

    return _compare(predicate, ValueType.NUMBER, present=f"{column} IS NOT NULL", one=one, many=many)


def compare_integers(column: str, predicate: Predicate, values: Values) -> str:
    """Compare an integer column exactly with numbers of any kind."""

    def one(operator: Operator, bound: Any) -> str:
        if bound > INT64_MAX or bound < INT64_MIN:
            return TRUE if _HOLDS[operator](0, bound) else FALSE
        if operator is Operator.EQ and bound != math.floor(bound):
            return FALSE
        rounded = math.ceil(bound) if operator in (Operator.LT, Operator.GTE) else math.floor(bound)
        return f"{column} {_SIGNS[operator]} {values.bind(rounded, 'bigint')}"

    def many(bounds: Sequence[Any]) -> str:
        inside = (bound for bound in bounds if INT64_MIN <= bound <= INT64_MAX)
        return any_of(column, [int(bound) for bound in inside if bound == math.floor(bound)], "bigint", values)

    return _compare(predicate, ValueType.NUMBER, present=f"{column} IS NOT NULL", one=one, many=many)


def compare_plain(column: str, predicate: Predicate, kind: ValueType, values: Values) -> str:
    """Compare a column of one type by the database's own order: times, ids, booleans, short texts."""

    def one(operator: Operator, bound: Any) -> str:
        return f"{column} {_SIGNS[operator]} {values.bind(cut_to_millis(bound), KINDS[kind])}"

    def many(bounds: Sequence[Any]) -> str:
        return any_of(column, [cut_to_millis(bound) for bound in bounds], KINDS[kind], values)

    return _compare(predicate, kind, present=f"{column} IS NOT NULL", one=one, many=many)


def compare_texts(column: str, predicate: Predicate, values: Values) -> str:
    """Compare a text that has an index on its prefix: the prefix finds, the whole text decides."""

    def one(operator: Operator, bound: Any) -> str:
        # Whoever is less as a whole is less or equal by its prefix.
        by_prefix = f"{prefix_of(column)} {_SIGNS[_LOOSE.get(operator, operator)]}"
        whole = f"{column} {_SIGNS[operator]} {values.bind(bound, 'text')}"
        return f"{by_prefix} {values.bind(bound[:PREFIX], 'text')} AND {whole}"

    def many(bounds: Sequence[Any]) -> str:
        prefixes = sorted({bound[:PREFIX] for bound in bounds})
        return all_of([any_of(prefix_of(column), prefixes, "text", values), any_of(column, bounds, "text", values)])

    return _compare(predicate, ValueType.TEXT, present=f"{column} IS NOT NULL", one=one, many=many)


def compare_parameter(table: str, predicate: Predicate, values: Values) -> str:
    """Compare a parameter with values of its own type; JSON fulfils only `ne` and `exists`."""
    match predicate.operator:
        case Operator.EXISTS:
            return TRUE
        case Operator.MATCHES:
            return match_words(f"{table}.tokens", predicate, values)
        case Operator.NE:
            same = _compare_typed(table, Predicate(Operator.EQ, predicate.values), values)
            return negate(same) if same in (TRUE, FALSE) else f"({same}) IS NOT TRUE"
        case Operator.IN:
            by_type: dict[ValueType, list[Value]] = defaultdict(list)
            for value in predicate.values:
                by_type[type_of(value)].append(value)
            return one_of(_compare_typed(table, Predicate(Operator.IN, tuple(of)), values) for of in by_type.values())
        case _:
            return _compare_typed(table, predicate, values)


def split_bound(value: float) -> tuple[float, int]:
    """Return a bound as parameters are kept; integers outside int64 become doubles."""
    if isinstance(value, int) and INT64_MIN <= value <= INT64_MAX:
        return split_number(value)
    return float(value) + 0.0, 0


def _compare_typed(table: str, predicate: Predicate, values: Values) -> str:
    """Compare with values that are all of one type."""
    match type_of(predicate.values[0]):
        case ValueType.BOOLEAN:
            return compare_plain(f"{table}.boolean", predicate, ValueType.BOOLEAN, values)
        case ValueType.NUMBER:
            return _compare_pairs(f"{table}.number", f"{table}.rest", predicate, values)
        case ValueType.TEXT:
            compared = compare_texts(f"{table}.raw", predicate, values)
            return all_of([f"{table}.type = {int(ParameterType.STRING)}", compared])
        case _:
            return FALSE


def _compare_pairs(number: str, rest: str, predicate: Predicate, values: Values) -> str:
    """Compare (nearest double, rest): integers beyond 2^53 compare exactly."""

    def one(operator: Operator, bound: Any) -> str:
        double, beyond = split_bound(bound)
        pair = values.bind(double, "float8"), values.bind(beyond, "smallint")
        if operator is Operator.EQ:
            return f"{number} = {pair[0]} AND {rest} = {pair[1]}"
        return f"{number} IS NOT NULL AND ({number}, {rest}) {_SIGNS[operator]} ({pair[0]}, {pair[1]})"

    def many(bounds: Sequence[Any]) -> str:
        by_rest: dict[int, list[float]] = defaultdict(list)
        for double, beyond in map(split_bound, bounds):
            by_rest[beyond].append(double)
        return one_of(
            all_of([any_of(number, doubles, "float8", values), f"{rest} = {values.bind(beyond, 'smallint')}"])
            for beyond, doubles in by_rest.items()
        )

    return _compare(predicate, ValueType.NUMBER, present=f"{number} IS NOT NULL", one=one, many=many)


def _compare(
    predicate: Predicate,
    kind: ValueType,
    *,
    present: str,
    one: Callable[[Operator, Any], str],
    many: Callable[[Sequence[Any]], str],
) -> str:
    """Put a predicate together from its comparisons with values of the column's type; those of others are false."""
    fitting = [value for value in predicate.values if type_of(value) is kind and not is_nan(value)]
    match predicate.operator:
        case Operator.EXISTS:
            return present
        case Operator.NE:
            return all_of([present, negate(one(Operator.EQ, fitting[0]))]) if fitting else present
        case Operator.IN:
            return many(fitting) if fitting else FALSE
        case Operator.BETWEEN:
            if len(fitting) < 2:
                return FALSE
            return all_of([one(Operator.GTE, fitting[0]), one(Operator.LTE, fitting[1])])
        case operator:
            return one(operator, fitting[0]) if fitting else FALSE
