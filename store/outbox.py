"""Outbox rows: what a transaction changed, collapsed to one row an entity, written just before it commits."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from uuid import UUID

import asyncpg
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


INSERT = """
INSERT INTO outbox (workspace, position, sequence, nonce, kind, uid, revision, changed)
SELECT workspace, $1, CASE WHEN n = 1 THEN $2 ELSE nextval('outbox_sequence') END,
       CASE WHEN n = 1 THEN $3 ELSE nonce END, kind, uid, revision, changed
FROM unnest($4::uuid[], $5::bigint[], $6::smallint[], $7::uuid[], $8::bigint[], $9::smallint[])
     WITH ORDINALITY AS row (workspace, nonce, kind, uid, revision, changed, n)
ORDER BY n
"""


def make_nonce() -> int:
    """Return a random number that tells a row from one that a restored record wrote in its place."""
    return secrets.randbits(NONCE_BITS)


async def insert_changes(driver: asyncpg.Connection, token: Token, changes: Changes) -> None:
    """Write the rows; the first is the one that `token` names."""
    rows = list(changes)
    await driver.execute(
        INSERT,
        token.position,
        token.sequence,
        token.nonce,
        [row.workspace for row in rows],
        [make_nonce() for _ in rows],
        [row.key.kind.value for row in rows],
        [row.key.uuid for row in rows],
        [row.revision for row in rows],
        [int(row.changed) for row in rows],
    )


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
