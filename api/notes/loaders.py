"""Notes by what they stand on, a page and a count for each of many nodes in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import ArgumentLoader, BatchLoader
from api.connections import Connection, PageArguments, connect_page, read_page
from api.info import Info
from api.notes.types import Note
from domain import notes
from domain.pages import Count, Page
from store.notes import count_notes_on, fetch_notes_on


class NotesOnLoader(ArgumentLoader[UUID, PageArguments, Page[notes.Note]]):
    """Pages of notes by the node they stand on."""

    async def fetch(
        self, conn: AsyncConnection, keys: Sequence[UUID], arguments: PageArguments
    ) -> Mapping[UUID, Page[notes.Note]]:
        return await fetch_notes_on(conn, self.workspace, keys, first=arguments.first, after=arguments.after)

    def absent(self) -> Page[notes.Note]:
        return Page([], has_next=False)


class NoteCountLoader(BatchLoader[UUID, Count]):
    """How many notes stand on a node."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[UUID]) -> Mapping[UUID, Count]:
        return await count_notes_on(conn, self.workspace, keys)

    def absent(self, key: UUID) -> Count:
        return Count(0, exact=True)


async def connect_notes(info: Info, subject: UUID, *, first: int, after: str | None) -> Connection[Note]:
    """Return the notes on a node as a connection."""
    loaders, workspace = info.context.loaders, info.context.workspace
    page = await loaders.notes_on.load((subject, read_page(first, after)))
    return connect_page(
        page,
        make=lambda note: Note.of(note, workspace),
        moment=lambda note: note.created_at,
        count=partial(loaders.note_counts.load, subject),
    )
