"""Is an entity that looked different surely so, or only on its way?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.positions import Position
from domain.projections import Entity
from projection.steps import read_states
from projection.targets import Found, ProjectionTarget, State
from store.database import Database
from store.driver import fetch_driver
from store.projections.settled import Settled, fetch_newest_position, fetch_settled, hurry_entities
from store.projections.snapshots import change_progress, read_moment

PAGE = 500
ROUNDS = 50
LOOK_S = 0.05


class Verdict(StrEnum):
    """How a projection shows one entity."""

    SAME = "same"
    MISSING = "missing"
    STALE = "stale"
    AHEAD = "ahead"
    OTHER = "other"
    EXTRA = "extra"
    REFUSED = "refused"
    MOVING = "moving"
    """It changed between the two looks: nothing can be said yet."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One entity that the projection shows otherwise than the record, though it had every occasion to."""

    entity: Entity
    verdict: Verdict
    found_fence: int
    """The fence that the projection has; 0 where it has nothing."""


@dataclass(slots=True)
class Comparison:
    """What a comparison found. `unsettled` changed so often that nothing can be said of them."""

    checked: int = 0
    differences: list[Difference] = field(default_factory=list)
    unsettled: list[Entity] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.differences and not self.unsettled


async def settle(
    database: Database,
    target: ProjectionTarget,
    generation: int,
    candidates: Iterable[Entity],
    comparison: Comparison,
    *,
    deep: bool,
) -> None:
    """Look at candidates again until each is surely a difference or surely none.

    Needs the projection's line to go on meanwhile.
    """
    left = list(candidates)
    for _ in range(ROUNDS):
        pages = [left[start : start + PAGE] for start in range(0, len(left), PAGE)]
        left = []
        for page in pages:
            for difference in await _judge_page(database, target, generation, page, deep=deep):
                if difference.verdict is Verdict.MOVING:
                    left.append(difference.entity)
                else:
                    comparison.differences.append(difference)
        if not left:
            return
    comparison.unsettled.extend(left)


async def _judge_page(
    database: Database, target: ProjectionTarget, generation: int, page: Sequence[Entity], *, deep: bool
) -> list[Difference]:
    """Return all of a page that is not surely the same."""
    before, position = await _read_now(database, target, page)
    settled = await _wait_until_passed(database, target, position, page)
    found = {one.entity: one for one in await target.fetch_found(generation, page, deep=deep)}
    later, _ = await _read_now(database, target, page)
    differences = []
    for entity in page:
        verdict = judge(before[entity], later[entity], found.get(entity))
        if verdict is not Verdict.SAME:
            fence = found[entity].fence if entity in found else 0
            dead = entity in settled.dead and verdict is not Verdict.MOVING
            differences.append(Difference(entity, Verdict.REFUSED if dead else verdict, fence))
    return differences


async def _read_now(
    database: Database, target: ProjectionTarget, page: Sequence[Entity]
) -> tuple[dict[Entity, State], Position]:
    async with read_moment(database) as conn:
        states = {state.entity: state for state in await read_states(conn, target, dict.fromkeys(page, 0))}
        return states, await fetch_newest_position(await fetch_driver(conn))


async def _wait_until_passed(
    database: Database, target: ProjectionTarget, position: Position, page: Sequence[Entity]
) -> Settled:
    """Wait until the projection had the occasion to show all through a position, for those entities."""
    while True:
        async with change_progress(database) as driver:
            await hurry_entities(driver, target.name, page)
            settled = await fetch_settled(driver, target.name, position, page)
        if settled.passed and not settled.pending:
            return settled
        await asyncio.sleep(LOOK_S)


def judge(before: State, later: State, found: Found | None) -> Verdict:
    """Compare what a projection has with the record before it was asked, all of which it had passed, and after."""
    shown = found is not None and not found.tombstone
    if before.body is None and later.body is None:
        return Verdict.EXTRA if shown else Verdict.SAME
    if before.body is None:
        return _judge_by_fence(later, found) if found is not None and shown else Verdict.SAME
    if later.body is None:
        return Verdict.MOVING
    if found is None:
        return Verdict.MISSING
    if found.fence < before.fence:
        return Verdict.STALE
    if found.fence > later.fence:
        return Verdict.AHEAD
    if found.tombstone:
        return Verdict.OTHER
    verdict = _judge_by_fence(before, found)
    return verdict if verdict is not Verdict.MOVING else _judge_by_fence(later, found)


def _judge_by_fence(state: State, found: Found) -> Verdict:
    if found.fence != state.fence:
        return Verdict.MOVING
    return Verdict.SAME if found.content == state.content else Verdict.OTHER
