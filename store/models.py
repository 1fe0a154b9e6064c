"""Versions of models beside their rows: what their aliases are, which have the same bytes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKind, WorkspaceID
from domain.nodes import ModelVersion
from store import tables
from store.node_rows import fetch_lineage_rows

MOST = 100


@dataclass(frozen=True, slots=True)
class NamedTime:
    """From when to when an alias meant the version of that name, or nothing."""

    alias: str
    version: str | None
    held_from: datetime
    held_to: datetime | None


BEARERS = sa.text(
    """
    SELECT asked.digest, v.id FROM unnest(CAST(:digests AS text[])) AS asked (digest)
    CROSS JOIN LATERAL (
        SELECT id FROM model_versions WHERE workspace = :workspace AND digest = asked.digest
        ORDER BY created_at, id LIMIT :most) AS v
    """
)


async def fetch_aliases(
    conn: AsyncConnection, workspace: WorkspaceID, versions: Collection[UUID]
) -> dict[UUID, list[str]]:
    """Return the aliases that mean those versions now, by name; one query."""
    aliases = tables.model_aliases.c
    rows = await conn.execute(
        sa.select(aliases.model_version, aliases.alias)
        .where(
            aliases.workspace == workspace,
            aliases.model_version.in_(versions),
            aliases.held_to.is_(None),
            aliases.retracted.is_(None),
        )
        .order_by(aliases.alias)
    )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row.model_version, []).append(row.alias)
    return {version: those[:MOST] for version, those in found.items()}


async def fetch_alias_times_of(
    conn: AsyncConnection, workspace: WorkspaceID, models: Collection[UUID]
) -> dict[UUID, list[NamedTime]]:
    """Return what the aliases of each model meant and when, as it is known now: by alias, then time; one query."""
    aliases, versions = tables.model_aliases.c, tables.model_versions
    joined = sa.and_(versions.c.workspace == aliases.workspace, versions.c.id == aliases.model_version)
    rows = await conn.execute(
        sa.select(aliases.model, aliases.alias, aliases.held_from, aliases.held_to, versions.c.name)
        .select_from(tables.model_aliases)
        .outerjoin(versions, joined)
        .where(aliases.workspace == workspace, aliases.model.in_(models), aliases.retracted.is_(None))
        .order_by(aliases.alias, aliases.held_from)
    )
    found: dict[UUID, list[NamedTime]] = {}
    for row in rows:
        found.setdefault(row.model, []).append(NamedTime(row.alias, row.name, row.held_from, row.held_to))
    return found


async def fetch_bearers(
    conn: AsyncConnection, workspace: WorkspaceID, digests: Collection[str]
) -> dict[str, list[ModelVersion]]:
    """Return the versions of models that have each digest, the oldest first, 101 at most; two queries."""
    values = {"digests": list(digests), "workspace": workspace, "most": MOST + 1}
    pairs = [(row.digest, row.id) for row in await conn.execute(BEARERS, values)]
    rows = await fetch_lineage_rows(conn, workspace, NodeKind.MODEL_VERSION, {id_ for _, id_ in pairs})
    found: dict[str, list[ModelVersion]] = {}
    for digest, id_ in pairs:
        found.setdefault(digest, []).append(rows[id_])
    return found
