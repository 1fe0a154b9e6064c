"""Which entities are gone for good."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from domain.projections import Entity

FETCH = """
SELECT purged.workspace, purged.id FROM purged
JOIN unnest($1::uuid[], $2::uuid[]) AS asked (workspace, id) USING (workspace, id)
"""


async def fetch_purged(driver: asyncpg.Connection, entities: Sequence[Entity]) -> set[Entity]:
    """Return those of the entities whose ids are refused for ever."""
    rows = await driver.fetch(FETCH, [one.workspace for one in entities], [one.key.uuid for one in entities])
    gone = {(row["workspace"], row["id"]) for row in rows}
    return {one for one in entities if (one.workspace, one.key.uuid) in gone}
