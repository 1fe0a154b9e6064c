"""The line of a projection: what is committed is shown, whoever dies in between; nothing stops it."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from domain.ids import NodeKey, NodeKind, NoteID, RunID, make_uuid7
from domain.projections import Entity
from domain.runs import RunEdit
from projection.judging import Comparison
from projection.targets import Mark
from store.database import Database
from store.notes import add_note
from store.outbox import Changed
from store.projections.incarnations import raise_incarnation
from store.purging import purge_run
from store.run_edits import edit_run
from tests.projection.following import Followed, describe, make_runs
from tests.store.making import DEFAULT, make_run


def shown(followed: Followed, run: RunID) -> Any:
    """Return what the serving generation has of a run."""
    serving = followed.kept.generations[followed.kept.serving or 0]
    state = serving.get(Entity(DEFAULT, NodeKey(NodeKind.RUN, run)))
    return None if state is None else state.body


async def delete_run(record: Database, run: RunID) -> None:
    from store.run_edits import delete_runs

    async with record.write() as tx:
        await delete_runs(tx, DEFAULT, [run])


async def test_what_was_there_before_and_what_comes_after_are_shown(followed: Followed) -> None:
    before = await make_runs(followed.record, 3)
    followed.start()
    await followed.catch_up()
    after = await make_run(followed.record)
    await describe(followed.record, before[0], "later")
    await followed.catch_up()

    assert shown(followed, before[0])[1] == "later"
    assert shown(followed, after) is not None
    assert (await followed.compare(deep=True)) == Comparison(checked=4)


async def test_a_transaction_that_commits_late_is_not_skipped(followed: Followed) -> None:
    late, early = await make_runs(followed.record, 2)
    followed.start()
    await followed.catch_up()
    async with followed.record.write() as tx:
        await edit_run(tx, DEFAULT, late, RunEdit(description="late"))
        await describe(followed.record, early, "early")
        await describe(followed.record, early, "earlier commits wait")
        unread = await followed.look()
        assert shown(followed, early)[1] is None
    await followed.catch_up()

    assert unread.lag_rows == 0  # what may not be read yet is no lag
    assert shown(followed, late)[1] == "late"
    assert shown(followed, early)[1] == "earlier commits wait"


async def test_poison_stands_aside_and_is_tried_again(followed: Followed) -> None:
    bad, good = await make_runs(followed.record, 2)
    followed.start()
    await followed.catch_up()
    followed.kept.poison.add(bad)
    await describe(followed.record, bad, "poison")
    await describe(followed.record, good, "after it")
    found = await followed.wait_until(lambda one: one.dead_letters == 1 and not one.lag_rows)
    assert (found.last_error, shown(followed, good)[1]) == ("poison", "after it")

    followed.kept.poison.clear()
    await followed.catch_up()  # five seconds later at first
    assert shown(followed, bad)[1] == "poison"


async def test_a_server_that_is_away_stops_the_line_and_loses_nothing(followed: Followed) -> None:
    run = await make_run(followed.record)
    followed.start()
    await followed.catch_up()
    followed.kept.away = True
    await describe(followed.record, run, "meanwhile")
    found = await followed.wait_until(lambda one: one.waits_for is not None)
    assert (found.waits_for, found.dead_letters, found.lag_rows) == ("the kept projection is away", 0, 1)

    followed.kept.away = False
    await followed.catch_up()
    assert shown(followed, run)[1] == "meanwhile"
    assert (await followed.look()).waits_for is None


async def test_points_alone_are_put_off_and_a_description_is_not(followed: Followed) -> None:
    run = await make_run(followed.record)
    followed.start()
    await followed.catch_up()
    async with followed.record.write() as tx:
        tx.changed(DEFAULT, NodeKey(NodeKind.RUN, run), 2, Changed.POINTS)
    put_off = await followed.wait_until(lambda one: one.pending == 1)
    await describe(followed.record, run, "now")
    written = await followed.wait_until(lambda one: not one.pending)

    assert put_off.lag_rows == 0
    assert (written.lag_rows, shown(followed, run)[1]) == (0, "now")


async def test_a_note_shows_its_run_and_follows_it(followed: Followed) -> None:
    run = await make_run(followed.record)
    note = NoteID(make_uuid7())
    async with followed.record.write() as tx:
        await add_note(tx, DEFAULT, NodeKey(NodeKind.RUN, run), "seen", id=note)
    followed.start()
    await followed.catch_up()
    await describe(followed.record, run, "renamed")
    await followed.catch_up()

    serving = followed.kept.generations[followed.kept.serving or 0]
    assert serving[Entity(DEFAULT, NodeKey(NodeKind.NOTE, note))].body[2][1] == "renamed"


async def test_a_purged_run_is_a_tombstone_that_nothing_raises(followed: Followed) -> None:
    run = await make_run(followed.record)
    followed.start()
    await followed.catch_up()
    await delete_run(followed.record, run)
    await purge_run(followed.record, DEFAULT, run)
    await followed.catch_up()

    serving = followed.kept.generations[followed.kept.serving or 0]
    assert serving[Entity(DEFAULT, NodeKey(NodeKind.RUN, run))].body is None
    assert (await followed.compare()).is_clean


async def test_one_leads_and_another_takes_over(followed: Followed, quiet_url: str) -> None:
    run = await make_run(followed.record)
    followed.start()
    first = await followed.catch_up()
    second = Followed(followed.record)
    second.kept, second.target = followed.kept, followed.target
    second.start()
    await describe(followed.record, run, "led by the first")
    await followed.catch_up()
    await followed.stop()
    await describe(followed.record, run, "led by the second")
    last = await second.catch_up()
    await second.stop()

    assert shown(followed, run)[1] == "led by the second"
    assert last.leader_since is not None
    assert first.leader_since is not None
    assert last.leader_since > first.leader_since


async def test_a_leader_that_lost_its_place_moves_no_checkpoint(followed: Followed, quiet_url: str) -> None:
    run = await make_run(followed.record)
    followed.start()
    await followed.catch_up()
    conn = await asyncpg.connect(quiet_url)
    await conn.execute("UPDATE projections SET term = term + 1")
    await describe(followed.record, run, "by nobody")
    await followed.catch_up()  # it finds itself deposed, and leads again
    await conn.close()

    assert shown(followed, run)[1] == "by nobody"


async def test_a_raised_incarnation_is_not_trusted_until_verified(followed: Followed) -> None:
    run, other = await make_runs(followed.record, 2)
    followed.start()
    await followed.catch_up()
    serving = followed.kept.generations[followed.kept.serving or 0]
    ahead = Entity(DEFAULT, NodeKey(NodeKind.RUN, run))
    unknown = Entity(DEFAULT, NodeKey(NodeKind.RUN, RunID(make_uuid7())))
    state = serving[ahead]
    serving[ahead] = type(state)(entity=ahead, fence=900, content=1, body=("from a record that is gone",))
    serving[unknown] = type(state)(entity=unknown, fence=7, content=2, body=("never here",))
    await raise_incarnation(followed.record)
    await describe(followed.record, other, "in the new one")
    await followed.catch_up()

    assert shown(followed, run)[0] == state.body[0]
    assert (serving[unknown].body, shown(followed, other)[1]) == (None, "in the new one")
    await describe(followed.record, run, "and later changes come through")
    await followed.catch_up()
    assert shown(followed, run)[1] == "and later changes come through"


async def test_a_mark_that_the_record_does_not_have_raises_the_incarnation(followed: Followed, quiet_url: str) -> None:
    await make_run(followed.record)
    followed.start()
    await followed.catch_up()
    await followed.stop()
    conn = await asyncpg.connect(quiet_url)
    before = await conn.fetchval("SELECT number FROM incarnation")
    followed.kept.mark = Mark(nonce=1, order=(followed.kept.mark or Mark(0, 0)).order + 1)
    followed.start()
    await followed.wait_until(lambda one: one.record >> 48 == before + 1)
    await followed.catch_up()
    await asyncio.sleep(0.2)

    assert await conn.fetchval("SELECT number FROM incarnation") == before + 1  # once, not again and again
    await conn.close()


async def test_a_store_that_lost_everything_is_built_anew(followed: Followed) -> None:
    run = await make_run(followed.record)
    followed.start()
    await followed.catch_up()
    await followed.stop()
    followed.kept.generations.clear()
    followed.kept.mark = None
    followed.start()
    await followed.wait_until(lambda one: one.generation == 2)
    await followed.catch_up()

    assert shown(followed, run) is not None
