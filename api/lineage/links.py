"""Links of an answer: what several edges say of the same two nodes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import BatchLoader
from api.info import Info
from api.lineage.edges import LineageEdge
from api.lineage.enums import EdgeKind, Origin, Role
from api.nodes.loaders import load_present
from api.nodes.types import Node
from api.scalars import DateTime
from domain.ids import NodeKey, WorkspaceID
from domain.lineage.collapsing import GroupLink
from domain.lineage.edges import ALWAYS, Interval
from domain.lineage.links import Link
from domain.positions import Position
from store.edge_reads import fetch_moments


class MomentLoader(BatchLoader[Position, "DateTime | None"]):
    """When positions were recorded, in one query; None where no sample tells yet."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[Position]) -> Mapping[Position, DateTime | None]:
        return await fetch_moments(conn, keys)

    def absent(self, key: Position) -> None:
        return None


@strawberry.type(
    description="What one or several edges say of the same two nodes: of equal kind, ends, role and subset."
)
class LineageLink:
    id: strawberry.ID = strawberry.field(description="The same for the same claim, whoever says it.")
    kind: EdgeKind = strawberry.field(description="What it says.")
    role: Role | None = strawberry.field(description="What the version is to the run, of USED and GENERATED.")
    subset: str | None = strawberry.field(description="Which part of the version.")
    origins: list[Origin] = strawberry.field(description="How it is known, each way once.")
    inferred: bool = strawberry.field(description="Whether nobody said it and Whence concluded it.")
    held_from: DateTime | None = strawberry.field(description="Since when it holds; null where nobody knows.")
    count: int = strawberry.field(description="How many links are folded into it: 1 where nothing is collapsed.")
    source_key: strawberry.Private[NodeKey]
    target_key: strawberry.Private[NodeKey]
    recorded: strawberry.Private[Position]
    intervals: strawberry.Private[Collection[Interval]]
    workspace: strawberry.Private[WorkspaceID]

    @strawberry.field(description="Where data flows from.")
    async def source(self, info: Info) -> Node:
        return await load_present(info, self.source_key)

    @strawberry.field(description="Where data flows to.")
    async def target(self, info: Info) -> Node:
        return await load_present(info, self.target_key)

    @strawberry.field(
        description="When it was first recorded, as what stands now; null for what is just being written."
    )
    async def recorded_at(self, info: Info) -> DateTime | None:
        return await info.context.loaders.moments.load(self.recorded)

    @strawberry.field(description="The edges, each with who says it.")
    def edges(self) -> list[LineageEdge]:
        return [LineageEdge.of(interval, self.workspace) for interval in self.intervals]

    @classmethod
    def of(cls, link: Link, workspace: WorkspaceID) -> LineageLink:
        return cls(
            id=strawberry.ID(str(link.id)),
            kind=link.kind,
            role=link.role,
            subset=link.subset,
            origins=list(link.origins),
            inferred=link.inferred,
            held_from=None if link.held_from == ALWAYS else link.held_from,
            count=1,
            source_key=link.source,
            target_key=link.target,
            recorded=link.recorded,
            intervals=link.intervals,
            workspace=workspace,
        )

    @classmethod
    def of_group(cls, group: GroupLink, workspace: WorkspaceID) -> LineageLink:
        first = cls.of(group.links[0], workspace)
        first.id = strawberry.ID("+".join((str(group.links[0].id), str(group.count))))
        first.subset = None
        first.count = group.count
        first.source_key, first.target_key = group.source, group.target
        first.origins = sorted({origin for link in group.links for origin in link.origins}, key=lambda each: each.value)
        first.inferred = all(link.inferred for link in group.links)
        first.recorded = min(link.recorded for link in group.links)
        first.intervals = [interval for link in group.links for interval in link.intervals]
        return first
