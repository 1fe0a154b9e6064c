"""Predicates on values that are there: parameters of any type, texts, whole numbers, times and ids."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from domain.parameters import INT64_MAX, INT64_MIN
from domain.predicates import Operator, Predicate, Value, ValueType, is_nan, type_of
from domain.search.shortening import shorten
from domain.times import to_millis
from search.elastic.queries import ALL, NONE, Query, all_of, both, exists, one_of, term, terms, within
from search.elastic.values import bounds_of, encode_value, is_large

_OPPOSITE = {Operator.LT: "gte", Operator.LTE: "gte", Operator.GT: "lt", Operator.GTE: "lt"}
_COMPARISONS = (Operator.LT, Operator.LTE, Operator.GT, Operator.GTE)
Compare = Callable[[Operator, Any], Query]


def compare(
    predicate: Predicate, kind: ValueType, *, present: Query, one: Compare, many: Callable[[Sequence[Any]], Query]
) -> Query:
    """Put a predicate together from its comparisons with values of the field's type; those of others are false."""
    fitting = [value for value in predicate.values if type_of(value) is kind and not is_nan(value)]
    match predicate.operator:
        case Operator.EXISTS:
            return present
        case Operator.NE:
            return both(present, one(Operator.EQ, fitting[0])) if fitting else present
        case Operator.IN:
            return many(fitting) if fitting else NONE
        case Operator.BETWEEN:
            if len(fitting) < 2:
                return NONE
            return all_of([one(Operator.GTE, fitting[0]), one(Operator.LTE, fitting[1])])
        case operator:
            return one(operator, fitting[0]) if fitting else NONE


def compare_parameter(path: str, predicate: Predicate) -> Query:
    """Compare the typed value of one entry below `path`; JSON has neither `s` nor `n` and fulfils `ne` and `exists`."""
    match predicate.operator:
        case Operator.EXISTS:
            return ALL
        case Operator.NE:
            return both(ALL, _equals(path, predicate.values))
        case Operator.EQ | Operator.IN:
            return _equals(path, predicate.values)
        case Operator.BETWEEN:
            low, high = predicate.values
            return all_of([_bound(path, Operator.GTE, low), _bound(path, Operator.LTE, high)])
        case operator:
            return _bound(path, operator, predicate.value)


def compare_text(field: str, predicate: Predicate) -> Query:
    """Compare the one text of a keyword field by code point."""

    def one(operator: Operator, bound: str) -> Query:
        short = shorten(bound)
        return term(field, short) if operator is Operator.EQ else within(field, **{operator: short})

    def many(bounds: Sequence[str]) -> Query:
        return terms(field, sorted(set(map(shorten, bounds))))

    return compare(predicate, ValueType.TEXT, present=exists(field), one=one, many=many)


def compare_many(field: str, predicate: Predicate) -> Query:
    """Compare the texts of a keyword field, of which one is enough: `ne` too, and `between` means one text."""
    texts = [shorten(str(value)) for value in predicate.values if type_of(value) is ValueType.TEXT]
    if predicate.operator is Operator.NE and texts:
        return one_of([within(field, lt=texts[0]), within(field, gt=texts[0])])
    if predicate.operator is Operator.BETWEEN and len(texts) == 2:
        return within(field, gte=texts[0], lte=texts[1])
    return compare_text(field, predicate)


def compare_id(field: str, predicate: Predicate) -> Query:
    """Compare an id, which stands in the index as its hexadecimal digits."""

    def many(bounds: Sequence[Any]) -> Query:
        return terms(field, sorted({bound.hex for bound in bounds}))

    def one(operator: Operator, bound: Any) -> Query:
        return term(field, bound.hex) if operator is Operator.EQ else within(field, **{operator: bound.hex})

    return compare(predicate, ValueType.ID, present=exists(field), one=one, many=many)


def compare_time(field: str, predicate: Predicate) -> Query:
    """Compare a time by its whole milliseconds."""

    def one(operator: Operator, bound: datetime) -> Query:
        millis = to_millis(bound)
        return term(field, millis) if operator is Operator.EQ else within(field, **{operator: millis})

    def many(bounds: Sequence[datetime]) -> Query:
        return terms(field, sorted(set(map(to_millis, bounds))))

    return compare(predicate, ValueType.TIME, present=exists(field), one=one, many=many)


def compare_whole(field: str, predicate: Predicate) -> Query:
    """Compare an integer of 64 bits exactly with numbers of any kind."""

    def one(operator: Operator, bound: float) -> Query:
        if bound > INT64_MAX or bound < INT64_MIN:
            is_met = (bound > 0) if operator in (Operator.LT, Operator.LTE) else (bound < 0)
            return exists(field) if is_met and operator is not Operator.EQ else NONE
        if operator is Operator.EQ:
            return term(field, int(bound)) if bound == math.floor(bound) else NONE
        rounded = math.ceil(bound) if operator in (Operator.LT, Operator.GTE) else math.floor(bound)
        return within(field, **{operator: rounded})

    def many(bounds: Sequence[float]) -> Query:
        inside = (bound for bound in bounds if INT64_MIN <= bound <= INT64_MAX)
        return terms(field, sorted({int(bound) for bound in inside if bound == math.floor(bound)}))

    return compare(predicate, ValueType.NUMBER, present=exists(field), one=one, many=many)


def _equals(path: str, values: Sequence[Value]) -> Query:
    wanted = sorted({encode_value(value) for value in values if _is_typed(value)})
    return term(f"{path}.s", wanted[0]) if len(wanted) == 1 else terms(f"{path}.s", wanted)


def _bound(path: str, operator: Operator, bound: Value) -> Query:
    """Compare with one bound. Numbers go by `n` where doubles are exact; an infinity stands in `s` only."""
    if not _is_typed(bound):
        return NONE
    if type_of(bound) is ValueType.NUMBER and not is_large(float(bound)):  # type: ignore[arg-type]  # a number
        infinity = math.inf if operator in (Operator.GT, Operator.GTE) else -math.inf
        number = float(bound) + 0.0  # type: ignore[arg-type]  # a number
        return one_of([within(f"{path}.n", **{operator: number}), term(f"{path}.s", encode_value(infinity))])
    low, high = bounds_of(bound)
    other = low if operator in (Operator.LT, Operator.LTE) else high
    return within(f"{path}.s", **{operator: encode_value(bound), _OPPOSITE[operator]: other})


def _is_typed(value: Value) -> bool:
    """Say whether a parameter can be of the value's type, and equal it."""
    return type_of(value) in (ValueType.BOOLEAN, ValueType.NUMBER, ValueType.TEXT) and not is_nan(value)
