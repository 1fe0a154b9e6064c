"""What a run went on from: the runs before it in a chain of CONTINUED_AS, each up to the step at which it was left."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import RunID, WorkspaceID
from domain.lineage.edges import NEVER
from domain.lineage.kinds import EdgeKind

MOST_BEFORE = 20
"""Runs before one that are looked for."""

# Edges as they stand. Of several runs that one went on from, the one that was left last: the longest prefix.
FETCH_BEFORE = sa.text(
    """
    SELECT edges.source AS run, edges.step FROM edges JOIN runs ON runs.workspace = edges.workspace AND runs.id = source
    WHERE edges.workspace = :workspace AND target = :run AND edges.kind = :kind AND retracted = :never
          AND edges.held_to IS NULL AND edges.step IS NOT NULL
    ORDER BY edges.step DESC, edges.source LIMIT 1
    """
)


@dataclass(frozen=True, slots=True)
class Prefix:
    """A run before another one, and the last step that counts of it."""

    run: RunID
    to_step: int


async def fetch_prefixes(conn: AsyncConnection, workspace: WorkspaceID, run: RunID) -> list[Prefix]:
    """Return what a run went on from, the first of the chain first; one query a link, 20 links at most.

    A link that tells no step is none: nobody knows how much of the run before it counts.
    """
    found: list[Prefix] = []
    seen = {run}
    current, limit = run, 2**63 - 1
    while len(found) < MOST_BEFORE:
        values = {"workspace": workspace, "run": current, "kind": EdgeKind.CONTINUED_AS.value, "never": int(NEVER)}
        row = (await conn.execute(FETCH_BEFORE, values)).first()
        if row is None or row.run in seen:
            break
        current, limit = RunID(row.run), min(limit, row.step)
        seen.add(current)
        found.append(Prefix(current, limit))
    return found[::-1]
