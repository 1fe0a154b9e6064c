"""Numbers of series, finite or not: an infinity is the largest double and a mark, NaN is a mark without a number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from domain.filters import Statistic
from domain.predicates import Operator, Predicate, ValueType, is_nan, type_of
from search.elastic.conditions import compare_whole
from search.elastic.queries import NONE, Query, all_of, both, exists, one_of, term, terms, within
from search.elastic.values import LARGEST

FIELDS = {statistic: f"m.{statistic.lower()}" for statistic in Statistic}
MARKS = {math.inf: "+inf", -math.inf: "-inf"}
NAN = "nan"


def mark_number(name: str, value: float) -> tuple[float | None, str | None]:
    """Return what stands in the field of a number, and its mark where it is not finite."""
    if math.isnan(value):
        return None, f"{name}:{NAN}"
    if math.isinf(value):
        return math.copysign(LARGEST, value), f"{name}:{MARKS[value]}"
    return value + 0.0, None


def list_marks(of: Statistic) -> list[str]:
    """Return every mark that a number of a series may bear."""
    return [f"{of.lower()}:{mark}" for mark in (*MARKS.values(), NAN)]


def compare_metric(of: Statistic, predicate: Predicate) -> Query:
    """Compare one number of an entry below `m`. Bounds become doubles, those of a count stay as they are."""
    if of is Statistic.COUNT:
        return compare_whole(FIELDS[of], predicate)
    bounds = [float(v) + 0.0 for v in predicate.values if type_of(v) is ValueType.NUMBER and not is_nan(v)]  # type: ignore[arg-type]
    match predicate.operator:
        case Operator.EXISTS:
            return _exists(of)
        case Operator.NE:
            return both(_exists(of), _equals(of, bounds))
        case Operator.EQ | Operator.IN:
            return _equals(of, bounds)
        case Operator.BETWEEN:
            if len(bounds) < 2:
                return NONE
            return all_of([_bound(of, Operator.GTE, bounds[0]), _bound(of, Operator.LTE, bounds[1])])
        case operator:
            return _bound(of, operator, bounds[0]) if bounds else NONE


def _exists(of: Statistic) -> Query:
    """NaN is there, too."""
    return one_of([exists(FIELDS[of]), term("m.x", f"{of.lower()}:{NAN}")])


def _equals(of: Statistic, bounds: Sequence[float]) -> Query:
    finite = sorted({bound for bound in bounds if math.isfinite(bound)})
    marked = [_marked(of, bound) for bound in set(bounds) if math.isinf(bound)]
    found = term(FIELDS[of], finite[0]) if len(finite) == 1 else terms(FIELDS[of], finite)
    if any(abs(bound) == LARGEST for bound in finite):
        found = both(found, terms("m.x", [f"{of.lower()}:{mark}" for mark in MARKS.values()]))
    return one_of([found, *marked])


def _bound(of: Statistic, operator: Operator, bound: float) -> Query:
    """Compare with one bound: an infinity is beyond every number, and equals itself only."""
    if operator in (Operator.LTE, Operator.GTE):
        strict = Operator.LT if operator is Operator.LTE else Operator.GT
        return one_of([_equals(of, [bound]), _bound(of, strict, bound)])
    beyond = -math.inf if operator is Operator.LT else math.inf
    if bound == beyond:
        return NONE
    if math.isinf(bound):
        return both(exists(FIELDS[of]), _marked(of, bound))
    return one_of([within(FIELDS[of], **{operator: bound}), _marked(of, beyond)])


def _marked(of: Statistic, infinity: float) -> Query:
    return term("m.x", f"{of.lower()}:{MARKS[infinity]}")
