"""One step of a projection: all that one moment of the record asks for, written, then noted as written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.positions import Position
from domain.projections import FENCE_OF_PURGED, Entity
from projection.marking import Marker
from projection.targets import ProjectionTarget, Refusal, State
from store.database import Database
from store.driver import fetch_driver
from store.outbox import Changed
from store.projections.checkpoints import fetch_standing, move_checkpoint, raise_epoch
from store.projections.deferring import (
    fetch_due_dead_letters,
    fetch_due_pending,
    finish_dead_letters,
    finish_pending,
    put_off,
    refuse,
)
from store.projections.floors import fetch_floors
from store.projections.purged import fetch_purged
from store.projections.reading import Batch, EntityChange, fetch_batch
from store.projections.snapshots import change_progress, read_moment

DUE = 500
CHUNK = 500
"""States that are written together: larger bulks gain nothing (measured for both servers)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What one moment of the record says that a projection must do."""

    batch: Batch
    before: Position
    epoch: int
    trusted: bool
    work: tuple[EntityChange, ...] = ()
    pending: tuple[EntityChange, ...] = ()
    dead: tuple[EntityChange, ...] = ()
    later: tuple[EntityChange, ...] = ()
    states: tuple[State, ...] = ()

    @property
    def is_idle(self) -> bool:
        return not (self.batch.rows or self.pending or self.dead)


async def read_next(database: Database, target: ProjectionTarget, *, mark: int | None, limit: int) -> Moment:
    """Return the next rows, what is due, and the states of all of it, in one moment."""
    async with read_moment(database) as conn:
        driver = await fetch_driver(conn)
        standing = await fetch_standing(driver, target.name)
        batch = await fetch_batch(conn, target.name, standing.checkpoint, mark=mark, limit=limit)
        moment = Moment(batch=batch, before=standing.checkpoint, epoch=standing.epoch, trusted=standing.trusted)
        if not batch.marked or not batch.generations or batch.trimmed_through > standing.checkpoint:
            return moment
        pending = await fetch_due_pending(driver, target.name, limit=DUE)
        dead = await fetch_due_dead_letters(driver, target.name, limit=DUE)
        wanted = [change for change in batch.changes if change.changed & target.wants and is_shown(target, change)]
        due = {change.entity for change in (*pending, *dead)}
        now = {change.entity for change in wanted if change.changed & target.wants & ~target.hot} | due
        work = [change for change in wanted if change.entity in now]
        later = [change for change in wanted if change.entity not in now]
        revisions = {change.entity: change.revision for change in unite((*work, *pending, *dead))}
        states = await read_states(conn, target, revisions)
    return replace(
        moment,
        work=tuple(work),
        later=tuple(later),
        pending=tuple(pending),
        dead=tuple(dead),
        states=tuple(states),
    )


def is_shown(target: ProjectionTarget, change: EntityChange) -> bool:
    """Say whether the target shows entities of this kind at all."""
    return change.entity.key.kind in target.kinds


def unite(changes: Iterable[EntityChange]) -> list[EntityChange]:
    """Return one change an entity."""
    found: dict[Entity, EntityChange] = {}
    for change in changes:
        known = found.get(change.entity)
        found[change.entity] = change if known is None else known.union(change)
    return list(found.values())


async def read_states(conn: AsyncConnection, target: ProjectionTarget, revisions: Mapping[Entity, int]) -> list[State]:
    """Return what is to be written for those entities, with tombstones for what the record has no more.

    A tombstone's fence is the revision given, or above all others for what was purged.
    """
    found = {state.entity: state for state in await target.fetch_states(conn, list(revisions))}
    driver = await fetch_driver(conn)
    absent = [entity for entity in revisions if entity not in found]
    if absent:
        purged = await fetch_purged(driver, absent)
        for entity in absent:
            fence = FENCE_OF_PURGED if entity in purged else revisions[entity]
            found[entity] = State(entity=entity, fence=fence, content=0, body=None)
    floors = await fetch_floors(driver, target.name, list(found))
    return [_raise_fence(state, floors.get(state.entity, 0)) for state in found.values()]


def _raise_fence(state: State, floor: int) -> State:
    return replace(state, fence=min(state.fence + floor, FENCE_OF_PURGED)) if floor else state


async def write_states(
    target: ProjectionTarget, states: Sequence[State], generations: Sequence[int]
) -> tuple[list[Refusal], str | None]:
    """Write states in chunks; return what was refused, and the last bookmark. Raises `Unavailable`."""
    refused: list[Refusal] = []
    bookmark = None
    for start in range(0, len(states), CHUNK):
        written = await target.write(states[start : start + CHUNK], generations)
        refused.extend(written.refused)
        bookmark = written.bookmark or bookmark
    return refused, bookmark


async def take_step(
    database: Database, target: ProjectionTarget, marker: Marker, moment: Moment, *, term: int, hot: timedelta
) -> None:
    """Write what the moment asks for, then note it: until then all of it may be done again, by anybody.

    Raises `Unavailable` for what waiting may help; `Deposed` if another process leads.
    """
    refused: list[Refusal] = []
    bookmark = None
    if moment.states:
        await marker.mark()
        refused, bookmark = await write_states(target, moment.states, moment.batch.generations)
    await _note(database, target.name, moment, refused, bookmark=bookmark, term=term, hot=hot)


async def _note(
    database: Database,
    projection: str,
    moment: Moment,
    refused: Sequence[Refusal],
    *,
    bookmark: str | None,
    term: int,
    hot: timedelta,
) -> None:
    """Move the checkpoint, with what it passes unwritten, in one transaction."""
    tried = unite((*moment.work, *moment.pending, *moment.dead))
    errors = {refusal.entity: refusal.error for refusal in refused}
    dead = [(change, errors[change.entity]) for change in tried if change.entity in errors]
    dead.extend(_blame_others(tried, errors, moment))
    blamed = {change.entity for change, _ in dead}
    done = [change for change in tried if change.entity not in blamed]
    async with change_progress(database) as driver:
        await move_checkpoint(driver, projection, term=term, to=moment.batch.through, bookmark=bookmark)
        await put_off(driver, projection, moment.later, wait=hot)
        await refuse(driver, projection, dead)
        await finish_pending(driver, projection, [*done, *(change for change, _ in dead)])
        await finish_dead_letters(driver, projection, done)
        if moment.pending or moment.dead:
            await raise_epoch(driver, projection)


def _blame_others(
    tried: Sequence[EntityChange], errors: dict[Entity, str], moment: Moment
) -> list[tuple[EntityChange, str]]:
    """Return refusals of entities that no row named, such as a note that shows its run: they are dead by themselves."""
    named = {change.entity for change in tried}
    others = [entity for entity in errors if entity not in named]
    if not others:
        return []
    oldest = min(change.oldest for change in tried)
    return [
        (
            EntityChange(
                entity=entity,
                revision=0,
                changed=Changed.DOCUMENT | Changed.GRAPH,
                oldest=oldest,
                newest=moment.batch.through,
                newest_sequence=0,
            ),
            errors[entity],
        )
        for entity in others
    ]
