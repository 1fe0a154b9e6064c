"""Numbers of runs: each once, without a gap, also when many are taken at the same time."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from domain.ids import ExperimentID
from store.database import Database
from store.experiments import fetch_experiment_id
from store.numbers import Numbers
from tests.store.making import DEFAULT, make_run


async def test_numbers_taken_at_the_same_time_are_each_given_once_and_leave_no_gap(database: Database) -> None:
    await make_run(database, "track")
    await make_run(database, "other")
    numbers = Numbers(database)
    both = [numbers.take(DEFAULT, name) for _ in range(30) for name in ("track", "other")]
    places = [place for place in await asyncio.gather(*both) if place is not None]

    assert sorted(place.number for place in places) == [n for n in range(2, 32) for _ in range(2)]
    assert len({(place.experiment, place.number) for place in places}) == 60
    after = await numbers.take(DEFAULT, "track")
    assert after is not None
    assert after.number == 32


async def test_two_processes_take_different_numbers(database: Database) -> None:
    await make_run(database, "track")
    one, two = Numbers(database), Numbers(database)
    places = await asyncio.gather(*(numbers.take(DEFAULT, "track") for _ in range(10) for numbers in (one, two)))

    assert sorted(place.number for place in places if place is not None) == list(range(2, 22))


async def test_by_name_and_by_id_they_are_of_one_row(database: Database) -> None:
    await make_run(database, "track")
    async with database.read() as conn:
        known = await fetch_experiment_id(conn, DEFAULT, "track")
    assert known is not None
    numbers = Numbers(database)
    places = await asyncio.gather(numbers.take(DEFAULT, "track"), numbers.take(DEFAULT, ExperimentID(known)))

    assert sorted(place.number for place in places if place is not None) == [2, 3]


async def test_an_experiment_that_is_not_there_has_none(database: Database) -> None:
    numbers = Numbers(database)

    assert await asyncio.gather(*(numbers.take(DEFAULT, "nowhere") for _ in range(3))) == [None] * 3


async def test_whoever_gives_up_waiting_leaves_the_others_theirs(database: Database) -> None:
    await make_run(database, "track")
    numbers = Numbers(database)
    waiting = [asyncio.create_task(numbers.take(DEFAULT, "track")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    given = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(given[0], asyncio.CancelledError)
    assert len({place.number for place in given[1:] if not isinstance(place, BaseException) and place}) == 2


async def test_a_failure_is_told_to_all_who_waited_and_the_next_may_succeed(database_url: str) -> None:
    database = Database.connect(database_url, pool_size=1)
    await make_run(database, "track")
    numbers = Numbers(Database.connect("postgresql://127.0.0.1:1/nothing", pool_size=1))
    given = await asyncio.gather(*(numbers.take(DEFAULT, "track") for _ in range(3)), return_exceptions=True)

    assert all(isinstance(failure, Unavailable) for failure in given)
    with pytest.raises(Unavailable):
        await numbers.take(DEFAULT, "track")
    await database.close()
