"""Notes stand on any node; every version is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.artifacts import make_artifact_draft
from domain.errors import Conflict, InvalidInput, NotFound, TooLarge
from domain.ids import NodeKey, NodeKind, NoteID, WorkspaceID, make_uuid7
from domain.pages import Count, TimeCursor
from domain.references import DatasetRef
from store.artifacts import log_artifact
from store.database import Database
from store.nodes import fetch_nodes
from store.notes import add_note, count_notes_on, edit_note, fetch_note_versions, fetch_notes, fetch_notes_on, mark_note
from store.outbox import Changed
from store.references import resolve_or_make
from tests.store.making import DEFAULT, fetch_changed, make_run, make_workspace, read_run


async def put(
    database: Database, subject: NodeKey, text: str = "loss spike", *, workspace: WorkspaceID = DEFAULT
) -> NoteID:
    note = NoteID(make_uuid7())
    async with database.write() as tx:
        await add_note(tx, workspace, subject, text, id=note, created_by="ana")
    return note


async def edit(database: Database, note: NoteID, text: str, *, expected_version: int | None = None) -> None:
    async with database.write() as tx:
        await edit_note(tx, DEFAULT, note, text, expected_version=expected_version, edited_by="bo")


async def test_a_note_on_a_run_raises_the_runs_revision_too(database: Database) -> None:
    run = await make_run(database)
    note = await put(database, NodeKey(NodeKind.RUN, run))

    async with database.read() as conn:
        found = (await fetch_notes(conn, DEFAULT, [note]))[note]
    assert (found.text, found.subject.uuid, found.created_by) == ("loss spike", run, "ana")
    assert (found.version, found.revision, found.deleted_at) == (1, 1, None)
    assert await fetch_changed(database, NodeKind.NOTE) == [(note, 1, Changed.DOCUMENT)]
    assert (await fetch_changed(database, NodeKind.RUN))[-1] == (run, 2, Changed.DOCUMENT)


async def test_notes_stand_on_nodes_of_every_kind(database: Database) -> None:
    run = await read_run(database, await make_run(database))
    artifact = make_uuid7()
    async with database.write() as tx:
        dataset = (await resolve_or_make(tx, DEFAULT, [DatasetRef("s3://data", "web", "3")]))[0]
        await log_artifact(tx, DEFAULT, run.id, make_artifact_draft(path="model.pt"), id=artifact)
    subjects = [
        run.key,
        dataset,
        NodeKey(NodeKind.EXPERIMENT, run.experiment),
        NodeKey(NodeKind.ARTIFACT, artifact),
        NodeKey(NodeKind.WORKSPACE, DEFAULT),
    ]
    before = await fetch(database, subjects)
    notes = [await put(database, subject) for subject in subjects]

    after = await fetch(database, subjects)
    assert [after[one].revision - before[one].revision for one in subjects] == [1] * 5
    async with database.read() as conn:
        found = await fetch_notes(conn, DEFAULT, notes)
    assert [found[note].subject for note in notes] == subjects


async def fetch(database: Database, keys: list[NodeKey]) -> dict[NodeKey, Any]:
    async with database.read() as conn:
        return await fetch_nodes(conn, DEFAULT, keys)


async def test_every_version_is_kept(database: Database) -> None:
    note = await put(database, NodeKey(NodeKind.RUN, await make_run(database)))
    await edit(database, note, "a spike at step 300")
    await edit(database, note, "a spike at step 300")
    await edit(database, note, "a spike at step 301", expected_version=2)

    async with database.read() as conn:
        found = (await fetch_notes(conn, DEFAULT, [note]))[note]
        versions = await fetch_note_versions(conn, DEFAULT, note)
    assert (found.text, found.version, found.revision) == ("a spike at step 301", 3, 3)
    assert found.updated_at > found.created_at
    assert [(one.version, one.text, one.edited_by) for one in versions] == [
        (1, "loss spike", "ana"),
        (2, "a spike at step 300", "bo"),
        (3, "a spike at step 301", "bo"),
    ]


async def test_of_two_edits_of_one_version_one_wins(database: Database) -> None:
    note = await put(database, NodeKey(NodeKind.RUN, await make_run(database)))
    results = await asyncio.gather(
        *(edit(database, note, f"text {n}", expected_version=1) for n in range(5)), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["Conflict"] * 4 + ["NoneType"]


async def test_a_deleted_note_leaves_the_lists_until_it_is_restored(database: Database) -> None:
    run = await make_run(database)
    note = await put(database, NodeKey(NodeKind.RUN, run))
    async with database.write() as tx:
        await mark_note(tx, DEFAULT, note, deleted=True)

    async with database.read() as conn:
        assert (await fetch_notes_on(conn, DEFAULT, [run], first=5, after=None))[run].items == []
        assert (await fetch_notes(conn, DEFAULT, [note]))[note].deleted_at is not None
    with pytest.raises(Conflict, match="restore it first"):
        await edit(database, note, "other")
    async with database.write() as tx:
        await mark_note(tx, DEFAULT, note, deleted=False)
    async with database.read() as conn:
        assert (await count_notes_on(conn, DEFAULT, [run]))[run] == Count(1, True)


async def test_pages_of_many_subjects_come_newest_first_and_meet_at_their_cursors(database: Database) -> None:
    runs = [await make_run(database) for _ in range(2)]
    made = {run: [await put(database, NodeKey(NodeKind.RUN, run)) for _ in range(5)] for run in runs}

    async with database.read() as conn:
        first = await fetch_notes_on(conn, DEFAULT, runs, first=2, after=None)
        last = first[runs[0]].items[-1]
        cursor = TimeCursor(last.created_at, last.id)
        second = await fetch_notes_on(conn, DEFAULT, runs[:1], first=5, after=cursor)
    assert {run: [note.id for note in page.items] for run, page in first.items()} == {
        run: list(reversed(notes))[:2] for run, notes in made.items()
    }
    assert [page.has_next for page in first.values()] == [True, True]
    assert [note.id for note in second[runs[0]].items] == list(reversed(made[runs[0]]))[2:]
    assert second[runs[0]].has_next is False


@pytest.mark.parametrize(
    "text, failure",
    [
        ("", InvalidInput),
        (" \n", InvalidInput),
        ("a\0", InvalidInput),
        ("\ud900", InvalidInput),
        ("é" * 524_289, TooLarge),
    ],
)
async def test_a_text_that_cannot_be_taken_leaves_nothing(
    database: Database, text: str, failure: type[Exception]
) -> None:
    run = await make_run(database)

    with pytest.raises(failure):
        await put(database, NodeKey(NodeKind.RUN, run), text)
    assert (await read_run(database, run)).revision == 1


async def test_notes_stand_on_nothing_that_is_not_there(database: Database) -> None:
    run = await make_run(database)
    note = await put(database, NodeKey(NodeKind.RUN, run))
    other = await make_workspace(database)

    for kind in (NodeKind.RUN, NodeKind.EXPERIMENT, NodeKind.MODEL_VERSION, NodeKind.ARTIFACT, NodeKind.WORKSPACE):
        with pytest.raises(NotFound):
            await put(database, NodeKey(kind, make_uuid7()))
    with pytest.raises(NotFound, match=str(run)):
        await put(database, NodeKey(NodeKind.RUN, run), workspace=other)
    with pytest.raises(NotFound, match=str(DEFAULT)):
        await put(database, NodeKey(NodeKind.WORKSPACE, DEFAULT), workspace=other)
    with pytest.raises(InvalidInput, match="nothing can stand on a NOTE"):
        await put(database, NodeKey(NodeKind.NOTE, note))
    with pytest.raises(NotFound, match="no note"):
        await edit(database, NoteID(make_uuid7()), "text")
