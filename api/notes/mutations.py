"""Mutations of notes."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.info import Info
from api.mutating import TOKEN, Work, below, known_key, read_delivery, write
from api.nodes.loaders import load_named
from api.notes.inputs import AddNoteInput, EditNoteInput, NoteInput
from api.notes.types import Note
from api.problems import result_of
from domain.ids import NodeKey, NodeKind, NoteID, RunID, parse_uuid
from domain.references import parse_node_id
from store.notes import add_note, edit_note, mark_note
from store.purging import purge_note
from store.references import resolve_or_make
from store.transactions import Transaction


@strawberry.type(description="A note was added.")
class AddNotePayload:
    note: Note = strawberry.field(description="The note.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A note was changed.")
class EditNotePayload:
    note: Note = strawberry.field(description="The note as it is now.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A note was deleted.")
class DeleteNotePayload:
    note: Note = strawberry.field(description="The note, which can be restored.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A note was restored.")
class RestoreNotePayload:
    note: Note = strawberry.field(description="The note as it is now.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A note was purged: every version of it is erased, its id is refused for ever.")
class PurgeNotePayload:
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class NoteMutations:
    @strawberry.mutation(graphql_type=result_of(AddNotePayload), description="Add a note to any node.")
    async def add_note(
        self, info: Info, input: Annotated[AddNoteInput, strawberry.argument(description="What to write, and on what.")]
    ) -> AddNotePayload:
        workspace = info.context.workspace
        ref = input.on.to_domain(workspace, "on")
        known = known_key(ref)
        run = RunID(known.uuid) if known is not None and known.kind is NodeKind.RUN else None
        delivery = read_delivery(info, input, run)
        made = NoteID(delivery.make_id())

        async def work(tx: Transaction) -> dict[str, Any]:
            (subject,) = await below(("on",), resolve_or_make(tx, workspace, [ref]))
            await add_note(tx, workspace, subject, input.text, id=made, created_by=input.created_by)
            return {"note": str(made)}

        answer = await write(info, delivery, work, again={"note": str(made)})
        note = NoteID(parse_uuid(answer.values["note"]))
        return AddNotePayload(note=await load_note(info, note), token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(EditNotePayload), description="Change the text of a note. Every version is kept."
    )
    async def edit_note(
        self, info: Info, input: Annotated[EditNoteInput, strawberry.argument(description="Which note, and its text.")]
    ) -> EditNotePayload:
        note = read_note(info, input.note)

        async def work(tx: Transaction) -> dict[str, Any]:
            await edit_note(
                tx,
                info.context.workspace,
                note,
                input.text,
                expected_version=input.expected_version,
                edited_by=input.edited_by,
            )
            return {}

        answer = await write(info, read_delivery(info, input), work)
        return EditNotePayload(note=await load_note(info, note), token=str(answer.token))

    @strawberry.mutation(graphql_type=result_of(DeleteNotePayload), description="Delete a note. It can be restored.")
    async def delete_note(
        self, info: Info, input: Annotated[NoteInput, strawberry.argument(description="Which note.")]
    ) -> DeleteNotePayload:
        note = read_note(info, input.note)
        answer = await write(info, read_delivery(info, input), _marking(info, note, deleted=True))
        return DeleteNotePayload(note=await load_note(info, note), token=str(answer.token))

    @strawberry.mutation(graphql_type=result_of(RestoreNotePayload), description="Take back the deletion of a note.")
    async def restore_note(
        self, info: Info, input: Annotated[NoteInput, strawberry.argument(description="Which note.")]
    ) -> RestoreNotePayload:
        note = read_note(info, input.note)
        answer = await write(info, read_delivery(info, input), _marking(info, note, deleted=False))
        return RestoreNotePayload(note=await load_note(info, note), token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(PurgeNotePayload),
        description="Erase a deleted note with every version of it. Cannot be undone; its id is refused for ever.",
    )
    async def purge_note(
        self, info: Info, input: Annotated[NoteInput, strawberry.argument(description="Which note.")]
    ) -> PurgeNotePayload:
        note = read_note(info, input.note)

        async def work(tx: Transaction) -> dict[str, Any]:
            await purge_note(tx, info.context.workspace, note)
            return {}

        answer = await write(info, read_delivery(info, input), work)
        return PurgeNotePayload(token=str(answer.token))


def read_note(info: Info, text: str) -> NoteID:
    """Return the note that a global id names. Raises `InvalidInput`, `NotFound`."""
    return NoteID(parse_node_id(text, info.context.workspace, NodeKind.NOTE, "note"))


async def load_note(info: Info, note: NoteID) -> Note:
    """Return a note as its GraphQL type. Raises `NotFound`."""
    return await load_named(info, NodeKey(NodeKind.NOTE, note), Note)


def _marking(info: Info, note: NoteID, *, deleted: bool) -> Work:
    async def work(tx: Transaction) -> dict[str, Any]:
        await mark_note(tx, info.context.workspace, note, deleted=deleted)
        return {}

    return work
