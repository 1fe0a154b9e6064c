"""Datasets and feature views: names, and the versions that appear under them."""

from __future__ import annotations

from typing import Self
from uuid import UUID

import strawberry

from api.info import Info
from api.lineage.availability import Availability
from api.lineage.named_views import ContentViews
from api.nodes.loaders import load_named
from api.nodes.types import LineageFacts, take_facts
from api.scalars import Int64
from domain import nodes
from domain.ids import NodeKey, NodeKind, WorkspaceID


@strawberry.type(description="A name under which versions of data appear, as OpenLineage names it.")
class Dataset(LineageFacts):
    namespace: str = strawberry.field(description="Where it lives: `s3://data`, `postgres://host:5432`.")
    name: str = strawberry.field(description="Its name in that namespace.")

    @classmethod
    def of(cls, node: nodes.Dataset, workspace: WorkspaceID) -> Self:
        return cls(**take_facts(node, workspace), namespace=node.namespace, name=node.name)


@strawberry.type(description="Data as it was: a snapshot, a hash, or what a run left.")
class DatasetVersion(LineageFacts, ContentViews):
    parent: strawberry.Private[UUID]
    name: str = strawberry.field(description="Name of the version, unique in its dataset.")
    digest: str | None = strawberry.field(description="Digest of the content, `sha256:<hex>`; several may share it.")
    location: str | None = strawberry.field(description="Where the bytes are.")
    size: Int64 | None = strawberry.field(description="Size in bytes.")
    splits: list[str] | None = strawberry.field(
        description="Subsets that have nothing in common, where somebody named them; at most 100."
    )
    availability: Availability | None = strawberry.field(
        description="Whether the bytes are still to be had; null where nobody said. As it is now, whatever `asOf` says."
    )

    @strawberry.field(description="The dataset that this is a version of.")
    async def dataset(self, info: Info) -> Dataset:
        return await load_named(info, NodeKey(NodeKind.DATASET, self.parent), Dataset)

    @classmethod
    def of(cls, node: nodes.DatasetVersion, workspace: WorkspaceID) -> Self:
        return cls(
            **take_facts(node, workspace),
            parent=node.dataset,
            name=node.name,
            digest=node.digest,
            location=node.location,
            size=node.size,
            splits=node.splits,
            availability=Availability.of(node.availability),
        )


@strawberry.type(description="A definition of features, by name.")
class FeatureView(LineageFacts):
    namespace: str = strawberry.field(description="The feature store it is defined in.")
    name: str = strawberry.field(description="Its name there.")

    @classmethod
    def of(cls, node: nodes.FeatureView, workspace: WorkspaceID) -> Self:
        return cls(**take_facts(node, workspace), namespace=node.namespace, name=node.name)


@strawberry.type(description="One definition of a feature view.")
class FeatureViewVersion(LineageFacts):
    parent: strawberry.Private[UUID]
    name: str = strawberry.field(description="Name of the version, unique in its view.")

    @strawberry.field(description="The view that this is a version of.")
    async def feature_view(self, info: Info) -> FeatureView:
        return await load_named(info, NodeKey(NodeKind.FEATURE_VIEW, self.parent), FeatureView)

    @classmethod
    def of(cls, node: nodes.FeatureViewVersion, workspace: WorkspaceID) -> Self:
        return cls(**take_facts(node, workspace), parent=node.feature_view, name=node.name)
