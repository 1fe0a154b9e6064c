"""An edge of lineage as it stands now."""

from __future__ import annotations

from typing import Self

import strawberry

from api.info import Info
from api.lineage.enums import EdgeKind, Origin, Role, WriteMode
from api.nodes.loaders import load_present
from api.nodes.types import Node, make_id
from api.scalars import JSON, DateTime, Int64
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.edges import ALWAYS, Interval


@strawberry.type(description="One claim that a node has something of another, by one producer.")
class LineageEdge:
    id: strawberry.ID = strawberry.field(description="Global id; `retractLineage` takes it.")
    kind: EdgeKind = strawberry.field(description="What it says.")
    role: Role | None = strawberry.field(description="What the version is to the run, of USED and GENERATED.")
    subset: str | None = strawberry.field(description="Which part of the version.")
    origin: Origin = strawberry.field(description="How it is known.")
    producer: str = strawberry.field(description="Who says so; empty where nobody was named.")
    inferred: bool = strawberry.field(description="Whether Whence concluded it from other facts.")
    held_from: DateTime | None = strawberry.field(description="Since when it holds; null where nobody knows.")
    held_to: DateTime | None = strawberry.field(description="When it ceased to hold; null while it does.")
    step: Int64 | None = strawberry.field(description="Step of the run that it happened at.")
    mode: WriteMode | None = strawberry.field(description="What the write did to what was there.")
    range: JSON | None = strawberry.field(description="Which range was used: offsets, snapshots, a window, a cutoff.")
    path: str | None = strawberry.field(description="Of RAN_CODE: the file that was run.")
    entry_point: str | None = strawberry.field(description="Of RAN_CODE: where it was entered.")
    evidence: str | None = strawberry.field(description="What it rests on, in the words of whoever says so.")
    overlapping: bool = strawberry.field(description="Whether the version was still being written when it was read.")
    source_key: strawberry.Private[NodeKey]
    target_key: strawberry.Private[NodeKey]

    @strawberry.field(description="Where data flows from.")
    async def source(self, info: Info) -> Node:
        return await load_present(info, self.source_key)

    @strawberry.field(description="Where data flows to.")
    async def target(self, info: Info) -> Node:
        return await load_present(info, self.target_key)

    @classmethod
    def of(cls, interval: Interval, workspace: WorkspaceID) -> Self:
        edge, held = interval.edge, interval.held
        return cls(
            id=make_id(NodeKind.EDGE, workspace, edge.id),
            kind=edge.kind,
            role=edge.role,
            subset=edge.subset,
            origin=edge.origin,
            producer=edge.producer,
            inferred=edge.origin is Origin.INFERRED,
            held_from=None if held.held_from == ALWAYS else held.held_from,
            held_to=held.held_to,
            step=held.step,
            mode=held.mode,
            range=None if held.range is None else dict(held.range),
            path=held.path,
            entry_point=held.entry_point,
            evidence=held.evidence,
            overlapping=held.overlapping,
            source_key=edge.source,
            target_key=edge.target,
        )
