"""Whether a projection had every occasion to show what one moment of the record shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from domain.ids import WorkspaceID
from domain.positions import Position
from domain.projections import Entity

# The newest row that the moment shows may stand above the oldest unfinished transaction: it is read later.
NEWEST = "SELECT COALESCE((SELECT position FROM outbox ORDER BY position DESC LIMIT 1), 0)"
ASK = """
SELECT (SELECT checkpoint >= $2 FROM projections WHERE name = $1) AS passed,
       ARRAY(SELECT d.uid FROM projection_pending d
             JOIN unnest($3::uuid[], $4::uuid[]) AS asked (workspace, uid) USING (workspace, uid)
             WHERE d.projection = $1 AND d.oldest <= $2) AS pending,
       ARRAY(SELECT d.uid FROM projection_dead_letters d
             JOIN unnest($3::uuid[], $4::uuid[]) AS asked (workspace, uid) USING (workspace, uid)
             WHERE d.projection = $1) AS dead
"""
HURRY = """
UPDATE projection_pending AS known SET due = clock_timestamp()
FROM unnest($2::uuid[], $3::uuid[]) AS asked (workspace, uid)
WHERE known.projection = $1 AND known.workspace = asked.workspace AND known.uid = asked.uid
"""

HURRY_WORKSPACE = """
UPDATE projection_pending SET due = clock_timestamp()
WHERE projection = $1 AND workspace = $2 AND oldest <= $3 AND due > clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether the checkpoint has passed a position, and which entities stand deferred."""

    passed: bool
    pending: frozenset[Entity]
    dead: frozenset[Entity]


async def fetch_newest_position(driver: asyncpg.Connection) -> Position:
    """Return the position of the newest outbox row that this moment shows."""
    return Position(await driver.fetchval(NEWEST))


async def fetch_settled(
    driver: asyncpg.Connection, projection: str, position: Position, entities: Sequence[Entity]
) -> Settled:
    """Say in one statement how the projection stands to a position, for some entities."""
    row = await driver.fetchrow(ASK, projection, position, *_columns(entities))
    pending, dead = set(row["pending"]), set(row["dead"])
    return Settled(
        row["passed"],
        frozenset(one for one in entities if one.key.uuid in pending),
        frozenset(one for one in entities if one.key.uuid in dead),
    )


async def hurry_entities(driver: asyncpg.Connection, projection: str, entities: Sequence[Entity]) -> None:
    """Make what was put off of these entities due."""
    await driver.execute(HURRY, projection, *_columns(entities))


def _columns(entities: Sequence[Entity]) -> tuple[list[object], list[object]]:
    return [one.workspace for one in entities], [one.key.uuid for one in entities]


async def hurry_workspace(
    driver: asyncpg.Connection, projection: str, workspace: WorkspaceID, position: Position
) -> None:
    """Make due what a token of a workspace waits for; of other workspaces nothing."""
    await driver.execute(HURRY_WORKSPACE, projection, workspace, position)
