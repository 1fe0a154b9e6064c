"""The versions of a dataset and how each came to be, as binding needs them."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from domain.ids import RunID, WorkspaceID
from domain.lineage.binding import DatedVersion, Write
from domain.lineage.kinds import WriteMode
from store.transactions import Transaction

VERSIONS = """
SELECT v.id, v.name, v.happened_at, e.of_run, e.held_from, e.own_time, e.mode, r.started_at, r.ended_at,
    r.id IS NULL AS is_gone
FROM dataset_versions v
LEFT JOIN edges e ON e.workspace = v.workspace AND e.target = v.id AND e.kind = 2
    AND e.retracted = 9223372036854775807 AND e.of_run IS NOT NULL
LEFT JOIN runs r ON r.workspace = e.workspace AND r.id = e.of_run
WHERE v.workspace = $1 AND v.dataset = $2
ORDER BY v.id, e.of_run
"""


async def fetch_dated_versions(tx: Transaction, workspace: WorkspaceID, dataset: UUID) -> list[DatedVersion]:
    """Return all versions of a dataset with their writes: one query, which costs as much as there are versions."""
    rows = await tx.driver.fetch(VERSIONS, workspace, dataset)
    found = []
    for id_, (first, *more) in groupby(rows, key=itemgetter(0)):
        writes = tuple(_make_write(row) for row in (first, *more) if row["of_run"] is not None)
        found.append(DatedVersion(id_, first["name"], writes, first["happened_at"]))
    return found


def _make_write(row: Any) -> Write:
    """Return a write as its edge and run tell: of a purged run only the edge still tells the time."""
    told = row["own_time"] or row["is_gone"]
    return Write(
        run=RunID(row["of_run"]),
        started=row["held_from"] if row["is_gone"] else row["started_at"],
        finished=row["held_from"] if told else row["ended_at"],
        mode=None if row["mode"] is None else WriteMode(row["mode"]),
    )
