"""What was received under which sequence: the mark, its gaps, and the digests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Conflict, TooLarge
from store import received
from store.counters import lock_run
from store.database import Database
from store.received import MAX_GAPS, Mark, forget_digests
from tests.metrics.logging_points import make_writer
from tests.store.making import DEFAULT, make_run


@given(st.lists(st.integers(0, 30) | st.sampled_from([2**63 - 1]), max_size=40))
def test_a_mark_knows_exactly_the_sequences_it_took(sequences: list[int]) -> None:
    mark, taken = Mark.before_any(), set[int]()
    for sequence in sequences:
        assert mark.has(sequence) == (sequence in taken)
        if not mark.has(sequence):
            mark = mark.take(sequence)
            taken.add(sequence)

    assert [n for n in range(32) if mark.has(n)] == sorted(taken - {2**63 - 1})


def test_too_many_holes_are_refused() -> None:
    mark = Mark.before_any()
    for n in range(MAX_GAPS):
        mark = mark.take(2 * n + 1)

    with pytest.raises(TooLarge):
        mark.take(2 * MAX_GAPS + 1)
    assert mark.take(2 * MAX_GAPS).high_water == 2 * MAX_GAPS


async def test_sequences_out_of_order_are_taken_once_each(database: Database) -> None:
    run, writer = await make_run(database), make_writer()
    answers = []
    for sequence in [5, 3, 5, 0, 3, 9, 4, 2, 1, 0]:
        async with database.write() as tx:
            await lock_run(tx, DEFAULT, run)
            answers.append(await received.claim(tx, DEFAULT, run, writer, sequence, b"%d" % sequence))

    assert answers == [True, True, False, True, False, True, True, True, True, False]
    async with database.write() as tx:
        with pytest.raises(Conflict):
            await received.claim(tx, DEFAULT, run, writer, 4, b"other")


async def test_writers_and_runs_count_for_themselves(database: Database) -> None:
    runs, writers = [await make_run(database) for _ in range(2)], [make_writer() for _ in range(2)]
    async with database.write() as tx:
        answers = [await received.claim(tx, DEFAULT, run, writer, 1, b"x") for run in runs for writer in writers]

    assert answers == [True] * 4


async def test_digests_are_forgotten_when_their_writer_was_quiet_and_sequences_are_not(database: Database) -> None:
    run, quiet, busy = await make_run(database), make_writer(), make_writer()
    for writer in (quiet, busy):
        for sequence in range(3):
            async with database.write() as tx:
                await received.claim(tx, DEFAULT, run, writer, sequence, b"body")
    async with database.write() as tx:
        await tx.driver.execute("UPDATE received SET updated_at = now() - interval '31 days' WHERE writer = $1", quiet)

    assert (await forget_digests(database), await forget_digests(database)) == (3, 0)
    async with database.write() as tx:
        assert not await received.claim(tx, DEFAULT, run, quiet, 1, b"other")
        with pytest.raises(Conflict):
            await received.claim(tx, DEFAULT, run, busy, 1, b"other")
        assert await received.claim(tx, DEFAULT, run, quiet, 3, b"more")
