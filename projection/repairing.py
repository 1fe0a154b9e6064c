"""Repair what differs, never by force: a fence above the one found, then an ordinary write of the record's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.errors import Conflict
from domain.projections import Entity
from projection.judging import Difference, Verdict
from projection.marking import Marker
from projection.steps import read_states, write_states
from projection.targets import ProjectionTarget, Refusal, State
from store.database import Database
from store.driver import fetch_driver
from store.projections.checkpoints import raise_epoch
from store.projections.floors import fetch_floors, raise_floors
from store.projections.generations import fetch_generations
from store.projections.snapshots import change_progress, read_moment

PAGE = 500
JUMPS = (1, 1 << 10, 1 << 20)
"""How far above a state's fence the next try goes where the store did not take it."""


def check_drop(differences: Sequence[Difference], checked: int, *, largest: float, anyway: bool) -> None:
    """Raise `Conflict` where a repair would take away more than a share of what the record has."""
    extra = sum(one.verdict is Verdict.EXTRA for one in differences)
    if not anyway and extra > largest * max(checked, 1):
        raise Conflict(
            f"{extra} entities that the record does not know would be dropped, it knows {checked}: "
            f"more than the share of {largest:g} that is dropped without --drop-anyway"
        )


async def repair(
    database: Database, target: ProjectionTarget, marker: Marker, generation: int, differences: Sequence[Difference]
) -> list[Refusal]:
    """Write what differs anew, into all generations; return what was refused again."""
    refused: list[Refusal] = []
    for start in range(0, len(differences), PAGE):
        page = {one.entity: one.found_fence for one in differences[start : start + PAGE]}
        found: list[Refusal] = []
        for jump in JUMPS:
            found, written = await _write_above(database, target, marker, generation, page)
            page = await _find_unwritten(target, generation, written, jump=jump)
            if not page:
                break
        refused.extend(found)
    return refused


async def _write_above(
    database: Database, target: ProjectionTarget, marker: Marker, generation: int, page: Mapping[Entity, int]
) -> tuple[list[Refusal], list[State]]:
    """Write the record's state of entities, above the fences given; return what was refused, and what was written."""
    await _raise_above(database, target, page)
    async with read_moment(database) as conn:
        states = await read_states(conn, target, dict.fromkeys(page, 0))
        generations = [one.number for one in await fetch_generations(await fetch_driver(conn), target.name)]
    await marker.mark()
    await target.erase(generation, list(page))
    refused, bookmark = await write_states(target, states, generations)
    async with change_progress(database) as driver:
        await raise_epoch(driver, target.name, bookmark=bookmark)
    left_out = {one.entity for one in refused}
    return refused, [state for state in states if state.entity in page and state.entity not in left_out]


async def _find_unwritten(
    target: ProjectionTarget, generation: int, written: Sequence[State], *, jump: int
) -> dict[Entity, int]:
    """Return what the store took for older than something that it does not show, each with a fence to go above.

    Elasticsearch remembers the version of a document that was deleted by hand for a minute (`index.gc_deletes`).
    """
    asked = [state for state in written if state.body is not None and _is_fenced(target, state.entity)]
    kept = {one.entity for one in await target.fetch_found(generation, [one.entity for one in asked], deep=False)}
    return {state.entity: state.fence + jump for state in asked if state.entity not in kept}


async def _raise_above(database: Database, target: ProjectionTarget, found: Mapping[Entity, int]) -> None:
    """Raise floors so that the record's state wins over what was found, whatever that is."""
    async with read_moment(database) as conn:
        states = await read_states(conn, target, dict.fromkeys(found, 0))
        floors = await fetch_floors(await fetch_driver(conn), target.name, list(found))
    raised = {
        state.entity: floors.get(state.entity, 0) + found[state.entity] + 1 - state.fence
        for state in states
        if state.entity in found and found[state.entity] >= state.fence and _is_fenced(target, state.entity)
    }
    if raised:
        async with change_progress(database) as driver:
            await raise_floors(driver, target.name, raised)


def _is_fenced(target: ProjectionTarget, entity: Entity) -> bool:
    return entity.key.kind not in target.rewritten
