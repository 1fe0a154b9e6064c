"""What lineage needs of runs: their kinds and times, read after their counters are locked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from domain.ids import RunID, WorkspaceID
from domain.runs import RunKind
from store.counters import Counters, lock_counters, missing_run, save_counters
from store.outbox import Changed
from store.transactions import Transaction

FETCH = "SELECT id, kind, started_at, ended_at FROM runs WHERE workspace = $1 AND id = ANY($2::uuid[])"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run's kind and times. Without an end it is not done: its outputs are not finished."""

    id: RunID
    kind: RunKind
    started_at: datetime
    ended_at: datetime | None

    @property
    def output_time(self) -> datetime:
        """Return when its outputs hold from: its end, and its start as long as it has none."""
        return self.ended_at or self.started_at


async def fetch_run_facts(tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID]) -> dict[RunID, RunFacts]:
    """Return the facts of those runs that are there, in one query; a purged run has none."""
    if not runs:
        return {}
    rows = await tx.driver.fetch(FETCH, workspace, list(runs))
    return {
        RunID(row["id"]): RunFacts(RunID(row["id"]), RunKind(row["kind"]), row["started_at"], row["ended_at"])
        for row in rows
    }


async def lock_runs(tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID]) -> dict[RunID, Counters]:
    """Lock the counters of runs that edges are about. Raises `NotFound`, `Gone`."""
    locked = await lock_counters(tx, workspace, runs) if runs else {}
    for run in runs:
        if run not in locked:
            raise await missing_run(tx, workspace, run)
    return locked


async def touch_runs(tx: Transaction, locked: Collection[Counters]) -> None:
    """Raise the revisions of locked runs whose edges changed: readers of a run see what it used and made.

    They are saved with the commit.
    """
    newest = max([one.token for one in locked] + [tx.token])
    for one in locked:
        one.raise_revision(tx, Changed.DOCUMENT)
        one.token = newest
        await save_counters(tx, one)
