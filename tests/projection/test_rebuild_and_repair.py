"""Rebuild beside a serving generation, verify by digests, repair of what differs and of nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.ids import NodeKey, NodeKind, RunID, make_uuid7
from domain.projections import Entity, TaskKind
from projection.judging import Verdict, judge
from projection.targets import Found, State
from store.projections.snapshots import change_progress
from store.projections.tasks import add_task
from tests.projection.asking import ask
from tests.projection.following import Followed, describe, make_runs
from tests.store.making import DEFAULT


def entity(run: UUID) -> Entity:
    return Entity(DEFAULT, NodeKey(NodeKind.RUN, run))


def plant(followed: Followed, runs: list[RunID], chance: random.Random) -> dict[str, int]:
    """Put a difference into a serving generation for each run; return how many of each kind."""
    stored = followed.kept.generations[followed.kept.serving or 0]
    planted = {"ahead": 0, "extra": 0, "missing": 0, "other": 0, "stale": 0}
    for run in runs:
        kind = chance.choice(sorted(planted))
        planted[kind] += 1
        state = stored[entity(run)]
        if kind == "missing":
            del stored[entity(run)]
        elif kind == "stale":
            stored[entity(run)] = replace(state, fence=state.fence - 1, body=("old",), content=1)
        elif kind == "ahead":
            stored[entity(run)] = replace(state, fence=state.fence + chance.randint(1, 9), body=("new",), content=2)
        elif kind == "other":
            stored[entity(run)] = replace(state, body=("changed by hand",))
        else:
            unknown = entity(make_uuid7())
            stored[unknown] = State(entity=unknown, fence=chance.randint(1, 9), content=3, body=("extra",))
    return planted


async def test_a_rebuild_beside_writes_is_the_same_as_what_was_projected_live(followed: Followed) -> None:
    runs = await make_runs(followed.record, 4)
    followed.start()
    await followed.catch_up()
    async with change_progress(followed.record) as driver:
        await add_task(driver, followed.target.name, TaskKind.REBUILD, {})
    for number in range(60):
        await describe(followed.record, runs[number % 4], str(number))
    found = await followed.wait_until(lambda one: one.generation == 2)
    await followed.catch_up()
    task = await ask(followed, TaskKind.VERIFY, deep=True)

    assert found.trusted
    assert (task.error, task.result) == (
        None,
        {"checked": 4, "differences": {}, "examples": [], "unsettled": 0, "repaired": 0, "left": 0},
    )
    assert await followed.list_generations() == {2: "serving"}
    assert sorted(followed.kept.generations) == [2]


async def test_planted_drift_is_found_and_repaired_all_of_it(followed: Followed, is_long: bool) -> None:
    count = 1000 if is_long else 120
    runs = await make_runs(followed.record, count)
    followed.start()
    await followed.catch_up()
    planted = plant(followed, runs, random.Random(7))
    shallow = await ask(followed, TaskKind.VERIFY)
    deep = await ask(followed, TaskKind.VERIFY, deep=True)
    repaired = await ask(followed, TaskKind.REPAIR, drop_anyway=True)
    after = await ask(followed, TaskKind.VERIFY, deep=True)

    assert shallow.result is not None
    assert deep.result is not None
    assert shallow.result["differences"] == {kind: n for kind, n in planted.items() if kind != "other"}
    assert deep.result["differences"] == planted
    assert repaired.result is not None
    assert (repaired.result["repaired"], repaired.result["left"]) == (count, 0)
    assert after.result is not None
    assert (after.result["differences"], after.result["checked"]) == ({}, count)


async def test_a_repair_and_a_rebuild_refuse_to_drop_much(followed: Followed) -> None:
    await make_runs(followed.record, 5)
    followed.start()
    await followed.catch_up()
    stored = followed.kept.generations[followed.kept.serving or 0]
    for _ in range(5):
        unknown = entity(make_uuid7())
        stored[unknown] = State(entity=unknown, fence=1, content=3, body=("extra",))
    repair = await ask(followed, TaskKind.REPAIR)
    rebuild = await ask(followed, TaskKind.REBUILD)

    assert repair.error == (
        "5 entities that the record does not know would be dropped, it knows 5: more than the share of 0.1 that is "
        "dropped without --drop-anyway"
    )
    assert rebuild.error == (
        "the new generation has 5 entities where 10 are served: more than the share of 0.1 that is dropped without "
        "--drop-anyway"
    )
    assert await followed.list_generations() == {1: "serving"}


async def test_what_the_copy_cannot_write_no_token_passes(followed: Followed) -> None:
    (run,) = await make_runs(followed.record, 1)
    followed.kept.poison.add(run)
    followed.start()
    found = await followed.wait_until(lambda one: one.generation is not None)

    assert (found.dead_letters, found.last_error) == (1, "poison")


def state(fence: int, content: int = 1, body: Any = "x") -> State:
    return State(entity=entity(UUID(int=1)), fence=fence, content=content, body=body)


def found(fence: int, content: int = 1, *, tombstone: bool = False) -> Found:
    return Found(entity=entity(UUID(int=1)), fence=fence, content=content, tombstone=tombstone)


ABSENT = state(0, body=None)


@pytest.mark.parametrize(
    "before, later, has, verdict",
    [
        (state(3), state(3), found(3), Verdict.SAME),
        (state(3), state(3), None, Verdict.MISSING),
        (state(3), state(3), found(2), Verdict.STALE),
        (state(3), state(3), found(4), Verdict.AHEAD),
        (state(3), state(3), found(3, 2), Verdict.OTHER),
        (state(3), state(5), found(4), Verdict.MOVING),
        (state(3), state(5, 2), found(5, 2), Verdict.SAME),
        (state(3), state(5, 2), found(5, 9), Verdict.OTHER),
        (state(3), state(3), found(3, tombstone=True), Verdict.OTHER),
        (state(3), state(3), found(9, tombstone=True), Verdict.AHEAD),
        (ABSENT, ABSENT, None, Verdict.SAME),
        (ABSENT, ABSENT, found(2), Verdict.EXTRA),
        (ABSENT, ABSENT, found(2, tombstone=True), Verdict.SAME),
        (ABSENT, state(1), None, Verdict.SAME),
        (ABSENT, state(1), found(1), Verdict.SAME),
        (state(1), ABSENT, found(1), Verdict.MOVING),
    ],
)
def test_a_verdict_is_given_only_where_it_is_sure(
    before: State, later: State, has: Found | None, verdict: Verdict
) -> None:
    assert judge(before, later, has) is verdict
