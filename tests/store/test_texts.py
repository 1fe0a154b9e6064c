"""Tokens are written with the text that they are made from, in one transaction and no further round trip."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, NoteID, RunID, make_uuid7
from domain.references import DatasetRef
from domain.runs import RunEdit
from domain.tags import Tag
from domain.text.terms import Term
from store.database import Database
from store.experiments import ensure_experiment
from store.keys import Keys
from store.notes import add_note, edit_note
from store.placeholders import insert_placeholder
from store.run_edits import edit_run
from store.tags import set_tags
from store.texts import Place, write_tsquery
from tests.store.making import DEFAULT, make_run, read_run


async def found(database: Database, typed: str, table: str = "texts", subject: str = "subject") -> set[UUID]:
    async with database.read() as conn:
        statement = f"SELECT {subject} FROM {table} WHERE tokens @@ CAST(:query AS tsquery)"
        rows = await conn.execute(sa.text(statement), {"query": write_tsquery(Term(typed))})
        return set(rows.scalars())


async def note_on(database: Database, run: RunID, text: str) -> NoteID:
    note = NoteID(make_uuid7())
    async with database.write() as tx:
        await add_note(tx, DEFAULT, NodeKey(NodeKind.RUN, run), text, id=note)
    return note


async def test_a_run_is_made_with_the_tokens_of_its_texts(database: Database) -> None:
    run = await make_run(
        database, name="ResNet50 baseline", description="cosine schedule", params={"optimizer": "AdamW", "lr": 0.1},
        tags={"team": "vision-core"},
    )  # fmt: skip

    assert await found(database, "resnet50") == {run}
    assert await found(database, "schedules") == {run}
    assert await found(database, "visioncore", "tags") == {run}
    assert await found(database, "adamw", "parameters", "run") == {run}
    assert await found(database, "optimizer", "keys", "id")
    assert await found(database, "nothing") == set()


async def test_edited_names_are_found_anew_and_no_longer_as_before(database: Database) -> None:
    run = await make_run(database, name="alpha", description="first")
    async with database.write() as tx:
        await edit_run(tx, DEFAULT, run, RunEdit(name="beta", description=None))

    assert await found(database, "beta") == {run}
    assert await found(database, "alpha") == set()
    assert await found(database, "first") == set()


async def test_a_changed_tag_has_the_tokens_of_its_new_value(database: Database) -> None:
    run = await make_run(database, tags={"state": "running well"})
    keys = await Keys(database).intern(DEFAULT, ["state"])
    async with database.write() as tx:
        await set_tags(tx, DEFAULT, NodeKey(NodeKind.RUN, run), [Tag("state", "broken")], keys=keys)

    assert await found(database, "broken", "tags") == {run}
    assert await found(database, "running", "tags") == set()


async def test_a_note_in_many_pieces_becomes_one_of_few(database: Database) -> None:
    run = await make_run(database)
    note = await note_on(database, run, "loss " * 10_000 + "end")
    async with database.read() as conn:
        many = await conn.scalar(sa.text("SELECT count(*) FROM texts WHERE subject = :note"), {"note": note})
    assert many > 10
    assert await found(database, "loss-end") == {note}
    assert await found(database, "end") == {note}

    async with database.write() as tx:
        await edit_note(tx, DEFAULT, note, "short")
    async with database.read() as conn:
        rows = await conn.execute(sa.text("SELECT field, tokens FROM texts WHERE subject = :note"), {"note": note})
        assert [tuple(row) for row in rows] == [(Place.TEXT, "'=~short' 'short':1")]


@pytest.mark.parametrize(
    "text", ["it's \\ here' \\", "a:b & c | !d", "'", "🔥 '🔥'", "x" * 100_000, "\x01 \x1f x", "ж" * 5000]
)
async def test_no_text_is_read_by_postgres_as_anything_else(database: Database, text: str) -> None:
    run = await make_run(database)

    assert await note_on(database, run, f"{text} after") in await found(database, "after")


async def test_names_of_experiments_and_data_have_tokens(database: Database) -> None:
    async with database.write() as tx:
        experiment = await ensure_experiment(tx, DEFAULT, "track_1_short")
        version = await insert_placeholder(tx, DEFAULT, DatasetRef("s3://data", "fineweb10B", "3"))

    assert await found(database, "track_1_short") == {experiment}
    assert len(await found(database, "fineweb")) == 1
    assert version.uuid not in await found(database, "fineweb")


async def test_a_run_without_a_name_is_found_by_the_one_it_gets(database: Database) -> None:
    run = await make_run(database)
    name = (await read_run(database, run)).name

    assert run in await found(database, name.split()[0])
