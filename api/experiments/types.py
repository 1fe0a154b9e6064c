"""Experiments: what runs are gathered under."""

from __future__ import annotations

from typing import Annotated, Self, cast

import strawberry

from api.batching import in_batch
from api.enums import expose
from api.info import Info
from api.nodes.types import Node, make_id
from api.scalars import DateTime, Int64
from api.tags.loaders import load_tags
from api.tags.types import Tag
from api.workspaces.types import Workspace
from domain import experiments
from domain.experiments import ExperimentStatus, Lifecycle
from domain.ids import NodeKey, NodeKind, WorkspaceID

expose(
    ExperimentStatus,
    "Where an experiment stands in its life.",
    {
        "ACTIVE": "In use.",
        "ARCHIVED": "Put away: left out of lists unless asked for.",
        "DELETED": "Deleted, and restorable until it is purged.",
    },
)
expose(
    Lifecycle,
    "Which rows a list shows.",
    {
        "PRESENT": "Neither archived nor deleted.",
        "ARCHIVED": "Archived and not deleted.",
        "DELETED": "Deleted and not purged.",
        "ALL": "Every one that is not purged.",
    },
)


@strawberry.type(description="A named collection of runs.")
class Experiment(Node):
    name: str = strawberry.field(description="Unique in the workspace, among the deleted ones too.")
    description: str | None = strawberry.field(description="What it is about; at most 64 KiB.")
    status: ExperimentStatus = strawberry.field(description="Where it stands in its life.")
    created_at: DateTime = strawberry.field(description="When it was recorded.")
    updated_at: DateTime = strawberry.field(description="When it was last changed.")
    archived_at: DateTime | None = strawberry.field(description="When it was archived; null while it is not.")
    deleted_at: DateTime | None = strawberry.field(description="When it was deleted; null while it is there.")
    revision: Int64 = strawberry.field(description="Raised by every change that a reader can see.")
    version: Int64 = strawberry.field(description="Raised by what a person sets; the `expectedVersion` of an update.")

    @strawberry.field(description="The workspace it belongs to.")
    async def workspace(self, info: Info) -> Workspace:
        context = info.context
        found = await context.loaders.nodes.load(NodeKey(NodeKind.WORKSPACE, context.workspace))
        return Workspace.of(found)

    @strawberry.field(description="Its tags by key; at most 500.", metadata=in_batch(load_tags))
    async def tags(
        self,
        info: Info,
        keys: Annotated[
            list[str] | None, strawberry.argument(description="Only these; without it all of them.")
        ] = None,
    ) -> list[Tag]:
        return cast("list[Tag]", (await load_tags(info.context, [self], keys))[0])

    @classmethod
    def of(cls, experiment: experiments.Experiment, workspace: WorkspaceID) -> Self:
        return cls(
            id=make_id(NodeKind.EXPERIMENT, workspace, experiment.id),
            uuid=experiment.id,
            name=experiment.name,
            description=experiment.description,
            status=experiment.status,
            created_at=experiment.created_at,
            updated_at=experiment.updated_at,
            archived_at=experiment.archived_at,
            deleted_at=experiment.deleted_at,
            revision=experiment.revision,
            version=experiment.version,
        )
