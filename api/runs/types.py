"""Runs: executions of training code, and the groups that hold them."""

from __future__ import annotations

from typing import Annotated, Self, cast

import strawberry

from api.artifacts.types import Artifact
from api.batching import in_batch
from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection
from api.enums import expose
from api.experiments.types import Experiment
from api.info import Info
from api.metrics.contexts import MetricContext
from api.metrics.loaders import MOST_KEYS, connect_series, load_metrics
from api.metrics.types import Metric
from api.nodes.types import Node, make_id
from api.parameters.loaders import load_params
from api.parameters.types import Parameter
from api.runs.attempts import RunAttempt
from api.scalars import DateTime, Int64
from api.tags.loaders import load_tags
from api.tags.types import Tag
from domain import runs
from domain.attempts import MAX_ATTEMPTS
from domain.ids import ExperimentID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.metrics import MAX_CONTEXTS
from domain.runs import RunKind, RunStatus

expose(
    RunStatus,
    "How a run is doing.",
    {
        "RUNNING": "It runs, as far as anybody knows.",
        "FINISHED": "It ended as it should.",
        "FAILED": "It ended with an error.",
        "KILLED": "Somebody stopped it.",
        "LOST": "Three heartbeats were missed; a later one makes it RUNNING again.",
    },
)
expose(
    RunKind,
    "What a run does.",
    {
        "INGEST": "Brings data in.",
        "TRANSFORM": "Makes data from data.",
        "TRAIN": "Trains a model.",
        "EVALUATE": "Measures a model.",
        "PREDICT": "Applies a model.",
        "MERGE": "Makes one model of several.",
        "SELECT": "Chooses one of several candidates.",
        "DEPLOY": "Puts a model into service.",
        "SWEEP": "Holds the runs of a search over parameters.",
        "GROUP": "Holds runs that belong together, such as repeats over seeds.",
        "MANUAL": "A person did it by hand.",
    },
)

KEYS = "Only these; without it all of them."
Series = Connection[Metric]
Artifacts = Connection[Artifact]

OptionalKeys = Annotated[list[str] | None, strawberry.argument(description=KEYS)]
First = Annotated[int, strawberry.argument(description=FIRST)]
After = Annotated[str | None, strawberry.argument(description=AFTER)]


