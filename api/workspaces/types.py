"""Workspaces: the team, and the boundary of what is shared."""

from __future__ import annotations

from typing import Self

import strawberry

from api.nodes.types import Node, make_id
from api.scalars import DateTime, Int64
from domain import workspaces
from domain.ids import NodeKind, WorkspaceID


@strawberry.type(description="A team's own part of the record. Nothing is shared between two workspaces.")
class Workspace(Node):
    name: str = strawberry.field(description="Its name in addresses: `/w/<name>/graphql`.")
    created_at: DateTime = strawberry.field(description="When it was made.")
    revision: Int64 = strawberry.field(description="Raised by every change that a reader can see.")
    version: Int64 = strawberry.field(description="Raised by what a person sets.")

    @classmethod
    def of(cls, workspace: workspaces.Workspace, _inside: WorkspaceID | None = None) -> Self:
        return cls(
            id=make_id(NodeKind.WORKSPACE, workspace.id, workspace.id),
            uuid=workspace.id,
            name=workspace.name,
            created_at=workspace.created_at,
            revision=workspace.revision,
            version=workspace.version,
        )
