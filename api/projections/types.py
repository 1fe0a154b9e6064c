"""Projections, their generations and tasks."""

from __future__ import annotations

from typing import Self

import strawberry

from api.enums import expose
from api.scalars import JSON, DateTime, Int64
from domain.projections import GenerationState, ProjectionName, TaskKind
from store.projections.generations import Generation
from store.projections.overview import ProjectionOverview
from store.projections.tasks import Task

expose(
    ProjectionName,
    "What follows the record in a server of its own.",
    {"GRAPH": "The lineage graph, in Neo4j.", "INDEX": "The search index, in Elasticsearch."},
)
expose(
    GenerationState,
    "Where a generation is. Each is written from its first moment on until it is dropped.",
    {
        "BUILDING": "It is being copied from the record.",
        "SERVING": "It answers questions.",
        "KEPT": "It served before, and is kept until the one after it is verified.",
    },
)
expose(
    TaskKind,
    "What can be asked of a projection.",
    {
        "REBUILD": "Build a new generation beside the serving one, let it serve, verify it, drop the old one.",
        "VERIFY": "Compare what is served with the record.",
        "REPAIR": "The same with contents computed anew, and write what differs.",
    },
    name="ProjectionTaskKind",
)


@strawberry.type(description="One copy of the record in a projection.")
class ProjectionGeneration:
    number: int = strawberry.field(description="Its number; none is used twice.")
    state: GenerationState = strawberry.field(description="Where it is.")
    started_at: DateTime = strawberry.field(description="When it was begun.")
    serving_at: DateTime | None = strawberry.field(description="When it began to serve.")
    verified_at: DateTime | None = strawberry.field(description="When it was last found without a difference.")
    copied: Int64 = strawberry.field(description="How many entities were copied when it was built.")

    @classmethod
    def of(cls, generation: Generation) -> Self:
        return cls(
            number=generation.number,
            state=generation.state,
            started_at=generation.started_at,
            serving_at=generation.serving_at,
            verified_at=generation.verified_at,
            copied=generation.copied,
        )


@strawberry.type(description="Something that was asked of a projection.")
class ProjectionTask:
    id: strawberry.ID = strawberry.field(description="Its UUID.")
    projection: str = strawberry.field(description="Of which projection.")
    kind: TaskKind = strawberry.field(description="What was asked for.")
    requested_at: DateTime = strawberry.field(description="When it was asked for.")
    started_at: DateTime | None = strawberry.field(description="When the projection's leader began it.")
    finished_at: DateTime | None = strawberry.field(description="When it ended, one way or the other.")
    done: Int64 = strawberry.field(description="How many entities were copied or compared so far.")
    total: Int64 | None = strawberry.field(description="About how many there are; null where that is not known.")
    result: JSON | None = strawberry.field(
        description="What came of it: `checked`, `differences` by kind (missing, stale, ahead, other, extra, refused), "
        "`examples`, `repaired`, `left`; of a rebuild `generation`, `copied`, `dropped` too."
    )
    error: str | None = strawberry.field(description="Why it was not done.")

    @classmethod
    def of(cls, task: Task) -> Self:
        return cls(
            id=strawberry.ID(str(task.id)),
            projection=task.projection,
            kind=task.kind,
            requested_at=task.requested_at,
            started_at=task.started_at,
            finished_at=task.finished_at,
            done=task.done,
            total=task.total,
            result=task.result,
            error=task.error,
        )


@strawberry.type(description="A copy of the record that answers some questions faster, and how far behind it is.")
class Projection:
    name: str = strawberry.field(description="`graph` or `index`.")
    checkpoint: Int64 = strawberry.field(description="All changes through this position are written or stand deferred.")
    record_position: Int64 = strawberry.field(description="Where the record is.")
    lag_rows: Int64 = strawberry.field(description="Changes that it has not taken yet; counted to 100,000.")
    lag_seconds: float = strawberry.field(description="For how long the oldest of them has been in the record.")
    pending: Int64 = strawberry.field(description="Entities put off because they change many times a second.")
    dead_letters: Int64 = strawberry.field(description="Entities that it refused; each is tried again.")
    last_error: str | None = strawberry.field(description="Why the newest of them was refused.")
    generation: int | None = strawberry.field(description="The generation that serves; null while the first is built.")
    trusted: bool = strawberry.field(
        description="False after the record was restored, until the projection was verified whole: the record answers."
    )
    leader: str | None = strawberry.field(description="Host and process that write it, or did last.")
    leader_since: DateTime | None = strawberry.field(description="Since when.")
    waits_for: str | None = strawberry.field(description="Why nothing is written now: its server is away, or full.")
    waits_since: DateTime | None = strawberry.field(description="Since when.")
    generations: list[ProjectionGeneration] = strawberry.field(description="All its generations, the oldest first.")
    tasks: list[ProjectionTask] = strawberry.field(description="The newest things asked of it, the newest first.")

    @classmethod
    def of(cls, overview: ProjectionOverview, generations: list[Generation], tasks: list[Task]) -> Self:
        return cls(
            name=overview.name,
            checkpoint=overview.checkpoint,
            record_position=overview.record,
            lag_rows=overview.lag_rows,
            lag_seconds=overview.lag_seconds,
            pending=overview.pending,
            dead_letters=overview.dead_letters,
            last_error=overview.last_error,
            generation=overview.generation,
            trusted=overview.trusted,
            leader=overview.leader,
            leader_since=overview.leader_since,
            waits_for=overview.waits_for,
            waits_since=overview.waits_since,
            generations=[ProjectionGeneration.of(one) for one in generations],
            tasks=[ProjectionTask.of(one) for one in tasks],
        )
