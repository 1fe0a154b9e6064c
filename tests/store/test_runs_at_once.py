"""A run made by one statement is the same run that a transaction makes, and is refused alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from domain.errors import NotFound
from domain.ids import AttemptID, ExperimentID, NodeKind, RunID, make_uuid7
from domain.parameters import parse_parameter
from domain.positions import Token
from domain.runs import RunDraft, RunKind
from domain.tags import parse_tag
from store import tables
from store.database import Database
from store.keys import Keys
from store.numbers import Numbers, Place
from store.outbox import Changed, fetch_token_exists
from store.runs import create_run, create_run_at_once
from store.transactions import INCARNATION_LOCK
from tests.store.making import DEFAULT, make_run, make_run_id

FULL = {
    "name": "seed 1",
    "description": "first try",
    "kind": RunKind.GROUP,
    "created_by": "ana",
    "host": "node7",
    "parameters": tuple(
        parse_parameter(key, value)
        for key, value in {"lr": 0.5, "n": 2**60 + 1, "on": True, "net": {"depth": 3}, "opt": "adam"}.items()
    ),
    "tags": (parse_tag("record", "yes"), parse_tag("seed", "1")),
}
OWN = {"id", "run", "number", "created_at", "started_at", "uid", "position", "sequence", "nonce", "recorded_at"}
OWN |= {"token_position", "token_sequence", "token_nonce", "subject", "about"}


async def read_rows(database: Database, run: RunID) -> dict[str, list[dict[str, Any]]]:
    """Return everything that the record keeps of a run, but for what no two runs have in common."""
    found = {}
    for table, column in (
        (tables.runs, "id"),
        (tables.run_counters, "run"),
        (tables.compaction, "run"),
        (tables.attempts, "run"),
        (tables.parameters, "run"),
        (tables.tags, "subject"),
        (tables.texts, "subject"),
        (tables.outbox, "uid"),
    ):
        async with database.read() as conn:
            rows = await conn.execute(sa.select(table).where(table.c[column] == run))
        found[table.name] = [{name: value for name, value in row._mapping.items() if name not in OWN} for row in rows]
        found[table.name].sort(key=repr)
    return found


async def make_at_once(database: Database, draft: RunDraft) -> tuple[RunID, Token] | None:
    keys = await Keys(database).intern(DEFAULT, draft.key_names)
    place = await Numbers(database).take(DEFAULT, draft.experiment)
    assert place is not None
    return await create_run_at_once(database, DEFAULT, draft, place, keys=keys)


@pytest.mark.parametrize("given", [{}, FULL, {**FULL, "attempt": AttemptID(make_uuid7())}])
async def test_it_leaves_the_rows_that_a_transaction_leaves(database: Database, given: dict[str, Any]) -> None:
    await make_run(database)
    draft = RunDraft(experiment="track", **{"name": "same", **given})
    keys = await Keys(database).intern(DEFAULT, draft.key_names)
    place = await Numbers(database).take(DEFAULT, "track")
    async with database.write() as tx:
        expected = await create_run(tx, DEFAULT, draft, place, keys=keys)
    made = await make_at_once(database, draft)

    assert made is not None
    assert await read_rows(database, made[0]) == await read_rows(database, expected)


async def test_its_token_names_its_row_in_the_outbox_and_its_counters_keep_it(database: Database) -> None:
    await make_run(database)
    made = await make_at_once(database, RunDraft(experiment="track"))
    assert made is not None
    run, token = made
    async with database.read() as conn:
        row = (await conn.execute(sa.select(tables.outbox).where(tables.outbox.c.uid == run))).one()
        kept = (await conn.execute(sa.select(tables.run_counters).where(tables.run_counters.c.run == run))).one()
        number = (await conn.execute(sa.select(tables.incarnation.c.number))).scalar_one()

        assert await fetch_token_exists(conn, token)
    assert (row.position, row.sequence, row.nonce) == (token.position, token.sequence, token.nonce)
    assert (kept.token_position, kept.token_sequence, kept.token_nonce) == (row.position, row.sequence, row.nonce)
    assert (row.kind, row.revision, row.changed) == (NodeKind.RUN.value, 1, Changed.GRAPH | Changed.DOCUMENT)
    assert token.position >> 48 == number


async def test_later_writes_have_later_positions(database: Database) -> None:
    await make_run(database)
    first = await make_at_once(database, RunDraft(experiment="track"))
    async with database.write() as tx:
        between = tx.token
        tx.answer_token(DEFAULT)
    second = await make_at_once(database, RunDraft(experiment="track"))

    assert first is not None
    assert second is not None
    assert first[1] < between < second[1]


async def test_an_id_that_is_taken_writes_nothing(database: Database) -> None:
    taken = make_run_id()
    await make_run(database, id=taken)
    before = await read_rows(database, taken)

    assert await make_at_once(database, RunDraft(experiment="track", id=taken, name="other")) is None
    assert await read_rows(database, taken) == before


async def test_an_id_that_was_purged_writes_nothing(database: Database) -> None:
    await make_run(database)
    gone = make_run_id()
    async with database.write() as tx:
        await tx.conn.execute(sa.insert(tables.purged).values(workspace=DEFAULT, kind=NodeKind.RUN.value, id=gone))

    assert await make_at_once(database, RunDraft(experiment="track", id=gone)) is None
    assert (await read_rows(database, gone))["runs"] == []


async def test_an_experiment_that_was_purged_meanwhile_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound) as refused:
        await create_run_at_once(
            database, DEFAULT, RunDraft(experiment="track"), Place(ExperimentID(make_uuid7()), 1), keys={}
        )

    assert refused.value.path == ("experiment",)


async def test_a_statement_by_itself_waits_for_whoever_raises_the_incarnation_and_bears_the_new_number(
    database: Database,
) -> None:
    await make_run(database)
    async with database.read() as conn:
        before = (await conn.execute(sa.select(tables.incarnation.c.number))).scalar_one()
    async with database.write_at_once() as raiser:
        await raiser.execute(f"BEGIN; SELECT pg_advisory_xact_lock({INCARNATION_LOCK})")
        making = asyncio.create_task(make_at_once(database, RunDraft(experiment="track")))
        async with database.read() as conn:
            waits = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            while not (await conn.execute(waits)).scalar_one():
                await asyncio.sleep(0.01)
        await raiser.execute("UPDATE incarnation SET number = number + 1; COMMIT")
        made = await making

    assert made is not None
    assert made[1].position >> 48 == before + 1
