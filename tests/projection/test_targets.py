"""What both stores promise as targets: they are the record, live and rebuilt, after drift, and after they lost it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from domain.ids import NodeKey, NodeKind, NoteID, make_uuid7
from domain.projections import Entity, TaskKind
from domain.runs import RunKind
from projection.steps import read_states, write_states
from projection.targets import Found, Mark, State
from store.database import Database
from store.notes import add_note
from store.projections.checkpoints import register
from store.projections.generations import reserve_generation
from store.projections.snapshots import change_progress, read_moment
from store.projections.tasks import add_task
from store.purging import purge_run
from store.run_edits import delete_runs
from tests.lineage.building import Lineage, dataset
from tests.projection.asking import ask
from tests.projection.drift import Drift, choose_cases
from tests.projection.following import Followed, describe
from tests.projection.stores import Store
from tests.store.making import DEFAULT

CASES = 500
"""Spoiled entities in each of the two stores."""


@pytest.fixture
async def kept(store: Store, record: Database) -> AsyncIterator[Followed]:
    """The record with one of the stores that follows it."""
    followed = Followed(record, store.target)
    yield followed
    await followed.stop()
    for number in await followed.list_generations():
        await store.target.drop(number)


async def tell(record: Database, name: str) -> Lineage:
    """Record a training, its evaluation and a note: a dozen nodes, edges and documents."""
    lineage = Lineage(record)
    await lineage.run(f"train {name}", start=1, end=2)
    await lineage.used(dataset("web@1"), f"train {name}")
    await lineage.generated(f"train {name}", f"s3://models/{name}")
    await lineage.run(f"evaluate {name}", RunKind.EVALUATE, start=3, end=4)
    await lineage.used(f"s3://models/{name}", f"evaluate {name}")
    note = NoteID(make_uuid7())
    async with record.write() as tx:
        await add_note(
            tx, DEFAULT, NodeKey(NodeKind.RUN, lineage.runs[f"train {name}"]), f"{name} learns faster", id=note
        )
    return lineage


async def fetch_serving(followed: Followed) -> int:
    serving = (await followed.look()).generation
    assert serving is not None
    return serving


async def list_entities(followed: Followed) -> list[Entity]:
    """Return all of the record that the store shows."""
    async with read_moment(followed.record) as conn:
        return await followed.target.fetch_entities(conn, None, limit=100_000)


async def list_found(followed: Followed, generation: int) -> dict[Entity, Found]:
    """Return all that a generation has, with contents computed anew."""
    await followed.target.refresh(generation)
    pages = [page async for page in followed.target.list_found(generation, buckets=None, deep=True)]
    return {one.entity: one for page in pages for one in page if not one.tombstone}


async def assert_is_the_record(followed: Followed) -> None:
    comparison = await followed.compare(deep=True)
    assert (comparison.differences, comparison.unsettled) == ([], [])
    assert comparison.checked > 0


async def test_it_is_the_record_and_stays_so(kept: Followed) -> None:
    await tell(kept.record, "a")
    kept.start()
    await kept.catch_up()
    before = await list_found(kept, await fetch_serving(kept))
    lineage = await tell(kept.record, "b")
    await describe(kept.record, lineage.runs["train b"], "with a longer warmup")
    await kept.catch_up()
    after = await list_found(kept, await fetch_serving(kept))

    assert before
    assert after.keys() > before.keys()
    await assert_is_the_record(kept)


async def test_what_was_purged_is_gone_and_stays_gone(kept: Followed) -> None:
    lineage = await tell(kept.record, "a")
    kept.start()
    await kept.catch_up()
    run = lineage.runs["train a"]
    async with read_moment(kept.record) as conn:
        old = await read_states(conn, kept.target, {Entity(DEFAULT, NodeKey(NodeKind.RUN, run)): 0})
    async with kept.record.write() as tx:
        await delete_runs(tx, DEFAULT, [run])
    await purge_run(kept.record, DEFAULT, run)
    await kept.catch_up()
    serving = await fetch_serving(kept)
    await kept.target.write(old, [serving])

    assert Entity(DEFAULT, NodeKey(NodeKind.RUN, run)) not in await list_found(kept, serving)
    await assert_is_the_record(kept)


async def test_a_thousand_spoiled_entities_over_both_stores_are_found_and_repaired(
    kept: Followed, store: Store
) -> None:
    for number in range(60):
        await tell(kept.record, str(number))
    lineage = Lineage(kept.record)
    for number in range(CASES):
        await lineage.run(f"alone {number}", start=1, end=2)
    kept.start()
    await kept.catch_up()
    serving = await fetch_serving(kept)
    chance = random.Random(7)
    entities = chance.sample(await list_entities(kept), CASES)
    cases = choose_cases(entities, chance, extra=store.unknown, share=0.2)
    await store.plant(serving, cases)

    verified = await kept.compare(deep=True)
    shallow = await ask(kept, TaskKind.VERIFY)
    refused = await ask(kept, TaskKind.REPAIR)
    repaired = await ask(kept, TaskKind.REPAIR, drop_anyway=True)
    after = await ask(kept, TaskKind.VERIFY, deep=True)

    found = {difference.entity for difference in verified.differences}
    assert len(cases) == CASES
    assert {case.drift for case in cases} == set(Drift)
    assert {case.entity for case in cases} - found == set()
    assert Counter(one.verdict.value for one in verified.differences)["extra"] == CASES * 0.2
    assert shallow.result is not None
    assert shallow.result["left"] > 0
    assert refused.error is None or "--drop-anyway" in refused.error
    assert repaired.result is not None, repaired.error
    assert repaired.result["left"] == 0, repaired.result
    assert after.result is not None
    assert after.result["differences"] == {}
    await assert_is_the_record(kept)


async def test_a_generation_rebuilt_under_writes_is_the_one_that_is_followed(kept: Followed) -> None:
    lineage = await tell(kept.record, "a")
    for number in range(20):
        await tell(kept.record, str(number))
    kept.start()
    first = await kept.catch_up()
    async with change_progress(kept.record) as driver:
        await add_task(driver, kept.target.name, TaskKind.REBUILD, {})
    for number in range(40):
        await describe(kept.record, lineage.runs["train a"], str(number))
        if number % 8 == 0:
            await tell(kept.record, f"meanwhile {number}")
    await kept.finish_tasks()
    second = await kept.catch_up()

    assert first.generation is not None
    assert second.generation == first.generation + 1
    assert list(await kept.list_generations()) == [second.generation]
    await assert_is_the_record(kept)


@pytest.mark.parametrize("all_of_it", [False, True], ids=["one generation", "the whole server"])
async def test_what_it_lost_is_noticed_and_built_anew(kept: Followed, store: Store, *, all_of_it: bool) -> None:
    await tell(kept.record, "a")
    kept.start()
    first = await kept.catch_up()
    await kept.stop()
    serving = await fetch_serving(kept)
    await (store.lose_all(serving) if all_of_it else store.lose(serving))
    kept.start()
    found = await kept.wait_until(lambda one: one.generation not in (None, first.generation))

    assert found.generation is not None
    await kept.catch_up()
    await assert_is_the_record(kept)


async def test_a_mark_of_lower_order_never_takes_the_place_of_a_higher(kept: Followed) -> None:
    before = await kept.target.read_mark()
    await kept.target.write_mark(Mark(1, 5))
    await kept.target.write_mark(Mark(2, 4))

    assert before is None
    assert await kept.target.read_mark() == Mark(1, 5)


async def test_any_order_gives_the_same_state(kept: Followed, is_long: bool) -> None:
    """Duplicates, delays, shuffles: whatever arrives when, the newest state of each entity stays."""
    states = await record_states(kept.record, kept)
    latest: dict[Entity, State] = {}
    for state in states:
        known = latest.get(state.entity)
        latest[state.entity] = state if known is None or known.fence <= state.fence else known
    for seed in range(100 if is_long else 5):
        chance = random.Random(seed)
        sent = [*states, *chance.choices(states, k=len(states) // 2)]
        chance.shuffle(sent)
        generation = await reserve(kept)
        await kept.target.prepare(generation)
        await asyncio.gather(*(write_states(kept.target, part, [generation]) for part in cut(sent, chance)))
        found = await list_found(kept, generation)
        await kept.target.drop(generation)

        assert {entity: (one.fence, one.content) for entity, one in found.items()} == {
            entity: (state.fence, state.content) for entity, state in latest.items() if state.body is not None
        }, seed


async def reserve(followed: Followed) -> int:
    """Return the number of a generation that no other test has."""
    await register(followed.record, followed.target.name)
    async with change_progress(followed.record) as driver:
        return await reserve_generation(driver, followed.target.name)


async def record_states(record: Database, followed: Followed) -> list[State]:
    """Return what a projection would have written after each of some changes; the last of a run is that it is gone."""
    lineage = await tell(record, "a")
    doomed = await lineage.run("doomed", start=1, end=2)
    states: list[State] = []
    asked: dict[Entity, int] = {}
    for number in range(6):
        await describe(record, lineage.runs["train a"], f"step {number}")
        await tell(record, f"more {number}")
        if number == 3:
            async with record.write() as tx:
                await delete_runs(tx, DEFAULT, [doomed])
            await purge_run(record, DEFAULT, doomed)
        asked = dict.fromkeys([*await list_entities(followed), Entity(DEFAULT, NodeKey(NodeKind.RUN, doomed))], 0)
        async with read_moment(record) as conn:
            states += await read_states(conn, followed.target, asked)
    return [state for state in states if state.entity in asked]


def cut(states: list[State], chance: random.Random) -> list[list[State]]:
    """Return the states in parts of random lengths, each with an entity once as a projection writes it."""
    parts: list[list[State]] = [[]]
    seen: set[Entity] = set()
    for state in states:
        if state.entity in seen or chance.random() < 0.05:
            parts.append([])
            seen.clear()
        parts[-1].append(state)
        seen.add(state.entity)
    return parts
