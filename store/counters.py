"""The counters of a run: the row that every write to a run locks first, before the run's own row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Gone, NotFound
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.positions import Position, Token
from store import tables
from store.outbox import Changed
from store.transactions import Owner, Transaction

OWN = (
    *("revision", "graph_revision", "heartbeat", "heartbeat_seconds", "last_step", "next_order"),
    *("tail_segments", "tail_points", "tail_bytes", "series", "unsettled_from", "unsettled_keys", "parameters", "tags"),
)
TOKEN = ("token_position", "token_sequence", "token_nonce")
COLUMNS = (*OWN, *TOKEN)

LOCK = f"""
SELECT workspace, run, {", ".join(COLUMNS)} FROM run_counters
WHERE workspace = $1 AND run = ANY($2::uuid[]) ORDER BY run FOR UPDATE
"""
SAVES = "counters"


@dataclass(slots=True, kw_only=True)
class Counters:
    """A run's counters as locked, one value a run and transaction; change the fields, then `save_counters`."""

    workspace: WorkspaceID
    run: RunID
    revision: int
    graph_revision: int
    heartbeat: datetime | None
    heartbeat_seconds: int | None
    last_step: int | None
    next_order: int
    tail_segments: int
    tail_points: int
    tail_bytes: int
    series: int
    unsettled_from: int | None
    unsettled_keys: int
    parameters: int
    tags: int
    token: Token

    def raise_revision(self, tx: Transaction, what: Changed) -> None:
        """Raise the revision that readers see and note the change for the outbox."""
        self.revision += 1
        if what & Changed.GRAPH:
            self.graph_revision += 1
        tx.changed(self.workspace, NodeKey(NodeKind.RUN, self.run), self.revision, what)


async def lock_counters(tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID]) -> dict[RunID, Counters]:
    """Lock the counters of those runs that exist, in the order of their ids; one query for those not locked yet."""
    locked = _locked(tx)
    found = {run: counters for run in runs if (counters := locked.find(workspace, run)) is not None}
    asked = [run for run in runs if run not in found]
    if asked:
        found |= {row["run"]: locked.add(row) for row in await tx.driver.fetch(LOCK, workspace, asked)}
    return found


async def lock_run(tx: Transaction, workspace: WorkspaceID, run: RunID) -> Counters:
    """Lock one run's counters. Raises `NotFound`, or `Gone` for a purged run."""
    found = await lock_counters(tx, workspace, [run])
    if run not in found:
        raise await missing_run(tx, workspace, run)
    return found[run]


async def missing_run(tx: Transaction, workspace: WorkspaceID, run: RunID) -> NotFound | Gone:
    """Return the failure for a run that has no row: never there, or purged."""
    return await find_missing_run(tx.conn, workspace, run)


async def find_missing_run(conn: AsyncConnection, workspace: WorkspaceID, run: RunID) -> NotFound | Gone:
    """Like `missing_run`, for a reader."""
    purged = tables.purged.c
    gone = await conn.execute(sa.select(purged.id).where(purged.workspace == workspace, purged.id == run))
    if gone.first() is None:
        return NotFound(f"no run {run} in this workspace", path=["run"])
    return Gone(f"run {run} was purged", path=["run"])


async def save_counters(tx: Transaction, changed: Counters) -> None:
    """Let one run's counters be written back with the commit, with the greatest token of its writes."""
    _locked(tx).save(changed)


class Locked:
    """The counters that a transaction has locked, and which of them it writes back."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[Owner, Counters] = {}
        self._changed: dict[Owner, Counters] = {}

    def find(self, workspace: WorkspaceID, run: RunID) -> Counters | None:
        """Return counters that were locked before, by the opening of the transaction or since."""
        known = self._known.get((workspace, run))
        if known is None and (row := self._tx.opened.get((workspace, run))) is not None:
            return self.add(row)
        return known

    def add(self, row: asyncpg.Record) -> Counters:
        """Take in a row that was locked just now."""
        position, sequence, nonce = (row[name] for name in TOKEN)
        token = Token(Position(position), sequence, nonce)
        self._tx.saw(token)
        counters = Counters(
            workspace=row["workspace"], run=row["run"], token=token, **{name: row[name] for name in OWN}
        )
        self._known[counters.workspace, counters.run] = counters
        return counters

    def save(self, changed: Counters) -> None:
        self._changed[changed.workspace, changed.run] = changed
        self._tx.closing[SAVES] = self.write

    def write(self) -> str:
        """Return the statement that writes back what changed."""
        columns: list[list[str]] = [[] for _ in range(2 + len(COLUMNS))]
        for one in self._changed.values():
            newest = max(one.token, self._tx.token)
            values = [one.workspace, one.run, *(getattr(one, name) for name in OWN)]
            for column, value in zip(columns, (*values, newest.position, newest.sequence, newest.nonce), strict=True):
                column.append("NULL" if value is None else str(value))
        arrays = ", ".join(
            "'{" + ",".join(f'"{text}"' if " " in text else text for text in column) + "}'" for column in columns
        )
        return f"SELECT save_counters({arrays})"


def _locked(tx: Transaction) -> Locked:
    if tx.locked is None:
        tx.locked = Locked(tx)
    found: Locked = tx.locked
    return found
