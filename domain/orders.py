"""Orders of the run table: by any metric, parameter, tag or field, each up or down, ties by id ascending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from domain.errors import InvalidInput, TooLarge
from domain.filters import Field, Statistic
from domain.texts import check_key

ORDER_LIMIT = 8
"""Keys that one order may have."""

ORDER_FIELDS = frozenset(
    {
        Field.CREATED_AT,
        Field.STARTED_AT,
        Field.ENDED_AT,
        Field.STATUS,
        Field.KIND,
        Field.NAME,
        Field.CREATED_BY,
        Field.HOST,
        Field.NUMBER,
        Field.EXPERIMENT,
    }
)
"""Fields that runs can be ordered by; `experiment` is its name."""


class Direction(StrEnum):
    """Up or down. What is missing comes last in both."""

    ASC = "ASC"
    DESC = "DESC"


@dataclass(frozen=True, slots=True)
class MetricOrder:
    """By a number of a series; NaN counts as missing, an infinity as the largest double."""

    key: str
    of: Statistic = Statistic.LAST
    direction: Direction = Direction.ASC

    def __post_init__(self) -> None:
        check_key(self.key, "key")


@dataclass(frozen=True, slots=True)
class ParamOrder:
    """By a parameter: booleans, then numbers, then texts; JSON counts as missing."""

    key: str
    direction: Direction = Direction.ASC

    def __post_init__(self) -> None:
        check_key(self.key, "key")


@dataclass(frozen=True, slots=True)
class TagOrder:
    """By the text of a tag."""

    key: str
    direction: Direction = Direction.ASC

    def __post_init__(self) -> None:
        check_key(self.key, "key")


@dataclass(frozen=True, slots=True)
class FieldOrder:
    """By a field of the run."""

    field: Field
    direction: Direction = Direction.ASC

    def __post_init__(self) -> None:
        if self.field not in ORDER_FIELDS:
            raise InvalidInput(f"runs cannot be ordered by {self.field}", path=["field"])


Order: TypeAlias = MetricOrder | ParamOrder | TagOrder | FieldOrder

NEWEST_FIRST = (FieldOrder(Field.CREATED_AT, Direction.DESC),)
"""The order where none was asked for."""


def check_orders(orders: Sequence[Order]) -> tuple[Order, ...]:
    """Return the keys of an order, a key that stands there twice once; the newest first where there is none.
    Raises `TooLarge` above the limit.
    """
    if len(orders) > ORDER_LIMIT:
        raise TooLarge(f"the order has {len(orders)} keys; at most {ORDER_LIMIT} are taken", path=["orderBy"])
    kept: dict[object, Order] = {}
    for order in orders:
        kept.setdefault(_subject(order), order)
    return tuple(kept.values()) or NEWEST_FIRST


def _subject(order: Order) -> object:
    match order:
        case MetricOrder():
            return ("metric", order.key, order.of)
        case ParamOrder():
            return ("param", order.key)
        case TagOrder():
            return ("tag", order.key)
        case FieldOrder():
            return order.field
