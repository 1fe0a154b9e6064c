"""Which attempt of a run a write speaks for: an earlier one overwrites nothing of a later one."""

from __future__ import annotations

from dataclasses import dataclass

from domain.attempts import AttemptOrder
from domain.ids import AttemptID, RunID, WorkspaceID
from store.metrics.attempts import name_attempt
from store.transactions import Transaction

READ_CURRENT = "SELECT attempt FROM runs WHERE workspace = $1 AND id = $2"


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
        opened = tx.opened.get((workspace, run))
        current = opened["run_attempt"] if opened else await tx.driver.fetchval(READ_CURRENT, workspace, run)
        return Standing(None if current is None else AttemptID(current))
    return Standing(attempt, await name_attempt(tx, workspace, run, attempt))
