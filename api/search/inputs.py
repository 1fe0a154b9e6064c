"""Questions of search as clients write them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry

from api.filters.orders import MetricOrderBy
from api.nodes.inputs import NodeRefInput
from api.search.enums import Dimension, Function, Interval
from domain.errors import DomainError, InvalidInput
from domain.filters import Field, Statistic
from domain.orders import Direction, FieldOrder, MetricOrder, ParamOrder, TagOrder
from domain.search.aggregates import Measure
from domain.search.questions import BUCKET_LIMIT, By, Facet, RelevanceOrder, SearchOrder

ZONE = "The time zone of the intervals, by its name in the IANA database."


@strawberry.enum(description="What hits can be ordered by; of a note, those of what it stands on but for CREATED_AT.")
class SearchOrderField(Enum):
    RELEVANCE = strawberry.enum_value(
        "RELEVANCE", description="How well the words fit, as the engine ranks; best first."
    )
    CREATED_AT = strawberry.enum_value(Field.CREATED_AT, description="When it was recorded; of a note its own date.")
    STARTED_AT = strawberry.enum_value(Field.STARTED_AT, description="When the run started.")
    ENDED_AT = strawberry.enum_value(Field.ENDED_AT, description="When the run ended; running ones come last.")
    STATUS = strawberry.enum_value(Field.STATUS, description="The run's status, by its name.")
    KIND = strawberry.enum_value(Field.KIND, description="The run's kind, by its name.")
    NAME = strawberry.enum_value(Field.NAME, description="The name, by code point.")
    CREATED_BY = strawberry.enum_value(Field.CREATED_BY, description="Who made it, by code point.")
    HOST = strawberry.enum_value(Field.HOST, description="The machine, by code point.")
    NUMBER = strawberry.enum_value(Field.NUMBER, description="The run's number in its experiment.")
    EXPERIMENT = strawberry.enum_value(Field.EXPERIMENT, description="The experiment's name, by code point.")


@strawberry.input(
    description="One key of an order: exactly one of `field`, `metric`, `param` and `tag`. Ties are broken by id; what "
    "is missing comes last."
)
class SearchOrderBy:
    field: SearchOrderField | None = strawberry.field(default=None, description="The words' fit, or a field.")
    metric: MetricOrderBy | None = strawberry.field(default=None, description="A number of a metric series.")
    param: str | None = strawberry.field(default=None, description="A parameter, by its key.")
    tag: str | None = strawberry.field(default=None, description="A tag, by its key.")
    direction: Direction | None = strawberry.field(
        default=None, description="Up or down; left out, up, and for RELEVANCE the best first."
    )


@strawberry.input(
    name="SearchFacet",
    description="Counts of hits by a dimension. TAG and PARAM take a key, dates an interval, the others neither.",
)
class FacetInput:
    dimension: Dimension = strawberry.field(description="What is counted by.")
    key: str | None = strawberry.field(default=None, description="Of TAG and PARAM: the key.")
    interval: Interval | None = strawberry.field(default=None, description="Of dates: how long a bucket is.")
    time_zone: str = strawberry.field(default="UTC", description=ZONE)
    own_filter: bool = strawberry.field(
        default=False,
        description="Whether what the question itself asks of this dimension holds for the facet, too. Left out, the "
        "facet shows what else could be chosen: conditions on it that stand in the topmost `and` do not count.",
    )
    first: int = strawberry.field(default=20, description=f"Buckets at most, 1 to {BUCKET_LIMIT}.")


@strawberry.input(
    description="What lies on one side of some nodes, as `lineage` walks: exactly one of the two sides. The nodes "
    "themselves are not in it."
)
class LineageScope:
    descendants_of: list[NodeRefInput] | None = strawberry.field(default=None, description="Downstream of these.")
    ancestors_of: list[NodeRefInput] | None = strawberry.field(default=None, description="Upstream of these.")
    max_depth: int | None = strawberry.field(
        default=None, description="How many edges away at most; left out, as far as it goes."
    )


@strawberry.input(
    name="GroupBy", one_of=True, description="One dimension that runs are grouped by; exactly one field is given."
)
class GroupByInput:
    tag: str | None = strawberry.field(default=strawberry.UNSET, description="The text of a tag, by its key.")
    param: str | None = strawberry.field(default=strawberry.UNSET, description="The value of a parameter, by its key.")
    field: Dimension | None = strawberry.field(default=strawberry.UNSET, description="A dimension without a key.")
    date: DateGroup | None = strawberry.field(default=strawberry.UNSET, description="A date, by intervals.")


@strawberry.input(description="Dates in intervals.")
class DateGroup:
    field: Dimension = strawberry.field(description="CREATED_AT, STARTED_AT or ENDED_AT.")
    interval: Interval = strawberry.field(description="How long a group is.")
    time_zone: str = strawberry.field(default="UTC", description=ZONE)


@strawberry.input(description="Functions of a number of a metric series, over the runs of a group.")
class MeasureInput:
    metric: MetricOrderBy = strawberry.field(description="Which number.")
    functions: list[Function] = strawberry.field(description="What is computed of it.")


def read_search_orders(given: Sequence[SearchOrderBy] | None) -> tuple[SearchOrder, ...]:
    """Return the order that an input means. Raises `InvalidInput`."""
    return tuple(_at(("orderBy", str(number)), one, _read_order) for number, one in enumerate(given or ()))


def read_facets(given: Sequence[FacetInput] | None) -> tuple[Facet, ...]:
    """Return facets. Raises `InvalidInput`, `TooLarge`."""
    return tuple(_at(("facets", str(number)), one, _read_facet) for number, one in enumerate(given or ()))


def read_groups(given: Sequence[GroupByInput] | None) -> tuple[By, ...]:
    """Return dimensions. Raises `InvalidInput`, `TooLarge`."""
    return tuple(_at(("by", str(number)), one, _read_group) for number, one in enumerate(given or ()))


def read_measures(given: Sequence[MeasureInput] | None) -> tuple[Measure, ...]:
    """Return measures. Raises `InvalidInput`, `TooLarge`."""
    return tuple(_at(("measures", str(number)), one, _read_measure) for number, one in enumerate(given or ()))


def _at(path: tuple[str, str], given: Any, read: Any) -> Any:
    try:
        return read(given)
    except DomainError as exc:
        raise exc.below(*path) from exc


def _read_order(given: SearchOrderBy) -> SearchOrder:
    named = [name for name in ("field", "metric", "param", "tag") if getattr(given, name) is not None]
    if len(named) != 1:
        raise InvalidInput(f"one of field, metric, param and tag is given, not {', '.join(named) or 'none'}")
    if given.field is SearchOrderField.RELEVANCE:
        return RelevanceOrder(given.direction or Direction.DESC)
    direction = given.direction or Direction.ASC
    if given.field is not None:
        return FieldOrder(given.field.value, direction)
    if given.metric is not None:
        return MetricOrder(given.metric.key, given.metric.of, direction)
    return ParamOrder(given.param, direction) if given.param is not None else TagOrder(str(given.tag), direction)


def _read_facet(given: FacetInput) -> Facet:
    return Facet(
        dimension=given.dimension,
        key=given.key,
        interval=given.interval,
        time_zone=given.time_zone,
        own_filter=given.own_filter,
        first=given.first,
    )


def _read_group(given: GroupByInput) -> By:
    if given.tag:
        return By(dimension=Dimension.TAG, key=given.tag)
    if given.param:
        return By(dimension=Dimension.PARAM, key=given.param)
    if given.field:
        return By(dimension=given.field)
    if given.date:
        return By(dimension=given.date.field, interval=given.date.interval, time_zone=given.date.time_zone)
    raise InvalidInput("a key is empty")


def _read_measure(given: MeasureInput) -> Measure:
    return Measure(given.metric.key, Statistic(given.metric.of), tuple(dict.fromkeys(given.functions)))
