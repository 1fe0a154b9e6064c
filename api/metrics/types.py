"""Metric series: summaries for tables, columns of points for charts."""

from __future__ import annotations

from typing import Any, cast

import strawberry

from api.enums import expose
from api.nodes.types import make_id
from api.scalars import DateTime, Float64, Float64List, Int64, Int64List
from domain.ids import NodeKind, WorkspaceID
from domain.metrics import Attempts, Duplicates, Goal
from store.metrics.reading import SeriesData

expose(
    Goal,
    "Which end of a metric is the good one.",
    {"MIN": "Lower is better, as of a loss.", "MAX": "Higher is better, as of an accuracy."},
)
expose(
    Attempts,
    "Which attempts' points are meant.",
    {
        "CURRENT": "What stands: points that no later attempt superseded.",
        "ALL": "Superseded points too.",
    },
)
expose(
    Duplicates,
    "What to give where a series has several points at one step.",
    {"ALL": "Every point, in the order of their times.", "LAST_PER_STEP": "The last point of each step."},
)


@strawberry.type(description="One value at a step and a time.")
class MetricPoint:
    step: Int64 = strawberry.field(description="Step, as the run counts it.")
    time: DateTime = strawberry.field(description="When it was measured, to the millisecond.")
    value: Float64 = strawberry.field(description="The value; may be NaN or infinite.")


@strawberry.type(description="A metric series of a run in a few numbers, kept up to date by every write.")
class Metric:
    """Answered from `StoredSummary`, which has all of it under the same names."""

    key: str = strawberry.field(description="1 to 500 characters.")
    count: Int64 = strawberry.field(description="Points, NaN included; superseded ones are not.")
    nans: Int64 = strawberry.field(description="Points whose value is NaN.")
    infinities: Int64 = strawberry.field(description="Points whose value is infinite.")
    first: MetricPoint = strawberry.field(description="The point with the lowest (step, attempt, time).")
    last: MetricPoint = strawberry.field(
        description="The point with the highest (step, attempt, time), then arrival; may be NaN."
    )
    min: MetricPoint | None = strawberry.field(description="The lowest value; null when all are NaN.")
    max: MetricPoint | None = strawberry.field(description="The highest value; null when all are NaN.")
    best: MetricPoint | None = strawberry.field(
        description="The lowest or highest value by the goal of `defineMetric`; null without a goal."
    )
    goal: Goal | None = strawberry.field(description="Which end is the good one, if `defineMetric` said so.")
    unit: str | None = strawberry.field(description="Unit of the values, if `defineMetric` said so.")
    recomputing: bool = strawberry.field(
        description="True while the summary of a resumed run is still computed again: read it later."
    )


@strawberry.type(description="Points of one series as columns of equal length, in the order of steps.")
class SeriesPoints:
    key: str = strawberry.field(description="The metric's key.")
    run: strawberry.ID = strawberry.field(description="Global id of the run that has the points.")
    exact: bool = strawberry.field(
        description="True when every point is here; false when they were reduced to an envelope that keeps the lowest "
        "and highest value of each part."
    )
    count: Int64 = strawberry.field(description="Points in the asked range before any reduction.")
    steps: Int64List = strawberry.field(description="Steps, rising.")
    values: Float64List = strawberry.field(description="Values; NaN and infinities by name.")
    times_ms: Int64List = strawberry.field(description="Times in milliseconds since 1970.")
    attempts: Int64List = strawberry.field(
        description="The attempt of each point, by its place in `Run.attempts` counted from 1; 0 where none was named."
    )
    superseded: Int64List = strawberry.field(
        description="Places of those points, counted from 0, that a later attempt superseded; none but with "
        "`attempts: ALL`."
    )
    contexts: Int64List | None = strawberry.field(
        description="What each point was measured on, by its place in `Run.metricContexts` counted from 1; 0: nobody "
        "said. Null where nobody said it of any point, and where `exact` is false."
    )

    @classmethod
    def of(cls, data: SeriesData, workspace: WorkspaceID) -> SeriesPoints:
        return cls(
            key=data.key,
            run=make_id(NodeKind.RUN, workspace, data.run),
            exact=data.exact,
            count=data.count,
            steps=cast("Any", data.steps),
            values=cast("Any", data.values),
            times_ms=cast("Any", data.times),
            attempts=cast("Any", data.attempts),
            superseded=cast("Any", data.superseded),
            contexts=cast("Any", data.contexts),
        )
