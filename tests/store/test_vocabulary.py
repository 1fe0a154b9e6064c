"""The words in use are learned once, in steps, whatever was missed, and by one process at a time."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from store import tables
from store.database import Database
from store.search import vocabulary
from store.search.vocabulary import LEARNERS_LOCK, NAME, TAG_VALUE, WORD, learn_words
from tests.store.making import make_run


async def read_words(database: Database, kind: int) -> set[str]:
    words = tables.vocabulary.c
    async with database.read_primary() as conn:
        return set((await conn.execute(sa.select(words.text).where(words.kind == kind))).scalars())


async def learn_some(database: Database) -> int:
    """Learn until there was something to: writers of other tests on the server hold back what is safely behind."""
    async with asyncio.timeout(30):
        while not (learned := await learn_words(database)):
            await asyncio.sleep(0.05)
    return learned


async def test_words_names_and_values_are_learned_once(database: Database) -> None:
    await make_run(database, name="warm start", tags={"state": "loss spike"})
    first = await learn_words(database)
    again = await learn_words(database)
    await make_run(database, name="cold start")
    later = await learn_some(database)

    assert (first, again, later) == (6, 0, 2)
    assert await read_words(database, WORD) == {"warm", "start", "track", "cold"}
    assert await read_words(database, NAME) == {"warm start", "cold start", "track"}
    assert await read_words(database, TAG_VALUE) == {"loss spike"}


async def test_a_record_that_was_never_learned_is_read_whole_in_steps(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "BATCH", 2)
    for word in ("alpha", "beta", "gamma", "delta", "epsilon"):
        await make_run(database, name=f"{word} run", tags={"state": word})
    async with database.write() as tx:
        await tx.conn.execute(sa.delete(tables.outbox))
    await learn_words(database)

    assert {"alpha", "beta", "gamma", "delta", "epsilon", "run"} <= await read_words(database, WORD)
    assert await read_words(database, TAG_VALUE) == {"alpha", "beta", "gamma", "delta", "epsilon"}


async def test_one_process_learns_and_the_others_leave_it_to_it(database: Database) -> None:
    await make_run(database, name="warm start")
    async with database.read_primary() as conn:
        await conn.execute(sa.select(sa.func.pg_advisory_lock(LEARNERS_LOCK)))
        left = await learn_words(database)
        await conn.execute(sa.select(sa.func.pg_advisory_unlock(LEARNERS_LOCK)))

    assert left == 0
    assert await learn_words(database) > 0


async def test_learning_may_be_cancelled_at_any_point_and_goes_on_later(database: Database) -> None:
    await make_run(database, name="warm start")
    cancelled = 0
    for moment in range(60):
        task = asyncio.create_task(learn_words(database))
        await asyncio.sleep(moment * 0.0003)
        task.cancel()
        await asyncio.wait({task})
        cancelled += task.cancelled()
        assert task.cancelled() or isinstance(task.result(), int)

    await make_run(database, name="cold start")
    await learn_some(database)

    assert cancelled
    assert "cold" in await read_words(database, WORD)
