"""Edges in the record: one open interval each, closed and opened by every change, told to the outbox."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.edges import NEVER, Edge, Held, Interval, replace
from domain.lineage.kinds import EdgeKind, Origin, WriteMode
from domain.lineage.roles import Role
from store.database import Database
from store.edges import fetch_intervals, fetch_open, record_edges, retract_edges
from store.outbox import Changed
from tests.store.making import DEFAULT, fetch_changed

RUN = RunID(uuid4())
EDGE = Edge(
    workspace=DEFAULT,
    kind=EdgeKind.USED,
    source=NodeKey(NodeKind.DATASET_VERSION, uuid4()),
    target=NodeKey(NodeKind.RUN, RUN),
    role=Role.TRAIN,
    run=RUN,
    subset="train",
    origin=Origin.OBSERVED,
    producer="sdk",
)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
HELD = Held(
    held_from=NOON,
    held_to=None,
    own_time=True,
    range={"offsets": [0, 10]},
    step=5,
    mode=WriteMode.APPEND,
    path="train.py",
    entry_point="main",
    evidence="README: as it was",
    choice=True,
    overlapping=True,
    unbound=uuid4(),
)


async def record(database: Database, edge: Edge = EDGE, held: Held = HELD) -> None:
    async with database.write() as tx:
        await record_edges(tx, DEFAULT, {edge: held})


async def retract(database: Database, edge: Edge = EDGE) -> None:
    async with database.write() as tx:
        assert [one.edge for one in await retract_edges(tx, DEFAULT, [edge.id])] == [edge]


async def read(database: Database, edge: Edge = EDGE) -> list[Interval]:
    async with database.read() as conn:
        return (await fetch_intervals(conn, DEFAULT, [edge.id]))[edge.id]


async def test_an_interval_is_read_as_it_was_recorded(database: Database) -> None:
    await record(database)
    (interval,) = await read(database)

    assert (interval.edge, interval.held, interval.n, interval.retracted) == (EDGE, HELD, 1, NEVER)
    assert await fetch_changed(database, NodeKind.EDGE) == [(EDGE.id, 1, Changed.GRAPH)]


async def test_what_is_said_again_changes_nothing(database: Database) -> None:
    await record(database)
    await record(database)

    assert len(await read(database)) == 1
    assert len(await fetch_changed(database, NodeKind.EDGE)) == 1


async def test_every_change_closes_an_interval_and_opens_the_next(database: Database) -> None:
    await record(database)
    await record(database, held=replace(HELD, step=6))
    await retract(database)
    await record(database)
    first, second, third = await read(database)

    assert [one.n for one in (first, second, third)] == [1, 2, 3]
    assert [one.held.step for one in (first, second, third)] == [5, 6, 5]
    assert first.retracted == second.recorded
    assert second.retracted < third.recorded
    assert third.retracted == NEVER
    changed = await fetch_changed(database, NodeKind.EDGE)
    assert [revision for _, revision, _ in changed] == [1, 3, 4, 5]


async def test_eight_writers_of_the_same_edges_lose_none(database: Database) -> None:
    claims = {replace(EDGE, subset=str(n)): HELD for n in range(40)}

    async def write(number: int) -> None:
        async with database.write() as tx:
            ordered = list(claims.items())[:: 1 if number % 2 else -1]
            await record_edges(tx, DEFAULT, {edge: replace(held, step=number % 2) for edge, held in ordered})

    await asyncio.gather(*map(write, range(8)))
    async with database.read() as conn:
        kept = await fetch_open(conn, DEFAULT, targets=[RUN])
        intervals = await fetch_intervals(conn, DEFAULT, [edge.id for edge in claims])

    assert {interval.edge for interval in kept} == claims.keys()
    assert len(kept) == 40
    for each in intervals.values():
        assert [one.n for one in each] == list(range(1, len(each) + 1))


async def test_edges_are_found_from_both_ends_and_by_kind(database: Database) -> None:
    await record(database)
    async with database.read() as conn:
        entering = await fetch_open(conn, DEFAULT, targets=[RUN], kinds=[EdgeKind.USED])
        leaving = await fetch_open(conn, DEFAULT, sources=[EDGE.source.uuid])
        others = await fetch_open(conn, DEFAULT, targets=[RUN], kinds=[EdgeKind.CALLED])

    assert [one.edge for one in entering] == [one.edge for one in leaving] == [EDGE]
    assert others == []


def test_each_field_of_an_edge_is_in_its_id_and_the_link_folds_who_says_it() -> None:
    others = [
        replace(EDGE, kind=EdgeKind.DERIVED),
        replace(EDGE, source=NodeKey(EDGE.source.kind, uuid4())),
        replace(EDGE, target=NodeKey(NodeKind.EVALUATION, EDGE.target.uuid)),
        replace(EDGE, role=None),
        replace(EDGE, run=None),
        replace(EDGE, subset=""),
        replace(EDGE, subset=None),
        replace(EDGE, origin=Origin.MANUAL),
        replace(EDGE, producer=""),
    ]

    assert len({edge.id for edge in [EDGE, *others]}) == len(others) + 1
    assert {replace(EDGE, origin=Origin.MANUAL).link, replace(EDGE, producer="").link} == {EDGE.link}
    assert len({edge.link for edge in [EDGE, *others]}) == len(others) - 2
