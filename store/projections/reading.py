"""The outbox as a projection reads it: batches of whole transactions, none of which an unfinished one can precede."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.positions import Position
from domain.projections import Entity
from store.outbox import Changed
from store.projections.incarnations import NOBODY
from store.statements import load_statement

BATCH = 1000
"""Rows a batch is read for; it ends at a transaction's end, so it may have more."""

READ = load_statement("fetch_projection_batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityChange:
    """All that a batch says of one entity: its newest revision, what changed, and between which rows."""

    entity: Entity
    revision: int
    changed: Changed
    oldest: Position
    newest: Position
    newest_sequence: int

    def union(self, later: EntityChange) -> EntityChange:
        """Return both as one: the newest alone would lose graph work."""
        newest, sequence = max((self.newest, self.newest_sequence), (later.newest, later.newest_sequence))
        return EntityChange(
            entity=self.entity,
            revision=max(self.revision, later.revision),
            changed=self.changed | later.changed,
            oldest=min(self.oldest, later.oldest),
            newest=newest,
            newest_sequence=sequence,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a projection must write next, and what it must know before: all of one moment.

    `through` is where the checkpoint may go once all is written; `marked` says that the record has the projection's
    mark: if not, it was restored from before what the projection has seen.
    """

    changes: tuple[EntityChange, ...]
    rows: int
    through: Position
    more: bool
    marked: bool
    incarnation: int
    generations: tuple[int, ...]
    trimmed_through: Position


async def fetch_batch(
    conn: AsyncConnection, projection: str, after: Position, *, mark: int | None, limit: int = BATCH
) -> Batch:
    """Return the rows behind a checkpoint, collapsed to one change an entity, with the generations to be written."""
    values = {"projection": projection, "after": after, "mark": mark, "limit": limit}
    rows = (await conn.execute(READ, values)).all()
    border = rows[0]
    found = [row for row in rows if row.position is not None]
    return Batch(
        changes=_collapse(found),
        rows=len(found),
        through=Position(max(after, found[-1].position if found else border.safe - 1)),
        more=len(found) >= limit,
        marked=border.marked,
        incarnation=border.number,
        generations=tuple(border.generations),
        trimmed_through=Position(border.trimmed_through),
    )


def _collapse(rows: list[Any]) -> tuple[EntityChange, ...]:
    found: dict[Entity, EntityChange] = {}
    for row in rows:
        if row.workspace == NOBODY or not row.changed:
            continue
        entity = Entity(WorkspaceID(row.workspace), NodeKey(NodeKind(row.kind), row.uid))
        change = EntityChange(
            entity=entity,
            revision=row.revision,
            changed=Changed(row.changed),
            oldest=Position(row.position),
            newest=Position(row.position),
            newest_sequence=row.sequence,
        )
        known = found.get(entity)
        found[entity] = change if known is None else known.union(change)
    return tuple(found.values())
