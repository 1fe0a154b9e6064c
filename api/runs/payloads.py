"""What mutations of runs answer with."""

from __future__ import annotations

import strawberry

from api.mutating import TOKEN
from api.problems import Problem
from api.runs.types import Run
from api.scalars import Int64

NOW = "The run as it is now."


@strawberry.type(description="A run was made.")
class CreateRunPayload:
    run: Run = strawberry.field(description="The run.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A run was resumed.")
class ResumeRunPayload:
    run: Run = strawberry.field(description=NOW)
    current: bool = strawberry.field(
        description="Whether the new attempt is the current one: a later one may be known."
    )
    recomputing: bool = strawberry.field(
        description="True while summaries of superseded series are computed again in the background."
    )
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A run was ended.")
class FinishRunPayload:
    run: Run = strawberry.field(description=NOW)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A run was changed.")
class UpdateRunPayload:
    run: Run = strawberry.field(description=NOW)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(
    description="A sign of life was noted. There is no token: alone it changes only `heartbeatAt`, has no position, "
    "and no projection waits for it."
)
class HeartbeatPayload:
    run: Run = strawberry.field(description=NOW)


@strawberry.type(description="What became of one run among several.")
class RunOutcome:
    id: strawberry.ID = strawberry.field(description="The id as it was given.")
    run: Run | None = strawberry.field(description="The run as it is now; null where there was a problem.")
    problem: Problem | None = strawberry.field(description="What kept it from happening.")


@strawberry.type(description="Runs were put away or taken out, each by itself.")
class ArchiveRunsPayload:
    outcomes: list[RunOutcome] = strawberry.field(description="One for each id, in the order given; at most 1,000.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="Runs were deleted, each by itself.")
class DeleteRunsPayload:
    outcomes: list[RunOutcome] = strawberry.field(description="One for each id, in the order given; at most 1,000.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="Runs were restored, each by itself.")
class RestoreRunsPayload:
    outcomes: list[RunOutcome] = strawberry.field(description="One for each id, in the order given; at most 1,000.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A run was purged. Its rows are erased in the background, its id is refused for ever.")
class PurgeRunPayload:
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="Everything was logged.")
class LogBatchPayload:
    run: Run = strawberry.field(description=NOW)
    accepted: Int64 = strawberry.field(description="Metric points of the request.")
    token: str = strawberry.field(description=TOKEN)
