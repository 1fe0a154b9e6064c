"""Registered models and their versions."""

from __future__ import annotations

from typing import Self
from uuid import UUID

import strawberry

from api.info import Info
from api.lineage.availability import Availability
from api.lineage.named_views import ContentViews, ModelViews
from api.nodes.loaders import load_named
from api.nodes.types import LineageFacts, take_facts
from api.scalars import DateTime
from domain import nodes
from domain.ids import NodeKey, NodeKind, WorkspaceID
from store.models import NamedTime


@strawberry.type(description="What an alias of a model meant for a time.")
class AliasTime:
    alias: str = strawberry.field(description="The alias.")
    version: str | None = strawberry.field(description="Name of the version that it meant; null: it meant nothing.")
    held_from: DateTime = strawberry.field(description="From when.")
    held_to: DateTime | None = strawberry.field(description="Until when; null: it still does.")

    @classmethod
    def of(cls, time: NamedTime) -> Self:
        return cls(alias=time.alias, version=time.version, held_from=time.held_from, held_to=time.held_to)


@strawberry.type(description="A registered model, by name.")
class Model(LineageFacts):
    registry: str = strawberry.field(description="The registry it is in; `whence` is our own.")
    name: str = strawberry.field(description="Its name in that registry.")

    @strawberry.field(description="What its aliases meant and when, as it is known now: by alias, then time.")
    async def alias_times(self, info: Info) -> list[AliasTime]:
        return [AliasTime.of(one) for one in await info.context.loaders.alias_times.load(self.uuid)]

    @classmethod
    def of(cls, node: nodes.Model, workspace: WorkspaceID) -> Self:
        return cls(**take_facts(node, workspace), registry=node.registry, name=node.name)


@strawberry.type(description="One version of a registered model.")
class ModelVersion(LineageFacts, ModelViews, ContentViews):
    parent: strawberry.Private[UUID]
    name: str = strawberry.field(description="Name of the version, unique in its model.")
    digest: str | None = strawberry.field(description="Digest of the content, `sha256:<hex>`.")
    stage: str | None = strawberry.field(description="Where it stands on its way to being served.")
    availability: Availability | None = strawberry.field(
        description="Whether the bytes are still to be had; null where nobody said. As it is now, whatever `asOf` says."
    )

    @strawberry.field(description="The model that this is a version of.")
    async def model(self, info: Info) -> Model:
        return await load_named(info, NodeKey(NodeKind.MODEL, self.parent), Model)

    @strawberry.field(description="Aliases of the model that mean this version now, by name; at most 100 are given.")
    async def aliases(self, info: Info) -> list[str]:
        return await info.context.loaders.aliases.load(self.uuid)

    @strawberry.field(
        description="Other versions of models with the same bytes, the oldest first; at most 100 are given."
    )
    async def same_bytes_as(self, info: Info) -> list[ModelVersion]:
        if self.digest is None:
            return []
        found = await info.context.loaders.same_bytes.load(self.digest)
        workspace = info.context.workspace
        return [ModelVersion.of(one, workspace) for one in found if one.id != self.uuid]

    @classmethod
    def of(cls, node: nodes.ModelVersion, workspace: WorkspaceID) -> Self:
        return cls(
            **take_facts(node, workspace),
            parent=node.model,
            name=node.name,
            digest=node.digest,
            stage=node.stage,
            availability=Availability.of(node.availability),
        )
