"""Notes: on any node, edited with every version kept, deleted softly."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict, Gone, NotFound
from domain.ids import NodeKey, NodeKind, NoteID, WorkspaceID
from domain.notes import Note, NoteVersion
from domain.pages import Count, Page, TimeCursor
from domain.texts import check_note, check_text
from store import tables
from store.outbox import Changed
from store.paging import count_below, fetch_pages
from store.texts import Place, make_tsvectors, replace_texts
from store.touching import touch_node
from store.transactions import Transaction

notes, versions = tables.notes, tables.note_versions

# $1 workspace, $2 id, $3 and $4 the subject, $5 text, $6 created by, $7 kind of a note's node, $8 place, $9 tokens
INSERT = """
WITH note AS (
  INSERT INTO notes (workspace, id, subject_kind, subject, text, created_by) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (workspace, id) DO NOTHING RETURNING id
), version AS (
  INSERT INTO note_versions (workspace, note, version, text, edited_by) SELECT $1, id, 1, $5, $6 FROM note
), texts AS (
  INSERT INTO texts (workspace, subject, kind, about, field, piece, pieces, tokens)
  SELECT $1, note.id, $7, COALESCE((SELECT run FROM artifacts WHERE workspace = $1 AND id = $4), $4), $8, row.piece - 1,
         cardinality($9::text[]), row.tokens::tsvector
  FROM note, unnest($9::text[]) WITH ORDINALITY AS row (tokens, piece)
)
SELECT id FROM note
"""


async def add_note(
    tx: Transaction,
    workspace: WorkspaceID,
    subject: NodeKey,
    text: str,
    *,
    id: NoteID,
    created_by: str | None = None,
) -> None:
    """Put a note on any node of the workspace. Raises `NotFound`, `Gone`, `Conflict` if the id is taken."""
    check_note(text, "text")
    await touch_node(tx, workspace, subject, Changed.DOCUMENT)
    await insert_note(tx, workspace, subject, text, id=id, created_by=created_by)


async def insert_note(
    tx: Transaction, workspace: WorkspaceID, subject: NodeKey, text: str, *, id: NoteID, created_by: str | None
) -> None:
    """Add a note; its subject's revision must have been raised. Raises `Conflict` if the id is taken."""
    check_note(text, "text")
    if created_by is not None:
        check_text(created_by, "createdBy")
    tokens = make_tsvectors(text)
    about = (workspace, id, subject.kind.value, subject.uuid, text, created_by)
    if await tx.driver.fetchval(INSERT, *about, NodeKind.NOTE.value, Place.TEXT.value, tokens) is None:
        raise Conflict(f"note {id} already exists", path=["id"])
    tx.changed(workspace, NodeKey(NodeKind.NOTE, id), 1, Changed.DOCUMENT)


async def edit_note(
    tx: Transaction,
    workspace: WorkspaceID,
    note: NoteID,
    text: str,
    *,
    expected_version: int | None = None,
    edited_by: str | None = None,
) -> None:
    """Give a note another text. Raises `Conflict` for another version than expected, or for a deleted note."""
    check_note(text, "text")
    if edited_by is not None:
        check_text(edited_by, "editedBy")
    row = await lock_note(tx, workspace, note)
    if expected_version is not None and row.version != expected_version:
        raise Conflict(f"the note's version is {row.version}, not {expected_version}", path=["expectedVersion"])
    if row.deleted_at is not None:
        raise Conflict(f"note {note} is deleted: restore it first", path=["note"])
    if row.text != text:
        await _keep_version(tx, workspace, note, row.version + 1, text, edited_by)
        await _save_text(tx, workspace, row, text)
        await _save(tx, workspace, row, text=text, version=row.version + 1, updated_at=sa.func.now())


async def mark_note(tx: Transaction, workspace: WorkspaceID, note: NoteID, *, deleted: bool) -> None:
    """Delete a note softly, or restore it."""
    row = await lock_note(tx, workspace, note)
    if (row.deleted_at is not None) != deleted:
        await _save(tx, workspace, row, deleted_at=sa.func.now() if deleted else None)
        await _save_text(tx, workspace, row, None if deleted else row.text)