@strawberry.type(description="One execution of code, or a group of them.")
class Run(Node):
    in_experiment: strawberry.Private[ExperimentID]
    below: strawberry.Private[RunID | None]
    number: Int64 = strawberry.field(description="Its number in its experiment, counted from 1.")
    name: str = strawberry.field(description="Its name; not unique.")
    description: str | None = strawberry.field(description="What people say it is; at most 64 KiB.")
    kind: RunKind = strawberry.field(description="What it does.")
    status: RunStatus = strawberry.field(description="How it is doing.")
    attempt: strawberry.ID | None = strawberry.field(description="UUID of the current attempt, if one was named.")
    created_by: str | None = strawberry.field(description="Who made it, as told by the client.")
    host: str | None = strawberry.field(description="The machine it runs on, as told by the client.")
    started_at: DateTime = strawberry.field(description="When it started, as told by the client.")
    ended_at: DateTime | None = strawberry.field(description="When it ended; null while it runs.")
    heartbeat_at: DateTime | None = strawberry.field(description="Its last heartbeat, by our clock.")
    created_at: DateTime = strawberry.field(description="When it was recorded, by our clock.")
    archived_at: DateTime | None = strawberry.field(description="When it was archived; null while it is not.")
    deleted_at: DateTime | None = strawberry.field(description="When it was deleted; null while it is there.")
    revision: Int64 = strawberry.field(description="Raised by every change that a reader can see, points included.")
    version: Int64 = strawberry.field(description="Raised by what a person sets; the `expectedVersion` of an update.")

    @strawberry.field(description="The bare UUID of the run, taken wherever a run's id is.", name="uuid")
    def bare_uuid(self) -> strawberry.ID:
        return strawberry.ID(str(self.uuid))

    @strawberry.field(description="The experiment it belongs to.")
    async def experiment(self, info: Info) -> Experiment:
        found = await info.context.loaders.experiments.load(self.in_experiment)
        return Experiment.of(found, info.context.workspace)

    @strawberry.field(description="The run that this one is part of.")
    async def parent(self, info: Info) -> Self | None:
        if self.below is None:
            return None
        return type(self).of(await info.context.loaders.runs.load(self.below), info.context.workspace)

    @strawberry.field(description="The runs that are part of this one, the newest first.")
    async def children(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[Annotated[Run, strawberry.lazy("api.runs.types")]]:
        from api.runs.loaders import connect_children  # it makes values of this type

        return await connect_children(info, RunID(self.uuid), first=first, after=after)

    @strawberry.field(description="Its parameters by key; at most 4,000.", metadata=in_batch(load_params))
    async def params(self, info: Info, keys: OptionalKeys = None) -> list[Parameter]:
        return cast("list[Parameter]", (await load_params(info.context, [self], keys))[0])

    @strawberry.field(description="Its tags by key; at most 500.", metadata=in_batch(load_tags))
    async def tags(self, info: Info, keys: OptionalKeys = None) -> list[Tag]:
        return cast("list[Tag]", (await load_tags(info.context, [self], keys))[0])

    @strawberry.field(
        description="Summaries of the series that are asked for, in that order; those it lacks left out.",
        metadata=in_batch(load_metrics),
    )
    async def metrics(
        self,
        info: Info,
        keys: Annotated[list[str], strawberry.argument(description=f"Keys of the series, at most {MOST_KEYS}.")],
    ) -> list[Metric]:
        return cast("list[Metric]", (await load_metrics(info.context, [self], keys))[0])

    @strawberry.field(
        description="All its series by key. Those under `system/` and `rank/` only where the prefix names them."
    )
    async def series(
        self,
        info: Info,
        prefix: Annotated[str | None, strawberry.argument(description="How the keys begin.")] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Series:
        run = RunID(self.uuid)
        page = await connect_series(info, run, prefix=prefix, first=first, after=after)
        return cast("Series", page)

    @strawberry.field(
        description=f"Its attempts in their order; none where nobody ever named one. At most {MAX_ATTEMPTS:,}."
    )
    async def attempts(self, info: Info) -> list[RunAttempt]:
        return [RunAttempt.of(one) for one in (await info.context.loaders.attempts.load(RunID(self.uuid))).attempts]

    @strawberry.field(
        description="What its points were measured on and of; `SeriesPoints.contexts` counts these from 1. At most "
        f"{MAX_CONTEXTS:,}."
    )
    async def metric_contexts(self, info: Info) -> list[MetricContext]:
        return [MetricContext.make(one) for one in await info.context.loaders.metric_contexts.load(RunID(self.uuid))]

    @strawberry.field(description="True where somebody declared that lineage begins here; see `declareSource`.")
    async def declared_source(self, info: Info) -> bool:
        return await info.context.loaders.declared_sources.load(NodeKey(NodeKind.RUN, self.uuid))

    @strawberry.field(description="Files that it made, the oldest first.")
    async def artifacts(self, info: Info, first: First = DEFAULT_PAGE, after: After = None) -> Artifacts:
        from api.artifacts.loaders import connect_artifacts

        return await connect_artifacts(info, RunID(self.uuid), first=first, after=after)

    @strawberry.field(
        description="The file at a path that an alias or a number means, the newest without either; null where there "
        "is none."
    )
    async def artifact(
        self,
        info: Info,
        path: Annotated[str, strawberry.argument(description="Where it stands among the run's files.")],
        alias: Annotated[str | None, strawberry.argument(description="One of its aliases, or `latest`.")] = None,
        version: Annotated[
            Int64 | None, strawberry.argument(description="Its number among those at the path, counted from 1.")
        ] = None,
    ) -> Artifact | None:
        from api.artifacts.loaders import load_artifact

        return await load_artifact(info, RunID(self.uuid), path, alias=alias, version=version)

    @classmethod
    def of(cls, run: runs.Run, workspace: WorkspaceID) -> Self:
        return cls(
            id=make_id(NodeKind.RUN, workspace, run.id),
            uuid=run.id,
            in_experiment=run.experiment,
            below=run.parent,
            number=run.number,
            name=run.name,
            description=run.description,
            kind=run.kind,
            status=run.status,
            attempt=None if run.attempt is None else strawberry.ID(str(run.attempt)),
            created_by=run.created_by,
            host=run.host,
            started_at=run.started_at,
            ended_at=run.ended_at,
            heartbeat_at=run.heartbeat_at,
            created_at=run.created_at,
            archived_at=run.archived_at,
            deleted_at=run.deleted_at,
            revision=run.revision,
            version=run.version,
        )
