"""A projection kept in this process: runs with what their counters say, and notes, which show their run too.

It stands for both servers in tests of the loop: fences, generations, tombstones and marks, as they have them.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Unavailable
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.projections import Entity
from projection.buckets import digest_found, find_bucket
from projection.targets import BucketDigest, Found, Mark, Refusal, State, Written
from store import tables
from store.outbox import Changed

runs, counters, notes = tables.runs, tables.run_counters, tables.notes


@dataclass
class Kept:
    """What outlives a crash of whoever writes: states by generation, and the mark."""

    generations: dict[int, dict[Entity, State]] = field(default_factory=dict)
    mark: Mark | None = None
    serving: int | None = None
    away: bool = False
    poison: set[UUID] = field(default_factory=set)
    writes: int = 0


@dataclass
class KeptTarget:
    kept: Kept
    name: str = "kept"
    kinds: frozenset[NodeKind] = frozenset({NodeKind.RUN, NodeKind.NOTE})
    wants: Changed = Changed.DOCUMENT | Changed.POINTS
    hot: Changed = Changed.POINTS
    rewritten: frozenset[NodeKind] = frozenset()

    async def fetch_states(self, conn: AsyncConnection, entities: Sequence[Entity]) -> list[State]:
        ids = [one.key.uuid for one in entities]
        shown = runs.c.id.in_(ids) | runs.c.id.in_(sa.select(notes.c.subject).where(notes.c.id.in_(ids)))
        found = {
            row.id: row
            for row in await conn.execute(
                sa.select(runs, counters.c.revision, counters.c.last_step)
                .join(counters, (counters.c.workspace == runs.c.workspace) & (counters.c.run == runs.c.id))
                .where(shown)
            )
        }
        states = [_state(row, NodeKind.RUN, row.revision, _show_run(row)) for row in found.values() if row.id in ids]
        wanted = notes.c.id.in_(ids) | notes.c.subject.in_(ids)
        for row in await conn.execute(sa.select(notes).where(wanted)):
            run = found.get(row.subject)
            if run is not None:
                body = (row.text, row.deleted_at, _show_run(run))
                states.append(_state(row, NodeKind.NOTE, row.revision + run.revision, body))
        return states

    async def fetch_entities(self, conn: AsyncConnection, after: Entity | None, *, limit: int) -> list[Entity]:
        listed = sa.union_all(
            sa.select(runs.c.workspace, runs.c.id, sa.literal(NodeKind.RUN.value).label("kind")).join(
                counters, (counters.c.workspace == runs.c.workspace) & (counters.c.run == runs.c.id)
            ),
            sa.select(notes.c.workspace, notes.c.id, sa.literal(NodeKind.NOTE.value)),
        ).subquery()
        asked = sa.select(listed).order_by(listed.c.id).limit(limit)
        if after is not None:
            asked = asked.where(listed.c.id > after.key.uuid)
        return [
            Entity(WorkspaceID(row.workspace), NodeKey(NodeKind(row.kind), row.id)) for row in await conn.execute(asked)
        ]

    async def count_entities(self, conn: AsyncConnection) -> int:
        return int((await conn.execute(sa.select(sa.func.count()).select_from(runs))).scalar_one())

    async def read_mark(self) -> Mark | None:
        self._answer()
        return self.kept.mark

    async def write_mark(self, mark: Mark) -> None:
        self._answer()
        if self.kept.mark is None or mark.order > self.kept.mark.order:
            self.kept.mark = mark

    async def prepare(self, generation: int) -> bool:
        self._answer()
        is_new = generation not in self.kept.generations
        self.kept.generations.setdefault(generation, {})
        return is_new

    async def write(self, states: Sequence[State], generations: Sequence[int]) -> Written:
        self._answer()
        refused = [Refusal(one.entity, "poison") for one in states if one.entity.key.uuid in self.kept.poison]
        for generation in generations:
            stored = self.kept.generations[generation]
            for state in states:
                self.kept.writes += 1
                known = stored.get(state.entity)
                if state.entity.key.uuid not in self.kept.poison and (known is None or known.fence < state.fence):
                    stored[state.entity] = state
        return Written(refused=tuple(refused))

    async def refresh(self, generation: int) -> None:
        self._answer()

    async def serve(self, generation: int) -> None:
        self._answer()
        self.kept.serving = generation

    async def drop(self, generation: int) -> None:
        self._answer()
        self.kept.generations.pop(generation, None)

    async def fetch_digests(self, generation: int) -> dict[int, BucketDigest]:
        self._answer()
        return digest_found(await self.fetch_found(generation, list(self.kept.generations[generation]), deep=False))

    async def list_found(
        self, generation: int, *, buckets: frozenset[int] | None, deep: bool
    ) -> AsyncIterator[list[Found]]:
        self._answer()
        everything = list(self.kept.generations[generation])
        chosen = [entity for entity in everything if buckets is None or find_bucket(entity) in buckets]
        yield await self.fetch_found(generation, chosen, deep=deep)

    async def fetch_found(self, generation: int, entities: Sequence[Entity], *, deep: bool) -> list[Found]:
        self._answer()
        stored = self.kept.generations[generation]
        return [
            Found(
                entity=entity,
                fence=state.fence,
                content=_digest(state.body) if deep and state.body is not None else state.content,
                tombstone=state.body is None,
            )
            for entity in entities
            if (state := stored.get(entity)) is not None
        ]

    async def erase(self, generation: int, entities: Sequence[Entity]) -> None:
        self._answer()

    def _answer(self) -> None:
        if self.kept.away:
            raise Unavailable("the kept projection is away")


def _show_run(row: Any) -> tuple[object, ...]:
    return (row.name, row.description, row.status, row.last_step, row.deleted_at)


def _state(row: Any, kind: NodeKind, fence: int, body: object) -> State:
    entity = Entity(WorkspaceID(row.workspace), NodeKey(kind, row.id))
    return State(entity=entity, fence=fence, content=_digest(body), body=body)


def _digest(body: object) -> int:
    return zlib.crc32(repr(body).encode())
