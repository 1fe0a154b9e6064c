"""Runs as clients write them."""

from __future__ import annotations

import strawberry

from api.artifacts.inputs import ArtifactInput
from api.code.inputs import CodeInput, EnvironmentInput
from api.lineage.descendants import DESPITE
from api.metrics.inputs import MetricSeriesInput
from api.mutating import WHICH_RUN, Attempted, Delivered, Keyed, OfRun
from api.parameters.inputs import MODE, PARAMETERS, PARAMS, ParameterInput
from api.scalars import DateTime, Int64, JSONObject
from api.tags.inputs import TAGS
from domain.parameters import ParameterMode
from domain.runs import BULK_LIMIT, RunKind, RunStatus
from store.lifecycle import LONGEST_S

NAME = "At most 500 characters; not unique."
EXPECTED = "Refuse with CONFLICT unless the run's `version` is this."
MANY = f"Global ids or bare UUIDs, at most {BULK_LIMIT:,}."


@strawberry.input(description="A run to be made.")
class CreateRunInput(Delivered):
    experiment: str = strawberry.field(
        description="The experiment, by name or global id; one that a name does not find is made."
    )
    id: strawberry.ID | None = strawberry.field(
        default=None,
        description="UUID of the run, chosen by the client so that it can begin offline; UUIDv7 is best. A taken one "
        "is a CONFLICT.",
    )
    name: str | None = strawberry.field(default=None, description=f"{NAME} Left out: `run` and its number.")
    description: str | None = strawberry.field(default=None, description="What it is; at most 64 KiB.")
    kind: RunKind = strawberry.field(default=RunKind.TRAIN, description="What it does.")
    parent: strawberry.ID | None = strawberry.field(
        default=None, description="The run it is part of: a global id or a bare UUID."
    )
    created_by: str | None = strawberry.field(default=None, description="Who makes it; at most 64 KiB.")
    host: str | None = strawberry.field(default=None, description="The machine it runs on; at most 64 KiB.")
    started_at: DateTime | None = strawberry.field(default=None, description="When it started; left out, now.")
    params: JSONObject | None = strawberry.field(default=None, description=PARAMS)
    parameters: list[ParameterInput] | None = strawberry.field(default=None, description=PARAMETERS)
    tags: JSONObject | None = strawberry.field(default=None, description=TAGS)
    code: CodeInput | None = strawberry.field(default=None, description="The code that it runs.")
    environment: EnvironmentInput | None = strawberry.field(default=None, description="What it runs in.")


@strawberry.input(description="A new attempt of a run.")
class ResumeRunInput(OfRun):
    attempt: strawberry.ID = strawberry.field(description="UUID of the new attempt, chosen by the client; UUIDv7.")
    after: strawberry.ID | None = strawberry.field(
        default=None, description="UUID of the newest attempt that its maker knows of."
    )
    restart_count: int = strawberry.field(default=0, description="How often the launcher has restarted it.")
    from_step: Int64 | None = strawberry.field(
        default=None,
        description="The step it goes on from: earlier points above it are superseded. Left out, none are.",
    )


@strawberry.input(description="How a run ended.")
class FinishInput:
    status: RunStatus = strawberry.field(description="FINISHED, FAILED or KILLED.")
    ended_at: DateTime | None = strawberry.field(default=None, description="When it ended; left out, now.")


@strawberry.input(description="The end of a run.")
class FinishRunInput(OfRun, FinishInput):
    status: RunStatus = strawberry.field(default=RunStatus.FINISHED, description="FINISHED, FAILED or KILLED.")


@strawberry.input(
    description="A sign of life. It takes no client key, nor writer and sequence: one that comes twice is one "
    "more sign."
)
class HeartbeatInput(Attempted):
    run: strawberry.ID = strawberry.field(description=WHICH_RUN)
    seconds: int = strawberry.field(
        default=30,
        description=f"When the next one comes, at the latest: 1 to {LONGEST_S:,}. Three missed ones make the run LOST.",
    )


@strawberry.input(description="Changes of a run; what is left out stays, null empties a field.")
class UpdateRunInput(OfRun):
    expected_version: Int64 | None = strawberry.field(default=None, description=EXPECTED)
    name: strawberry.Maybe[str] = strawberry.field(default=None, description=NAME)
    description: strawberry.Maybe[str | None] = strawberry.field(default=None, description="At most 64 KiB.")
    kind: strawberry.Maybe[RunKind] = strawberry.field(default=None, description="What it does.")
    status: strawberry.Maybe[RunStatus] = strawberry.field(
        default=None, description="To correct a wrong end; RUNNING reopens the run."
    )
    parent: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        default=None, description="The run it is part of; a run that is below it is refused."
    )
    created_by: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Who made it.")
    host: strawberry.Maybe[str | None] = strawberry.field(default=None, description="The machine it runs on.")
    started_at: strawberry.Maybe[DateTime] = strawberry.field(default=None, description="When it started.")
    ended_at: strawberry.Maybe[DateTime | None] = strawberry.field(default=None, description="When it ended.")


@strawberry.input(description="Runs to be deleted or restored.")
class RunsInput(Keyed):
    runs: list[strawberry.ID] = strawberry.field(description=MANY)


@strawberry.input(description="Runs to be put away, or taken out again.")
class ArchiveRunsInput(RunsInput):
    archived: bool = strawberry.field(default=True, description="False takes them out again.")


@strawberry.input(description="A run whose rows are to be erased; it must be deleted first.")
class PurgeRunInput(Keyed):
    run: strawberry.ID = strawberry.field(description=WHICH_RUN)
    despite_descendants: bool = strawberry.field(default=False, description=DESPITE)


@strawberry.input(description="A note of a batch.")
class BatchNoteInput:
    text: str = strawberry.field(description="Markdown, at most 1 MiB of UTF-8.")
    created_by: str | None = strawberry.field(default=None, description="Who wrote it.")


@strawberry.input(description="Everything of one run at once: all of it or nothing.")
class LogBatchInput(OfRun):
    params: JSONObject | None = strawberry.field(default=None, description=PARAMS)
    parameters: list[ParameterInput] | None = strawberry.field(default=None, description=PARAMETERS)
    mode: ParameterMode = strawberry.field(default=ParameterMode.SAME_OR_FAIL, description=MODE)
    tags: JSONObject | None = strawberry.field(default=None, description=TAGS)
    series: list[MetricSeriesInput] | None = strawberry.field(default=None, description="Points by series.")
    notes: list[BatchNoteInput] | None = strawberry.field(default=None, description="Notes on the run.")
    artifacts: list[ArtifactInput] | None = strawberry.field(default=None, description="Files that it made.")
    finish: FinishInput | None = strawberry.field(default=None, description="How it ended, if it did.")
    code: CodeInput | None = strawberry.field(default=None, description="The code that it runs.")
    environment: EnvironmentInput | None = strawberry.field(default=None, description="What it runs in.")
