"""Readers of the outbox lose nothing to a late commit, and are told when they must begin again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, RunID
from domain.positions import Position, Token
from domain.runs import RunEdit
from store import tables
from store.changes import ChangesSince, fetch_changes
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.migrations.runner import migrate
from store.outbox import Changed, fetch_trimmed_through
from store.run_edits import edit_run
from store.upkeep import sample_position, trim_outbox
from tests.store.making import DEFAULT, count_rows, make_run, make_workspace


@pytest.fixture(scope="module")
async def quiet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A record on a server of its own: any other writer of a server would hold back what may be read."""
    folder: Path = tmp_path_factory.mktemp("quiet") / "data"
    async with EmbeddedPostgres(folder) as server:
        await migrate(server.url)
        database = Database.connect(server.url, pool_size=5)
        yield database
        await database.close()


async def read(database: Database, after: Token | None, **limits: int) -> ChangesSince:
    async with database.read_primary() as conn:
        return await fetch_changes(conn, DEFAULT, after, **limits)


async def describe(database: Database, run: RunID, text: str) -> None:
    async with database.write() as tx:
        await edit_run(tx, DEFAULT, run, RunEdit(description=text))


async def test_a_reader_goes_on_from_now_and_sees_each_entity_once(quiet: Database) -> None:
    start = await read(quiet, None)
    run = await make_run(quiet)
    await describe(quiet, run, "first")
    await describe(quiet, run, "second")

    found = await read(quiet, start.cursor)
    by_kind = {change.key.kind: change for change in found.changes}
    assert start.changes == []
    assert (by_kind[NodeKind.RUN].key.uuid, by_kind[NodeKind.RUN].revision) == (run, 3)
    assert by_kind[NodeKind.RUN].changed == Changed.GRAPH | Changed.DOCUMENT
    assert (await read(quiet, found.cursor)).changes == []


async def test_a_write_that_commits_late_is_not_lost(quiet: Database) -> None:
    early, late = await make_run(quiet), await make_run(quiet)
    cursor = (await read(quiet, None)).cursor
    async with quiet.write() as held:
        await describe(quiet, early, "committed while an older transaction is open")
        meanwhile = await read(quiet, cursor)
        await edit_run(held, DEFAULT, late, RunEdit(description="older, and later"))
    after = await read(quiet, meanwhile.cursor)

    assert meanwhile.changes == []
    assert [change.key.uuid for change in after.changes] == [late, early]


async def test_pages_meet_without_a_gap_or_a_repeat(quiet: Database) -> None:
    runs = [await make_run(quiet) for _ in range(5)]
    cursor: Token = (await read(quiet, None)).cursor
    for run in runs:
        await describe(quiet, run, "changed")
    seen, more = [], True
    while more:
        page = await read(quiet, cursor, limit=2)
        cursor, more = page.cursor, page.more
        seen += [change.key.uuid for change in page.changes]

    assert seen == runs


async def test_a_token_of_a_mutation_is_a_cursor_too(quiet: Database) -> None:
    run = await make_run(quiet)
    async with quiet.write() as tx:
        await edit_run(tx, DEFAULT, run, RunEdit(description="mine"))
        token = tx.answer_token(DEFAULT)
    await describe(quiet, run, "theirs")

    found = await read(quiet, token)
    assert [(change.key.uuid, change.revision) for change in found.changes] == [(run, 3)]


async def test_another_workspace_hears_nothing(quiet: Database) -> None:
    other = await make_workspace(quiet)
    async with quiet.read_primary() as conn:
        cursor = (await fetch_changes(conn, other, None)).cursor
    await make_run(quiet)

    async with quiet.read_primary() as conn:
        assert (await fetch_changes(conn, other, cursor)).changes == []


async def test_a_write_that_changed_nothing_says_nothing(quiet: Database) -> None:
    cursor = (await read(quiet, None)).cursor
    async with quiet.write() as tx:
        tx.answer_token(DEFAULT)

    found = await read(quiet, cursor)
    assert (found.changes, found.reset) == ([], False)
    assert found.cursor > cursor


@pytest.mark.parametrize(
    "change",
    [
        lambda token: Token(Position(token.position + (1 << 48)), token.sequence, token.nonce),
        lambda token: Token(Position(token.position - (1 << 48)), token.sequence, token.nonce),
        lambda token: Token(token.position, token.sequence, token.nonce + 1),
        lambda token: Token(Position(token.position + 1000), 0, 0),
    ],
    ids=["later incarnation", "earlier incarnation", "a row that is not there", "not yet written"],
)
async def test_a_cursor_that_the_record_does_not_know_begins_again(quiet: Database, change: object) -> None:
    run = await make_run(quiet)
    async with quiet.write() as tx:
        await edit_run(tx, DEFAULT, run, RunEdit(description="x"))
        token = tx.answer_token(DEFAULT)

    found = await read(quiet, change(token))  # type: ignore[operator]  # one of the functions above
    assert (found.reset, found.changes) == (True, [])
    assert (await read(quiet, found.cursor)).reset is False


async def test_trimming_keeps_what_is_young_and_resets_who_is_behind(quiet: Database) -> None:
    run = await make_run(quiet)
    old = (await read(quiet, None)).cursor
    await describe(quiet, run, "old")
    assert await sample_position(quiet) is True
    assert await sample_position(quiet) is False
    await describe(quiet, run, "young")

    assert await trim_outbox(quiet) == 0
    assert await trim_outbox(quiet, kept=timedelta(0)) > 0
    assert await count_rows(quiet, tables.outbox) == 1
    async with quiet.read_primary() as conn:
        trimmed = await fetch_trimmed_through(conn)
        left = (await conn.execute(sa.select(tables.outbox.c.position))).scalar_one()
    assert old.position < trimmed < left
    assert (await read(quiet, old)).reset is True
    at_the_border = Token(trimmed, 0, 0)
    assert [change.key for change in (await read(quiet, at_the_border)).changes] == [NodeKey(NodeKind.RUN, run)]
