"""Deployments and their revisions."""

from __future__ import annotations

from typing import Self
from uuid import UUID

import strawberry

from api.info import Info
from api.nodes.loaders import load_named
from api.nodes.types import LineageFacts, take_facts
from api.scalars import DateTime
from domain import nodes
from domain.ids import NodeKey, NodeKind, WorkspaceID


@strawberry.type(description="An endpoint in an environment.")
class Deployment(LineageFacts):
    environment: str = strawberry.field(description="Where it serves: `production`, `staging`.")
    endpoint: str = strawberry.field(description="The endpoint's name there.")

    @classmethod
    def of(cls, node: nodes.Deployment, workspace: WorkspaceID) -> Self:
        return cls(**take_facts(node, workspace), environment=node.environment, endpoint=node.endpoint)


@strawberry.type(description="What an endpoint served from a start to an end.")
class DeploymentRevision(LineageFacts):
    parent: strawberry.Private[UUID]
    name: str = strawberry.field(description="Name of the revision, unique in its deployment.")
    started_at: DateTime | None = strawberry.field(description="When it began to serve.")
    ended_at: DateTime | None = strawberry.field(description="When it ceased; null while it serves.")

    @strawberry.field(description="The deployment that this is a revision of.")
    async def deployment(self, info: Info) -> Deployment:
        return await load_named(info, NodeKey(NodeKind.DEPLOYMENT, self.parent), Deployment)

    @classmethod
    def of(cls, node: nodes.DeploymentRevision, workspace: WorkspaceID) -> Self:
        return cls(
            **take_facts(node, workspace),
            parent=node.deployment,
            name=node.name,
            started_at=node.started_at,
            ended_at=node.ended_at,
        )
