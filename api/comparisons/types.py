"""Runs side by side: one row a key."""

from __future__ import annotations

import strawberry

from api.code.types import CodeRevision
from api.metrics.types import MetricPoint
from api.runs.types import Run
from api.scalars import JSON
from domain.parameters import ParameterType

DIFFERS = "Whether the runs differ here; a run without it differs from one with it."


@strawberry.type(description="A run's value of a parameter.")
class ComparedParameterValue:
    run: Run = strawberry.field(description="The run.")
    value: JSON | None = strawberry.field(description="The value.")
    type: ParameterType = strawberry.field(description="The type of the value.")
    text: str = strawberry.field(description="The text it was given as.")


@strawberry.type(description="One parameter of several runs.")
class ComparedParameter:
    key: str = strawberry.field(description="The parameter's key.")
    values: list[ComparedParameterValue] = strawberry.field(description="One for each run that has it; at most 100.")
    differs: bool = strawberry.field(description=DIFFERS)


@strawberry.type(description="A run's summary of a metric.")
class ComparedMetricValue:
    run: Run = strawberry.field(description="The run.")
    first: MetricPoint = strawberry.field(description="The point at the lowest step.")
    last: MetricPoint = strawberry.field(description="The point at the highest step; may be NaN.")
    min: MetricPoint | None = strawberry.field(description="The lowest value; null when all are NaN.")
    max: MetricPoint | None = strawberry.field(description="The highest value; null when all are NaN.")


@strawberry.type(description="One metric of several runs.")
class ComparedMetric:
    key: str = strawberry.field(description="The metric's key.")
    values: list[ComparedMetricValue] = strawberry.field(description="One for each run that has it; at most 100.")
    differs: bool = strawberry.field(
        description="Whether the last values differ; a run without it differs from others."
    )


@strawberry.type(description="A run's text of a tag.")
class ComparedTagValue:
    run: Run = strawberry.field(description="The run.")
    value: str = strawberry.field(description="The text.")


@strawberry.type(description="One tag of several runs.")
class ComparedTag:
    key: str = strawberry.field(description="The tag's key.")
    values: list[ComparedTagValue] = strawberry.field(description="One for each run that has it; at most 100.")
    differs: bool = strawberry.field(description=DIFFERS)


@strawberry.type(description="Code that a run ran.")
class ComparedRunCode:
    revision: CodeRevision = strawberry.field(description="The code.")
    run: Run = strawberry.field(description="The run.")


@strawberry.type(description="A run's value of one thing that is known of environments.")
class ComparedEnvironmentValue:
    run: Run = strawberry.field(description="The run.")
    value: str = strawberry.field(description="The value; of several environments all of them, with commas.")


@strawberry.type(description="One thing that is known of the environments of several runs.")
class ComparedEnvironment:
    key: str = strawberry.field(description="`imageDigest`, `lockDigest` or `hardware`.")
    values: list[ComparedEnvironmentValue] = strawberry.field(description="One for each run that has it; at most 100.")
    differs: bool = strawberry.field(description=DIFFERS)


@strawberry.type(description="Runs side by side. A run has at most 4,000 parameters and 500 tags.")
class RunComparison:
    runs: list[Run] = strawberry.field(description="The runs in the order given; at most 100.")
    params: list[ComparedParameter] = strawberry.field(description="Parameters by key.")
    metrics: list[ComparedMetric] = strawberry.field(
        description="Metrics by key; of series under `system/` and `rank/` none."
    )
    tags: list[ComparedTag] = strawberry.field(description="Tags by key.")
    code: list[ComparedRunCode] = strawberry.field(
        description="The code of each run, by run; a run that ran several revisions has several. At most 10,000."
    )
    environment: list[ComparedEnvironment] = strawberry.field(description="What they ran in, at most three rows.")
