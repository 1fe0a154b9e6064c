"""What other trackers' clients send beside points: events in the order of arrival, summaries that users overwrite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.ids import NodeKind, RunID
from domain.streams import Event
from store.counters import lock_run, save_counters
from store.database import Database
from store.events import fetch_events, put_events
from store.keys import Keys
from store.outbox import Changed
from store.summary_overrides import fetch_summary_overrides, put_summary_overrides
from tests.store.making import DEFAULT, fetch_changed, make_run

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ["picture", "table"]


def event(key: str, step: int, value: Any, seconds: int = 0) -> Event:
    return Event(key=key, step=step, value=value, happened_at=WHEN + timedelta(seconds=seconds))


async def put(database: Database, run: RunID, *given: Event) -> None:
    keys = await Keys(database).intern(DEFAULT, NAMES)
    async with database.write() as tx:
        counters = await lock_run(tx, DEFAULT, run)
        await put_events(tx, counters, given, keys=keys)
        await save_counters(tx, counters)


async def override(database: Database, run: RunID, **values: Any) -> None:
    keys = await Keys(database).intern(DEFAULT, NAMES)
    async with database.write() as tx:
        counters = await lock_run(tx, DEFAULT, run)
        await put_summary_overrides(tx, counters, values, keys=keys)
        await save_counters(tx, counters)


async def test_events_of_one_key_and_step_are_all_kept_in_the_order_of_their_arrival(database: Database) -> None:
    run = await make_run(database)
    await put(database, run, event("table", 5, [1, {"a": None}]), event("picture", 5, "late", 9))
    await put(database, run, event("picture", 5, {"path": "b.png"}, 3), event("picture", -1, True))

    async with database.read() as conn:
        every = await fetch_events(conn, DEFAULT, run)
        some = await fetch_events(conn, DEFAULT, run, names=["picture"], from_step=0, limit=1)
    assert [(one.key, one.step, one.value) for one in every] == [
        ("picture", -1, True),
        ("picture", 5, "late"),
        ("picture", 5, {"path": "b.png"}),
        ("table", 5, [1, {"a": None}]),
    ]
    assert some == [every[1]]
    assert every[1].happened_at == WHEN + timedelta(seconds=9)
    rows = await fetch_changed(database, NodeKind.RUN)
    assert [(revision, changed) for uid, revision, changed in rows if uid == run][1:] == [
        (2, Changed.DOCUMENT),
        (3, Changed.DOCUMENT),
    ]


async def test_what_no_reader_could_read_is_refused_and_leaves_nothing(database: Database) -> None:
    run = await make_run(database)
    with pytest.raises(InvalidInput) as caught:
        await put(database, run, event("table", 1, 1), event("picture", 1, {"a": float("nan")}))

    assert caught.value.path == ("events", "picture")
    async with database.read() as conn:
        assert await fetch_events(conn, DEFAULT, run) == []


async def test_a_summary_that_is_overwritten_again_has_the_last_value(database: Database) -> None:
    run, other = await make_run(database), await make_run(database)
    await override(database, run, picture={"best": 1}, table="x")
    await override(database, run, picture=[2])

    async with database.read() as conn:
        assert await fetch_summary_overrides(conn, DEFAULT, [run, other]) == {
            run: {"picture": [2], "table": "x"},
            other: {},
        }
