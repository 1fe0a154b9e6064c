"""Floors: what is added to an entity's fences, so that repair wins over what a projection already has.

Repair never forces: it raises the fence above the one found and lets the projection write. The record's own revision
stays what readers saw of it; a fence is revision plus floor, read in one moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg

from domain.projections import Entity

FETCH = """
SELECT floors.workspace, floors.uid, floor FROM projection_floors AS floors
JOIN unnest($2::uuid[], $3::uuid[]) AS asked (workspace, uid) USING (workspace, uid)
WHERE projection = $1
"""
RAISE = """
INSERT INTO projection_floors AS known (projection, workspace, uid, kind, floor)
SELECT $1, row.* FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::bigint[]) AS row
ON CONFLICT (workspace, projection, uid) DO UPDATE SET floor = GREATEST(known.floor, EXCLUDED.floor)
"""


async def fetch_floors(driver: asyncpg.Connection, projection: str, entities: Sequence[Entity]) -> dict[Entity, int]:
    """Return the floors of those entities that have one."""
    rows = await driver.fetch(
        FETCH, projection, [one.workspace for one in entities], [one.key.uuid for one in entities]
    )
    found = {(row["workspace"], row["uid"]): row["floor"] for row in rows}
    if not found:
        return {}
    floors = {one: found.get((one.workspace, one.key.uuid)) for one in entities}
    return {one: floor for one, floor in floors.items() if floor is not None}


async def raise_floors(driver: asyncpg.Connection, projection: str, floors: Mapping[Entity, int]) -> None:
    """Raise floors; none is ever lowered."""
    ordered = sorted(floors, key=lambda one: (one.workspace, one.key.uuid))
    await driver.execute(
        RAISE,
        projection,
        [one.workspace for one in ordered],
        [one.key.uuid for one in ordered],
        [one.key.kind.value for one in ordered],
        [floors[one] for one in ordered],
    )
