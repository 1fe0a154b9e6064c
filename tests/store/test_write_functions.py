"""The functions that open and close a transaction do what the statements do that they stand for."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from domain.attempts import Attempt
from domain.positions import make_position
from store import tables
from store.counters import OWN, lock_counters, save_counters
from store.database import Database
from store.metrics.attempts import fetch_attempts_by_run, insert_attempt, read_attempts
from store.standing import Standing, read_standing
from tests.metrics.logging_points import make_attempt_id, read_counters
from tests.store.making import DEFAULT, make_run, make_run_id, make_workspace


async def test_every_counter_is_written_back_to_its_own_column(database: Database) -> None:
    run, other = await make_run(database), await make_run(database)
    before = await read_counters(database, other)
    moment = datetime(2026, 11, 23, 10, 30, 15, 123456, tzinfo=UTC)
    expected: dict[str, Any] = {name: number for number, name in enumerate(OWN, 1_000_000_007)} | {
        "heartbeat": moment,
        "heartbeat_seconds": 77,
        "last_step": -(2**63),
    }
    async with database.write() as tx:
        counters = (await lock_counters(tx, DEFAULT, [run]))[run]
        for name, value in expected.items():
            setattr(counters, name, value)
        await save_counters(tx, counters)
        token = tx.token

    found = await read_counters(database, run)
    assert {name: found[name] for name in OWN} == expected
    assert (found["token_position"], found["token_sequence"], found["token_nonce"]) == (
        token.position,
        token.sequence,
        token.nonce,
    )
    assert await read_counters(database, other) == before


async def test_what_is_not_known_of_a_run_is_written_back_as_unknown(database: Database) -> None:
    runs = sorted([await make_run(database), await make_run(database)])
    for value in (5, None):
        async with database.write([(DEFAULT, run) for run in runs]) as tx:
            locked = await lock_counters(tx, DEFAULT, runs)
            locked[runs[0]].last_step, locked[runs[1]].last_step = value, 9
            locked[runs[0]].heartbeat = None
            for counters in locked.values():
                await save_counters(tx, counters)

    assert [(await read_counters(database, run))["last_step"] for run in runs] == [None, 9]
    assert (await read_counters(database, runs[0]))["heartbeat"] is None


async def test_a_transaction_that_opens_runs_knows_what_their_tables_say(database: Database) -> None:
    workspace = await make_workspace(database)
    plain, resumed, foreign = (
        await make_run(database),
        await make_run(database),
        await make_run(database, workspace=workspace),
    )
    first, second = make_attempt_id(), make_attempt_id()
    async with database.write() as tx:
        await lock_counters(tx, DEFAULT, [resumed])
        await insert_attempt(tx, DEFAULT, resumed, Attempt(number=1, id=first, declared=True))
        later = Attempt(number=2, id=second, after=first, restart_count=3, from_step=40, declared=False)
        await insert_attempt(tx, DEFAULT, resumed, later)
        runs = tables.runs
        await tx.conn.execute(sa.update(runs).where(runs.c.id == resumed).values(attempt=second))
    owners = [(DEFAULT, plain), (DEFAULT, resumed), (workspace, foreign), (DEFAULT, make_run_id())]
    async with database.write(owners) as opened, database.read_primary() as conn:
        orders = await read_attempts(opened, DEFAULT, [plain, resumed])
        expected = await fetch_attempts_by_run(conn, DEFAULT, [plain, resumed])
        standing = await read_standing(opened, DEFAULT, resumed, None)
        seen = {owner: row["run_status"] for owner, row in opened.opened.items()}
    async with database.write() as plainly:
        one_by_one = await lock_counters(plainly, DEFAULT, [plain, resumed])
    async with database.write(owners) as opened:
        at_once = await lock_counters(opened, DEFAULT, [plain, resumed])

    assert orders == expected
    assert standing == Standing(second)
    assert seen == dict.fromkeys(owners[:3], "RUNNING")
    assert {run: asdict(one) for run, one in at_once.items()} == {run: asdict(one) for run, one in one_by_one.items()}


async def test_a_position_is_the_incarnation_and_the_transaction(database: Database) -> None:
    async with database.write() as tx:
        number, transaction = await tx.driver.fetchrow(
            "SELECT number, pg_current_xact_id()::text::bigint FROM incarnation"
        )
        first = tx.token
    async with database.write([(DEFAULT, make_run_id())]) as tx:
        second = tx.token

    assert first.position == make_position(number, transaction)
    assert (second.position > first.position, second.sequence > first.sequence) == (True, True)
