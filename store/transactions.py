"""A writing transaction: its position, the token it will answer with, and what it changed."""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.positions import Position, Token, make_position
from store.driver import fetch_driver
from store.outbox import Change, Changed, Changes, make_nonce, write_insert

INCARNATION_LOCK = 0x7768656E6365  # "whence": taken shared by writers, exclusively by whoever raises the incarnation

# Three statements in two round trips. Left to right: first the id, then the lock. Only a later statement may read the
# incarnation, in its own snapshot (under READ COMMITTED each statement takes one).
BEGIN = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; "
    f"SELECT pg_current_xact_id(), pg_advisory_xact_lock_shared({INCARNATION_LOCK})"
)
READ_POSITION = "SELECT pg_current_xact_id()::text::bigint, nextval('outbox_sequence'), number FROM incarnation"


@dataclass(slots=True)
class Transaction:
    """What store functions that write take: the connection, and where changes are noted.

    `driver` is the same connection below SQLAlchemy, for the statements of every write: they cost a fifth there.

    `token` names this transaction's first outbox row. `answer_token` is what a mutation gives its caller: the
    greatest of it and those of the counter rows that were locked.
    """

    conn: AsyncConnection
    driver: asyncpg.Connection
    token: Token
    changes: Changes = field(default_factory=Changes)
    _seen: Token | None = None
    _answered_for: WorkspaceID | None = None

    @classmethod
    async def begin(cls, conn: AsyncConnection) -> Transaction:
        """Take the transaction's id and its position. Holds the incarnation in place until the commit."""
        driver = await fetch_driver(conn)
        await driver.execute(BEGIN)
        xid, sequence, incarnation = await driver.fetchrow(READ_POSITION)
        return cls(conn, driver, Token(make_position(incarnation, xid), sequence, make_nonce()))

    @property
    def position(self) -> Position:
        return self.token.position

    def changed(self, workspace: WorkspaceID, key: NodeKey, revision: int, what: Changed) -> None:
        """Note that an entity changed; its revision must have been raised under its row lock."""
        self.changes.add(Change(workspace, key, revision, what))

    def saw(self, token: Token) -> None:
        """Note the token kept in a counter row that was locked."""
        if self._seen is None or token > self._seen:
            self._seen = token

    def answer_token(self, workspace: WorkspaceID) -> Token:
        """Return the token for the caller. A transaction that changed nothing still writes its row."""
        self._answered_for = workspace
        return self.token if self._seen is None else max(self.token, self._seen)

    async def commit(self) -> None:
        """Write the outbox rows and commit, in one round trip."""
        if not self.changes and self._answered_for is not None:
            workspace = self._answered_for
            self.changed(workspace, NodeKey(NodeKind.WORKSPACE, workspace), 0, Changed.NOTHING)
        statement = f"{write_insert(self.token, self.changes)}; COMMIT" if self.changes else "COMMIT"
        if await self.driver.execute(statement) != "COMMIT":
            raise RuntimeError("a statement of the transaction failed, and whoever sent it went on")
