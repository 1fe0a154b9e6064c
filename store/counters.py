"""The counters of a run: the row that every write to a run locks first, before the run's own row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Gone, NotFound
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.positions import Position, Token
from store import tables
from store.outbox import Changed
from store.transactions import Transaction

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
SAVE = f"""
UPDATE run_counters SET {", ".join(f"{name} = ${place}" for place, name in enumerate(COLUMNS, 3))}
WHERE workspace = $1 AND run = $2
"""


@dataclass(slots=True, kw_only=True)
class Counters:
    """A run's counters as locked; change the fields, then `save_counters`."""

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
    """Lock the counters of those runs that exist, in the order of their ids; one query."""
    rows = await tx.driver.fetch(LOCK, workspace, list(runs))
    found: dict[RunID, Counters] = {}
    for row in rows:
        fields = dict(row)
        token = Token(Position(fields.pop("token_position")), fields.pop("token_sequence"), fields.pop("token_nonce"))
        tx.saw(token)
        found[fields["run"]] = Counters(token=token, **fields)
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
    """Write one run's counters back, with the greatest token of its writes."""
    newest = max(changed.token, tx.token)
    values = [getattr(changed, name) for name in OWN]
    token = (newest.position, newest.sequence, newest.nonce)
    await tx.driver.execute(SAVE, changed.workspace, changed.run, *values, *token)
