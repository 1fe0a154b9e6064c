"""The list `orderBy`, as clients write it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry

from api.enums import expose
from domain import orders
from domain.errors import DomainError, InvalidInput
from domain.filters import Field, Statistic
from domain.orders import Direction

expose(Direction, "Up or down. What is missing comes last in both.", {"ASC": "Up.", "DESC": "Down."})


@strawberry.enum(description="Fields of a run that runs can be ordered by.")
class RunOrderField(Enum):
    CREATED_AT = strawberry.enum_value(Field.CREATED_AT, description="When it was recorded.")
    STARTED_AT = strawberry.enum_value(Field.STARTED_AT, description="When it started.")
    ENDED_AT = strawberry.enum_value(Field.ENDED_AT, description="When it ended; running ones come last.")
    STATUS = strawberry.enum_value(Field.STATUS, description="The status, by its name.")
    KIND = strawberry.enum_value(Field.KIND, description="The kind, by its name.")
    NAME = strawberry.enum_value(Field.NAME, description="The name, by code point.")
    CREATED_BY = strawberry.enum_value(Field.CREATED_BY, description="Who made it, by code point.")
    HOST = strawberry.enum_value(Field.HOST, description="The machine, by code point.")
    NUMBER = strawberry.enum_value(Field.NUMBER, description="The number in its experiment.")
    EXPERIMENT = strawberry.enum_value(Field.EXPERIMENT, description="The experiment's name, by code point.")


@strawberry.input(description="A number of a metric series; NaN counts as missing.")
class MetricOrderBy:
    key: str = strawberry.field(description="The metric's key.")
    of: Statistic = strawberry.field(default=Statistic.LAST, description="Which number of the series.")


@strawberry.input(
    description="One key of an order: exactly one of `field`, `metric`, `param` and `tag`, and a direction. Ties are "
    "broken by id; what is missing comes last."
)
class RunOrder:
    field: RunOrderField | None = strawberry.field(default=None, description="A field of the run.")
    metric: MetricOrderBy | None = strawberry.field(default=None, description="A number of a metric series.")
    param: str | None = strawberry.field(
        default=None, description="A parameter, by its key: booleans, then numbers, then texts."
    )
    tag: str | None = strawberry.field(default=None, description="A tag, by its key.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Up or down.")


def read_orders(given: Sequence[RunOrder] | None) -> list[orders.Order]:
    """Return the order that an input means. Raises `InvalidInput`, `TooLarge`."""
    read: list[orders.Order] = []
    for index, one in enumerate(given or ()):
        try:
            read.append(_read_order(one))
        except DomainError as exc:
            raise exc.below("orderBy", str(index)) from exc
    return read


def _read_order(given: RunOrder) -> orders.Order:
    named = [name for name in ("field", "metric", "param", "tag") if getattr(given, name) is not None]
    if len(named) != 1:
        raise InvalidInput(f"one of field, metric, param and tag is given, not {', '.join(named) or 'none'}")
    key: Any = getattr(given, named[0])
    match named[0]:
        case "field":
            return orders.FieldOrder(key.value, given.direction)
        case "metric":
            return orders.MetricOrder(key.key, key.of, given.direction)
        case "param":
            return orders.ParamOrder(key, given.direction)
        case _:
            return orders.TagOrder(key, given.direction)
