"""Aggregates: groups of runs, and the numbers of their metrics."""

from __future__ import annotations

from typing import Any, Self

import strawberry

from api.connections import TotalCount
from api.lineage.completeness import Freshness
from api.scalars import JSON, Float64, Int64
from api.search.enums import Dimension, Function
from api.search.types import SearchCompleteness, show_value
from domain.filters import Statistic
from domain.search import aggregates


@strawberry.type(description="What the runs of a group share.")
class GroupKey:
    dimension: Dimension = strawberry.field(description="The dimension.")
    key: str | None = strawberry.field(description="The key of a tag or parameter.")
    value: JSON | None = strawberry.field(description="The value; null for the runs that have none.")


@strawberry.type(description="A number of a group.")
class Measured:
    key: str = strawberry.field(description="The metric's key.")
    of: Statistic = strawberry.field(description="Which number of the series.")
    function: Function = strawberry.field(description="What was computed.")
    value: Float64 | None = strawberry.field(description="The result; null where there is nothing to compute.")
    missing: Int64 = strawberry.field(description="Runs of the group that do not have the number.")
    non_finite: Int64 = strawberry.field(description="Runs that have NaN or an infinity there; they are left out.")
    unfinished: Int64 = strawberry.field(description="Runs whose number may still move; they are counted.")


@strawberry.type(description="Runs that share the values of the dimensions.")
class GroupBucket:
    keys: list[GroupKey] = strawberry.field(description="What they share, in the order of `by`.")
    count: Int64 = strawberry.field(description="How many they are.")
    measures: list[Measured] = strawberry.field(description="Their numbers, one a function, in the order asked for.")

    @classmethod
    def of(cls, group: aggregates.Group) -> Self:
        measures = [
            Measured(
                key=one.key,
                of=one.of,
                function=one.function,
                value=one.value,
                missing=one.missing,
                non_finite=one.non_finite,
                unfinished=one.unfinished,
            )
            for one in group.measures
        ]
        keys: list[Any] = [
            GroupKey(dimension=one.by.dimension, key=one.by.key, value=show_value(one.value)) for one in group.keys
        ]
        return cls(keys=keys, count=group.count, measures=measures)


@strawberry.type(description="Groups of runs.")
class AggregateGroups:
    buckets: list[GroupBucket] = strawberry.field(description="The groups, the largest first, then by their values.")
    left_out: TotalCount = strawberry.field(description="How many groups are not among them.")
    completeness: SearchCompleteness = strawberry.field(description="Whether these are all groups.")
    freshness: Freshness = strawberry.field(description="Who answered, and how far that is behind the record.")
