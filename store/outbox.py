"""Outbox rows: what a transaction changed, collapsed to one row an entity, written just before it commits."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, WorkspaceID
from domain.positions import Position, Token
from store import tables

NONCE_BITS = 62


class Changed(IntFlag):
    """What of an entity changed; the union of several changes is their sum."""

    NOTHING = 0
    GRAPH = 1
    DOCUMENT = 2
    POINTS = 4


@dataclass(frozen=True, slots=True)
class Change:
    """One entity's change in one transaction."""

    workspace: WorkspaceID
    key: NodeKey
    revision: int
    changed: Changed

    def union(self, later: Change) -> Change:
        """Return both changes as one: the newest alone would lose graph work."""
        return Change(self.workspace, self.key, max(self.revision, later.revision), self.changed | later.changed)


class Changes:
    """The changes of one transaction, in the order in which their entities were first touched."""

    def __init__(self) -> None:
        self._by_entity: dict[tuple[WorkspaceID, UUID], Change] = {}

    def add(self, change: Change) -> None:
        at = (change.workspace, change.key.uuid)
        known = self._by_entity.get(at)
        self._by_entity[at] = change if known is None else known.union(change)

    def __bool__(self) -> bool:
        return bool(self._by_entity)

    def __iter__(self) -> Iterator[Change]:
        return iter(self._by_entity.values())


COLUMNS = "workspace, position, sequence, nonce, kind, uid, revision, changed"


def make_nonce() -> int:
    """Return a random number that tells a row from one that a restored record wrote in its place."""
    return secrets.randbits(NONCE_BITS)


def write_insert(token: Token, changes: Changes) -> str:
    """Return the statement that writes the rows; the first is the one that `token` names.

    Its values stand in the text, so that it and the commit are one message: they are numbers and UUIDs, nothing else.
    """
    rows = []
    sequence, nonce = f"{token.sequence:d}", token.nonce
    for row in changes:
        rows.append(
            f"('{row.workspace.hex}', {token.position:d}, {sequence}, {nonce:d}, {row.key.kind.value:d}, "
            f"'{row.key.uuid.hex}', {row.revision:d}, {int(row.changed):d})"
        )
        sequence, nonce = "nextval('outbox_sequence')", make_nonce()
    return f"INSERT INTO outbox ({COLUMNS}) VALUES {', '.join(rows)}"


async def fetch_token_exists(conn: AsyncConnection, token: Token) -> bool:
    """Say whether the row that a token names is in the record; if not, the write is lost."""
    row = await conn.execute(
        sa.select(sa.literal(1)).where(
            tables.outbox.c.position == token.position,
            tables.outbox.c.sequence == token.sequence,
            tables.outbox.c.nonce == token.nonce,
        )
    )
    return row.first() is not None


async def fetch_trimmed_through(conn: AsyncConnection) -> Position:
    """Return the position through which outbox rows are gone."""
    return Position((await conn.execute(sa.select(tables.incarnation.c.trimmed_through))).scalar_one())
