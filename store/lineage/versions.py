"""The versions of a dataset and how each came to be, as binding needs them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.ids import RunID, WorkspaceID
from domain.lineage.binding import DatedVersion, Write
from domain.lineage.kinds import WriteMode
from store.transactions import Transaction

VERSIONS = "SELECT id, name, happened_at FROM dataset_versions WHERE workspace = $1 AND dataset = $2"
WRITES = """
SELECT e.target, e.of_run, e.held_from, e.own_time, e.mode, r.started_at, r.ended_at, r.id IS NULL AS is_gone
FROM dataset_versions v
JOIN edges e ON e.workspace = v.workspace AND e.target = v.id AND e.kind = 2 AND e.retracted = 9223372036854775807
LEFT JOIN runs r ON r.workspace = e.workspace AND r.id = e.of_run
WHERE v.workspace = $1 AND v.dataset = $2 AND e.of_run IS NOT NULL
ORDER BY e.target, e.of_run
"""


async def fetch_dated_versions(tx: Transaction, workspace: WorkspaceID, dataset: UUID) -> list[DatedVersion]:
    """Return all versions of a dataset with their writes, in two queries."""
    writes: dict[UUID, list[Write]] = {}
    for row in await tx.driver.fetch(WRITES, workspace, dataset):
        writes.setdefault(row["target"], []).append(_make_write(row))
    return [
        DatedVersion(row["id"], row["name"], tuple(writes.get(row["id"], ())), row["happened_at"])
        for row in await tx.driver.fetch(VERSIONS, workspace, dataset)
    ]


def _make_write(row: Any) -> Write:
    """Return a write as its edge and run tell: of a purged run only the edge still tells the time."""
    told = row["own_time"] or row["is_gone"]
    return Write(
        run=RunID(row["of_run"]),
        started=row["held_from"] if row["is_gone"] else row["started_at"],
        finished=row["held_from"] if told else row["ended_at"],
        mode=None if row["mode"] is None else WriteMode(row["mode"]),
    )
