"""Orders as sort keys of the engine: the missing last in both directions, ties by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.filters import Field
from domain.orders import Direction, FieldOrder, MetricOrder, ParamOrder, TagOrder
from domain.search.questions import RelevanceOrder, SearchOrder
from search.elastic.metrics import FIELDS
from search.elastic.queries import term

SortKey = dict[str, Any]

BY_ID: SortKey = {"id": {"order": "asc"}}
BY_SCORE = (RelevanceOrder(),)

MISSING_DATES = {Direction.ASC: 253_402_300_800_000, Direction.DESC: -62_135_596_800_001}
"""Places of dates that are missing, behind the years 1 to 9999 in each direction: by `_last` the engine (9.5.3) loses
hits behind a cursor that stands there, where an index has no such date at all.
"""

_OPEN_DATES = frozenset({Field.STARTED_AT, Field.ENDED_AT})
_FIELDS = {
    Field.CREATED_AT: "createdAt",
    Field.STARTED_AT: "startedAt",
    Field.ENDED_AT: "endedAt",
    Field.STATUS: "status",
    Field.KIND: "ownKind",
    Field.NAME: "name",
    Field.CREATED_BY: "createdBy",
    Field.HOST: "host",
    Field.NUMBER: "number",
    Field.EXPERIMENT: "experimentName",
}


def build_sort(orders: Sequence[SearchOrder]) -> list[SortKey]:
    """Return the sort keys of an order, the id behind them."""
    return [*map(_build, orders), BY_ID]


def asks_score(orders: Sequence[SearchOrder]) -> bool:
    return any(isinstance(order, RelevanceOrder) for order in orders)


def _build(order: SearchOrder) -> SortKey:
    direction = order.direction.lower()
    match order:
        case RelevanceOrder():
            return {"_score": {"order": direction}}
        case MetricOrder():
            return _nested("m", order.key, FIELDS[order.of], direction)
        case ParamOrder():
            return _nested("p", order.key, "p.o", direction)
        case TagOrder():
            return _nested("g", order.key, "g.s", direction)
        case FieldOrder():
            missing = MISSING_DATES[order.direction] if order.field in _OPEN_DATES else "_last"
            return {_FIELDS[order.field]: {"order": direction, "missing": missing}}


def _nested(path: str, key: str, field: str, direction: str) -> SortKey:
    among = {"path": path, "filter": term(f"{path}.k", key)}
    return {field: {"order": direction, "missing": "_last", "nested": among}}
