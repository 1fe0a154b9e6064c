"""Which attempt of a run a write speaks for: an earlier one overwrites nothing of a later one."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from domain.attempts import AttemptOrder
from domain.ids import AttemptID, RunID, WorkspaceID
from store import tables
from store.metrics.attempts import name_attempt
from store.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Standing:
    """The attempt that rows are marked with, and the run's attempts in order where one was named."""

    attempt: AttemptID | None
    order: AttemptOrder | None = None

    def yields_to(self, other: AttemptID | None) -> bool:
        """Say whether what the attempt `other` wrote stays as it is."""
        return self.order is not None and self.order.is_earlier(self.attempt, other)


async def read_standing(tx: Transaction, workspace: WorkspaceID, run: RunID, attempt: AttemptID | None) -> Standing:
    """Return the standing of a write that names `attempt`, or the current one; the run's counters must be locked."""
    if attempt is None:
        runs = tables.runs.c
        current = await tx.conn.scalar(sa.select(runs.attempt).where(runs.workspace == workspace, runs.id == run))
        return Standing(None if current is None else AttemptID(current))
    return Standing(attempt, await name_attempt(tx, workspace, run, attempt))
