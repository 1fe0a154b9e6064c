"""Notes: Markdown on any node, every version kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.ids import NodeKey, NodeKind, NoteID


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note as it stands now."""

    id: NoteID
    subject: NodeKey
    text: str
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    revision: int
    version: int

    @property
    def key(self) -> NodeKey:
        return NodeKey(NodeKind.NOTE, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteVersion:
    """A note as it stood from one edit to the next."""

    note: NoteID
    version: int
    text: str
    edited_by: str | None
    created_at: datetime