async def lock_note(tx: Transaction, workspace: WorkspaceID, note: NoteID) -> Any:
    """Lock what the note stands on, then the note. A note never moves, so its subject may be read unlocked.

    Raises `NotFound`, or `Gone` for a purged note.
    """
    at = (notes.c.workspace == workspace, notes.c.id == note)
    place = (await tx.conn.execute(sa.select(notes.c.subject_kind, notes.c.subject).where(*at))).first()
    if place is not None:
        await touch_node(tx, workspace, NodeKey(NodeKind(place.subject_kind), place.subject), Changed.DOCUMENT)
        row = (await tx.conn.execute(sa.select(notes).where(*at).with_for_update(key_share=True))).first()
        if row is not None:
            return row
    purged = tables.purged.c
    gone = await tx.conn.scalar(sa.select(purged.id).where(purged.workspace == workspace, purged.id == note))
    if gone is None:
        raise NotFound(f"no note {note} in this workspace", path=["note"])
    raise Gone(f"note {note} was purged", path=["note"])


async def _save(tx: Transaction, workspace: WorkspaceID, row: Any, **values: Any) -> None:
    revision = row.revision + 1
    await tx.conn.execute(
        sa.update(notes).where(notes.c.workspace == workspace, notes.c.id == row.id).values(**values, revision=revision)
    )
    tx.changed(workspace, NodeKey(NodeKind.NOTE, row.id), revision, Changed.DOCUMENT)


async def _save_text(tx: Transaction, workspace: WorkspaceID, row: Any, text: str | None) -> None:
    artifacts = tables.artifacts.c
    run = sa.select(artifacts.run).where(artifacts.workspace == workspace, artifacts.id == row.subject)
    on_artifact = row.subject_kind == NodeKind.ARTIFACT.value
    about = await tx.conn.scalar(run) if on_artifact else row.subject
    await replace_texts(tx, workspace, NodeKey(NodeKind.NOTE, row.id), {Place.TEXT: text}, about=about)


async def _keep_version(
    tx: Transaction, workspace: WorkspaceID, note: NoteID, version: int, text: str, edited_by: str | None
) -> None:
    await tx.conn.execute(
        sa.insert(versions).values(workspace=workspace, note=note, version=version, text=text, edited_by=edited_by)
    )


async def fetch_notes(conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[NoteID]) -> dict[NoteID, Note]:
    """Return those notes of the workspace that exist, deleted ones too, in one query."""
    rows = await conn.execute(sa.select(notes).where(notes.c.workspace == workspace, notes.c.id.in_(ids)))
    return {note.id: note for note in map(_note, rows)}


async def fetch_notes_on(
    conn: AsyncConnection, workspace: WorkspaceID, subjects: Sequence[UUID], *, first: int, after: TimeCursor | None
) -> dict[UUID, Page[Note]]:
    """Return the notes on each subject, the newest first, without deleted ones; one query."""
    pages = await fetch_pages(conn, notes, "subject", workspace, subjects, first=first, after=after, newest_first=True)
    return {subject: Page([_note(row) for row in page.items], page.has_next) for subject, page in pages.items()}


async def count_notes_on(conn: AsyncConnection, workspace: WorkspaceID, subjects: Sequence[UUID]) -> dict[UUID, Count]:
    """Count the notes on each subject."""
    return await count_below(conn, notes, "subject", workspace, subjects)


async def fetch_note_versions(conn: AsyncConnection, workspace: WorkspaceID, note: NoteID) -> list[NoteVersion]:
    """Return every version of a note, the first one first."""
    rows = await conn.execute(
        sa.select(versions)
        .where(versions.c.workspace == workspace, versions.c.note == note)
        .order_by(versions.c.version)
    )
    return [
        NoteVersion(
            note=row.note, version=row.version, text=row.text, edited_by=row.edited_by, created_at=row.created_at
        )
        for row in rows
    ]


def _note(row: Any) -> Note:
    return Note(
        id=row.id,
        subject=NodeKey(NodeKind(row.subject_kind), row.subject),
        text=row.text,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
        revision=row.revision,
        version=row.version,
    )
