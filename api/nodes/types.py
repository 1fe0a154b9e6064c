"""What every node of the record has: an id that nothing else has, and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection
from api.info import Info
from api.scalars import DateTime, Int64
from domain.ids import GlobalID, NodeKind, WorkspaceID, parse_global_id
from domain.nodes import LineageNode

if TYPE_CHECKING:
    from api.notes.types import Note


def make_id(kind: NodeKind, workspace: WorkspaceID, uuid: UUID) -> strawberry.ID:
    """Return the global id of a node."""
    return strawberry.ID(str(GlobalID(kind, workspace, uuid)))


@strawberry.interface(description="Anything that has a global id and may carry notes.")
class Node:
    id: strawberry.ID = strawberry.field(description="Global id, opaque and stable for ever.")
    uuid: strawberry.Private[UUID]

    @strawberry.field(description="Notes that stand on it, the newest first. Deleted ones are left out.")
    async def notes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[Annotated[Note, strawberry.lazy("api.notes.types")]]:
        from api.notes.loaders import connect_notes  # notes stand on nodes, and a note is a node

        return await connect_notes(info, self.uuid, first=first, after=after)


@strawberry.interface(description="A node of lineage: a name, an immutable version, code or an environment.")
class LineageFacts(Node):
    placeholder: bool = strawberry.field(description="True while it was only referred to and nobody described it.")
    description: str | None = strawberry.field(description="What people say it is.")
    owner: str | None = strawberry.field(description="Who answers for it.")
    happened_at: DateTime | None = strawberry.field(description="When it came to be, as told by whoever recorded it.")
    created_at: DateTime = strawberry.field(description="When it was recorded.")
    deleted_at: DateTime | None = strawberry.field(description="When it was deleted; null while it is there.")
    revision: Int64 = strawberry.field(description="Raised by every change that a reader can see.")
    version: Int64 = strawberry.field(description="Raised by what a person sets.")

    @strawberry.field(description="True where somebody declared that lineage begins here; see `declareSource`.")
    async def declared_source(self, info: Info) -> bool:
        return await info.context.loaders.declared_sources.load(parse_global_id(self.id).key)


def take_facts(node: LineageNode, workspace: WorkspaceID) -> dict[str, Any]:
    """Return the fields that all nodes of lineage have."""
    return {
        "id": make_id(node.kind, workspace, node.id),
        "uuid": node.id,
        "placeholder": node.placeholder,
        "description": node.description,
        "owner": node.owner,
        "happened_at": node.happened_at,
        "created_at": node.created_at,
        "deleted_at": node.deleted_at,
        "revision": node.revision,
        "version": node.version,
    }
