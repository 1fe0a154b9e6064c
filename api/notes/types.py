"""Notes: Markdown on any node, every version kept."""

from __future__ import annotations

from typing import Annotated, Self

import strawberry

from api.connections import DEFAULT_PAGE, FIRST, check_first
from api.info import Info
from api.nodes.loaders import load_present
from api.nodes.types import Node, make_id
from api.scalars import DateTime, Int64
from domain import notes
from domain.ids import NodeKey, NodeKind, NoteID, WorkspaceID
from store.notes import fetch_note_versions


@strawberry.type(description="A note as it stood from one edit to the next.")
class NoteVersion:
    version: Int64 = strawberry.field(description="Counted from 1.")
    text: str = strawberry.field(description="The Markdown of that version.")
    edited_by: str | None = strawberry.field(description="Who wrote it.")
    created_at: DateTime = strawberry.field(description="When it was recorded.")


@strawberry.type(description="Markdown on any node; every version is kept.")
class Note(Node):
    subject: strawberry.Private[NodeKey]
    text: str = strawberry.field(description="The Markdown as it is now, at most 1 MiB of UTF-8.")
    created_by: str | None = strawberry.field(description="Who wrote it first.")
    created_at: DateTime = strawberry.field(description="When it was recorded.")
    updated_at: DateTime = strawberry.field(description="When it was last changed.")
    deleted_at: DateTime | None = strawberry.field(description="When it was deleted; null while it is there.")
    revision: Int64 = strawberry.field(description="Raised by every change that a reader can see.")
    version: Int64 = strawberry.field(description="Raised by every edit; the `expectedVersion` of the next one.")

    @strawberry.field(description="What the note stands on.")
    async def on(self, info: Info) -> Node:
        return await load_present(info, self.subject)

    @strawberry.field(description="Its versions, the newest first.")
    async def versions(
        self, info: Info, first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE
    ) -> list[NoteVersion]:
        async with info.context.read() as conn:
            found = await fetch_note_versions(conn, info.context.workspace, NoteID(self.uuid))
        newest = found[::-1][: check_first(first)]
        return [
            NoteVersion(version=one.version, text=one.text, edited_by=one.edited_by, created_at=one.created_at)
            for one in newest
        ]

    @classmethod
    def of(cls, note: notes.Note, workspace: WorkspaceID) -> Self:
        return cls(
            id=make_id(NodeKind.NOTE, workspace, note.id),
            uuid=note.id,
            subject=note.subject,
            text=note.text,
            created_by=note.created_by,
            created_at=note.created_at,
            updated_at=note.updated_at,
            deleted_at=note.deleted_at,
            revision=note.revision,
            version=note.version,
        )
