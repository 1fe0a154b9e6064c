"""Copy the record into a new generation while the old one serves; the line writes both from the first moment on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from domain.errors import Conflict
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.positions import Position
from domain.projections import Entity, GenerationState
from projection.marking import Marker
from projection.steps import read_states, write_states
from projection.targets import ProjectionTarget, Refusal, State
from store.database import Database
from store.driver import fetch_driver
from store.outbox import Changed
from store.projections.checkpoints import raise_epoch
from store.projections.deferring import refuse
from store.projections.generations import (
    Generation,
    add_generation,
    fetch_generations,
    note_copied,
    remove_generation,
    reserve_generation,
    serve_generation,
)
from store.projections.reading import EntityChange
from store.projections.settled import fetch_newest_position
from store.projections.snapshots import change_progress, read_moment

PAGE = 2000

Progress = Callable[[int, int | None], Awaitable[None]]


async def begin_generation(database: Database, target: ProjectionTarget) -> int:
    """Prepare a generation; only then is it written by the line."""
    async with change_progress(database) as driver:
        number = await reserve_generation(driver, target.name)
    await target.prepare(number)
    async with change_progress(database) as driver:
        await add_generation(driver, target.name, number)
    return number


async def find_building(database: Database, projection: str) -> Generation | None:
    """Return the generation that is not copied to its end, or copied and not yet serving."""
    async with read_moment(database) as conn:
        found = await fetch_generations(await fetch_driver(conn), projection)
    return next((one for one in found if one.state is GenerationState.BUILDING), None)


@dataclass(frozen=True, slots=True)
class _Page:
    """Entities that are copied together, as one moment of the record has them."""

    entities: Sequence[Entity]
    states: Sequence[State]
    newest: Position

    @property
    def is_last(self) -> bool:
        return len(self.entities) < PAGE


async def copy(
    database: Database, target: ProjectionTarget, marker: Marker, generation: Generation, *, progress: Progress
) -> int:
    """Copy what the record has, from where a copy before this one was interrupted; return how much that was."""
    copied = generation.copied
    async with read_moment(database) as conn:
        total = await target.count_entities(conn)
    if generation.copied_at is not None:
        return copied
    async with aclosing(_read_pages(database, target, read_place(generation.copied_through))) as pages:
        async for page in pages:
            refused: list[Refusal] = []
            if page.states:
                await marker.mark()
                refused, _ = await write_states(target, page.states, [generation.number])
            copied += len(page.entities)
            through = None if page.is_last else write_place(page.entities[-1])
            async with change_progress(database, tell=False) as driver:
                await refuse(driver, target.name, _accuse(refused, page.newest))
                await note_copied(driver, target.name, generation.number, copied=copied, through=through)
            await progress(copied, max(total, copied))
    return copied


async def _read_pages(
    database: Database, target: ProjectionTarget, place: Entity | None
) -> AsyncGenerator[_Page, None]:
    """Give the pages behind a place; each is read while the one before it is written."""
    reading = asyncio.create_task(_read_page(database, target, place))
    try:
        while True:
            page = await reading
            if not page.is_last:
                reading = asyncio.create_task(_read_page(database, target, page.entities[-1]))
            yield page
            if page.is_last:
                return
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _read_page(database: Database, target: ProjectionTarget, place: Entity | None) -> _Page:
    async with read_moment(database) as conn:
        entities = await target.fetch_entities(conn, place, limit=PAGE)
        states = await read_states(conn, target, dict.fromkeys(entities, 0))
        return _Page(entities, states, await fetch_newest_position(await fetch_driver(conn)))


def write_place(entity: Entity | None) -> str | None:
    """Return the entity behind which a copy goes on as a text."""
    if entity is None:
        return None
    return f"{entity.key.kind.value} {entity.workspace} {entity.key.uuid}"


def read_place(text: str | None) -> Entity | None:
    """Return the entity of such a text."""
    if text is None:
        return None
    kind, workspace, uid = text.split()
    return Entity(WorkspaceID(UUID(workspace)), NodeKey(NodeKind(int(kind)), UUID(uid)))


def _accuse(refused: Sequence[Refusal], newest: Position) -> list[tuple[EntityChange, str]]:
    """Return refusals as dead letters that no token of their workspace passes: nothing of them was ever written."""
    return [
        (
            EntityChange(
                entity=one.entity,
                revision=0,
                changed=Changed.GRAPH | Changed.DOCUMENT,
                oldest=Position(0),
                newest=newest,
                newest_sequence=0,
            ),
            one.error,
        )
        for one in refused
    ]


async def check_shrinking(
    target: ProjectionTarget, generation: int, old: int | None, *, largest: float, anyway: bool
) -> None:
    """Raise `Conflict` where the new generation has far less than the one that serves."""
    if old is None or anyway:
        return
    await target.refresh(old)
    has = await _count(target, old)
    will_have = await _count(target, generation)
    if will_have < has * (1 - largest):
        raise Conflict(
            f"the new generation has {will_have} entities where {has} are served: more than the share of {largest:g} "
            "that is dropped without --drop-anyway"
        )


async def _count(target: ProjectionTarget, generation: int) -> int:
    return sum(digest.count for digest in (await target.fetch_digests(generation)).values())


async def swap(database: Database, target: ProjectionTarget, generation: int) -> None:
    """Let a copied generation serve. The record says so first: queries go by it, names by the target."""
    async with change_progress(database) as driver:
        await serve_generation(driver, target.name, generation)
        await raise_epoch(driver, target.name)
    await target.serve(generation)


async def drop(database: Database, target: ProjectionTarget, generation: int) -> None:
    """Write a generation no more, then remove it. The caller keeps the line from writing meanwhile."""
    async with change_progress(database) as driver:
        await remove_generation(driver, target.name, generation)
    await target.drop(generation)
