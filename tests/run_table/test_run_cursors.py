"""Cursors: they stay right while runs are written, and are refused where they do not belong."""

from __future__ import annotations

import asyncio
import base64
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from domain.errors import InvalidInput
from domain.experiments import Lifecycle
from domain.filters import EVERYTHING, Field, FieldLeaf, Filter, MetricLeaf, Statistic
from domain.ids import RunID, WorkspaceID
from domain.orders import Direction, FieldOrder, MetricOrder, Order, ParamOrder
from domain.predicates import parse_predicate
from store.database import Database
from store.keys import Keys
from store.run_table import RunPage, fetch_run_page
from tests.run_table.oracle import PlainExperiment, PlainRun, PlainSeries
from tests.run_table.recording import record_runs, record_workspace

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BY_LOSS = (MetricOrder("loss"),)
ORDERS: list[tuple[Order, ...]] = [
    BY_LOSS,
    (MetricOrder("loss", Statistic.LAST, Direction.DESC),),
    (ParamOrder("choice", Direction.DESC), FieldOrder(Field.CREATED_AT)),
    (),
]


def make_runs(chance: random.Random, numbers: range, experiment: PlainExperiment) -> list[PlainRun]:
    return [
        PlainRun(
            id=UUID(int=chance.getrandbits(128)),
            experiment=experiment,
            number=number,
            created_at=NOON + timedelta(milliseconds=chance.randrange(50)),
            started_at=NOON,
            params={"choice": chance.choice([1, 2, "a", True])} if chance.random() < 0.8 else {},
            metrics={"loss": PlainSeries(1.0, chance.randrange(9) / 8, 0.0, 1.0, 1)} if chance.random() < 0.8 else {},
        )
        for number in numbers
    ]


async def read_page(
    record: Database,
    workspace: WorkspaceID,
    after: str | None = None,
    *,
    where: Filter = EVERYTHING,
    orders: tuple[Order, ...] = BY_LOSS,
    lifecycle: Lifecycle = Lifecycle.PRESENT,
) -> RunPage:
    async with record.read() as conn:
        return await fetch_run_page(conn, workspace, where, orders, first=2, after=after, lifecycle=lifecycle)


@pytest.mark.parametrize("orders", ORDERS)
async def test_runs_written_while_somebody_pages_neither_hide_nor_repeat_one_that_was_there(
    record: Database, keys: Keys, orders: tuple[Order, ...]
) -> None:
    chance = random.Random(20261123)
    experiment = PlainExperiment(UUID(int=1), "track")
    old = make_runs(chance, range(60), experiment)
    workspace = await record_workspace(record, keys, old)
    ids = await keys.intern(workspace, ["choice", "loss"])
    done = asyncio.Event()

    async def write() -> None:
        for number in range(1000, 100_000):
            if done.is_set():
                return
            await record_runs(record, workspace, make_runs(chance, range(number, number + 1), experiment), ids)

    writing = asyncio.create_task(write())
    found: list[RunID] = []
    after = None
    while True:
        page = await read_page(record, workspace, after, orders=orders)
        found += page.ids
        if not page.has_next or len(found) > 5000:
            break
        after = page.cursors[-1]
        if set(found) >= {run.id for run in old}:
            done.set()
    done.set()
    await writing

    assert len(found) == len(set(found))
    assert set(found) >= {run.id for run in old}


@pytest.fixture
async def workspace(record: Database, keys: Keys) -> WorkspaceID:
    """Seven runs, some of them without a loss."""
    chance = random.Random(7)
    return await record_workspace(record, keys, make_runs(chance, range(7), PlainExperiment(UUID(int=1), "track")))


async def test_every_row_has_a_cursor_that_leads_to_the_next(record: Database, workspace: WorkspaceID) -> None:
    page = await read_page(record, workspace)
    behind_the_first = await read_page(record, workspace, page.cursors[0])

    assert behind_the_first.ids[0] == page.ids[1]


@pytest.mark.parametrize("text", ["", "x", "AAAA", "ä", "not a cursor", "A" * 5000])
async def test_a_broken_cursor_is_refused_by_name(record: Database, workspace: WorkspaceID, text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a cursor") as caught:
        await read_page(record, workspace, text)

    assert caught.value.path == ("after",)
    assert ascii(text)[:60] in caught.value.message


async def test_a_cursor_of_another_question_is_refused(record: Database, keys: Keys, workspace: WorkspaceID) -> None:
    cursor = (await read_page(record, workspace)).cursors[-1]
    narrower = FieldLeaf(Field.STATUS, parse_predicate("eq", "RUNNING"))
    elsewhere = await record_workspace(record, keys, [])

    for other in (
        read_page(record, workspace, cursor, where=narrower),
        read_page(record, workspace, cursor, orders=()),
        read_page(record, workspace, cursor, lifecycle=Lifecycle.ALL),
        read_page(record, elsewhere, cursor),
    ):
        with pytest.raises(InvalidInput, match="another question") as caught:
            await other
        assert caught.value.path == ("after",)


async def test_the_same_question_written_differently_takes_the_cursor(record: Database, workspace: WorkspaceID) -> None:
    has_loss = MetricLeaf("loss", Statistic.LAST, parse_predicate("exists", True))
    cursor = (await read_page(record, workspace, where=has_loss)).cursors[-1]
    unlike = MetricLeaf("loss", Statistic.LAST, parse_predicate("exists", True))

    page = await read_page(record, workspace, cursor, where=unlike)

    assert len(page.ids) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [2, *parts[1:]],
        lambda parts: [*parts[:2], 4, *parts[3:]],
        lambda parts: [*parts[:2], -1, *parts[3:]],
        lambda parts: [*parts[:3], ["text"], parts[4]],
        lambda parts: [*parts[:3], [1.5, 1.5], parts[4]],
        lambda parts: [*parts[:3], [], parts[4]],
        lambda parts: [*parts[:4], b"short"],
        lambda parts: [*parts, "more"],
    ],
)
async def test_a_forged_cursor_is_refused(record: Database, workspace: WorkspaceID, change: object) -> None:
    assert callable(change)
    cursor = (await read_page(record, workspace)).cursors[0]
    parts = msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor))
    forged = base64.urlsafe_b64encode(msgspec.msgpack.encode(change(parts))).decode()

    with pytest.raises(InvalidInput, match="is not a cursor"):
        await read_page(record, workspace, forged)


@pytest.mark.parametrize("first", [0, -1, 1001, 10**6])
async def test_a_page_has_1_to_1000_runs(record: Database, workspace: WorkspaceID, first: int) -> None:
    with pytest.raises(InvalidInput, match=f"first is {first}") as caught:
        async with record.read() as conn:
            await fetch_run_page(conn, workspace, first=first)

    assert caught.value.path == ("first",)
