"""A writing transaction: its position, the token it will answer with, what it changed and what it still has to save."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.positions import Position, Token
from store.driver import fetch_driver
from store.outbox import Change, Changed, Changes, make_nonce, write_insert

INCARNATION_LOCK = 0x7768656E6365  # "whence": taken shared by writers, exclusively by whoever raises the incarnation

# Both functions are those of store/migrations/sql/0005_write_functions.sql. They take that lock.
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
READ_POSITION = "SELECT position, sequence FROM begin_write()"
OPEN = "SELECT * FROM open_write($1, $2)"

Owner = tuple[WorkspaceID, RunID]


@dataclass(slots=True)
class Transaction:
    """What store functions that write take: the connection, and where changes are noted.

    `driver` is the same connection below SQLAlchemy, for the statements of every write: they cost a fifth there.

    `token` names this transaction's first outbox row. `answer_token` is what a mutation gives its caller: the
    greatest of it and those of the counter rows that were locked.

    `opened` has the rows of the runs that it began with, as they were when their counters were locked: whoever
    changes what such a row says takes it out. `closing` writes statements that go with the commit, by name.
    """

    conn: AsyncConnection
    driver: asyncpg.Connection
    token: Token
    opened: dict[Owner, asyncpg.Record] = field(default_factory=dict)
    closing: dict[Hashable, Callable[[], str]] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    locked: Any = None  # what store/counters.py has locked
    _seen: Token | None = None
    _answered_for: WorkspaceID | None = None

    @classmethod
    async def begin(cls, conn: AsyncConnection, runs: Collection[Owner] = ()) -> Transaction:
        """Take the transaction's id and its position, and lock the counters of some runs.

        Holds the incarnation in place until the commit.
        """
        driver = await fetch_driver(conn)
        await driver.execute(BEGIN)
        if not runs:
            position, sequence = await driver.fetchrow(READ_POSITION)
            return cls(conn, driver, Token(position, sequence, make_nonce()))
        rows = await driver.fetch(OPEN, [owner[0] for owner in runs], [owner[1] for owner in runs])
        token = Token(Position(rows[0]["position"]), rows[0]["sequence"], make_nonce())
        return cls(conn, driver, token, {(row["workspace"], row["run"]): row for row in rows if row["run"] is not None})

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
        """Write what is left to save and the outbox rows, and commit: all in one round trip.

        The values stand in the text: they are numbers, times and UUIDs, nothing else.
        """
        if not self.changes and self._answered_for is not None:
            workspace = self._answered_for
            self.changed(workspace, NodeKey(NodeKind.WORKSPACE, workspace), 0, Changed.NOTHING)
        statements = [write() for write in self.closing.values()]
        if self.changes:
            statements.append(write_insert(self.token, self.changes))
        if await self.driver.execute("; ".join([*statements, "COMMIT"])) != "COMMIT":
            raise RuntimeError("a statement of the transaction failed, and whoever sent it went on")
