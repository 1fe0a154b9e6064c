"""Aliases of models: names that move between versions, told in any order, each time from when it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.errors import NotFound
from domain.ids import NodeKey, NodeKind, WorkspaceID
from store import tables
from store.lineage.concluding import conclude
from store.lineage.drafts import Touched
from store.outbox import Changed
from store.transactions import Transaction

aliases, models = tables.model_aliases, tables.models


@dataclass(frozen=True, slots=True)
class AliasSet:
    """From when an alias means a version; None takes it away."""

    alias: str
    version: UUID | None
    at: datetime


async def set_alias(tx: Transaction, workspace: WorkspaceID, model: UUID, told: AliasSet) -> None:
    """Let an alias mean a version from a time on, until the next time that is known for it.

    Told late, it moves only what holds between; edges by the alias are bound anew. Locks the model's row.
    """
    revision = await _lock_model(tx, workspace, model)
    rows = await _fetch_open(tx, workspace, model, told.alias)
    known = {row.held_from: row.model_version for row in rows}
    if told.at in known and known[told.at] == told.version:
        return
    due = sorted({**known, told.at: told.version}.items())
    wanted = {
        (start, version, due[place + 1][0] if place + 1 < len(due) else None)
        for place, (start, version) in enumerate(due)
    }
    standing = {(row.held_from, row.model_version, row.held_to): row for row in rows}
    await _retract(tx, workspace, model, told.alias, [standing[one].interval for one in standing.keys() - wanted])
    await _insert(tx, workspace, model, told.alias, sorted(wanted - standing.keys(), key=lambda one: one[0]))
    await tx.conn.execute(
        sa.update(models)
        .where(models.c.workspace == workspace, models.c.id == model)
        .values(revision=revision + 1, graph_revision=models.c.graph_revision + 1)
    )
    tx.changed(workspace, NodeKey(NodeKind.MODEL, model), revision + 1, Changed.DOCUMENT | Changed.GRAPH)
    await conclude(tx, workspace, Touched(models={model}))


async def _lock_model(tx: Transaction, workspace: WorkspaceID, model: UUID) -> int:
    revision = await tx.conn.scalar(
        sa.select(models.c.revision)
        .where(models.c.workspace == workspace, models.c.id == model)
        .with_for_update(key_share=True)
    )
    if revision is None:
        raise NotFound(f"no MODEL {model} in this workspace", path=["model"])
    return int(revision)


async def _fetch_open(tx: Transaction, workspace: WorkspaceID, model: UUID, alias: str) -> list[Any]:
    rows = await tx.conn.execute(
        sa.select(aliases)
        .where(
            aliases.c.workspace == workspace,
            aliases.c.model == model,
            aliases.c.alias == alias,
            aliases.c.retracted.is_(None),
        )
        .order_by(aliases.c.held_from)
    )
    return list(rows.all())


async def _retract(tx: Transaction, workspace: WorkspaceID, model: UUID, alias: str, intervals: list[int]) -> None:
    if intervals:
        await tx.conn.execute(
            sa.update(aliases)
            .where(
                aliases.c.workspace == workspace,
                aliases.c.model == model,
                aliases.c.alias == alias,
                aliases.c.interval.in_(intervals),
            )
            .values(retracted=tx.position)
        )


async def _insert(
    tx: Transaction,
    workspace: WorkspaceID,
    model: UUID,
    alias: str,
    intervals: list[tuple[datetime, UUID | None, datetime | None]],
) -> None:
    last = await tx.conn.scalar(
        sa.select(sa.func.coalesce(sa.func.max(aliases.c.interval), 0)).where(
            aliases.c.workspace == workspace, aliases.c.model == model, aliases.c.alias == alias
        )
    )
    for place, (start, version, end) in enumerate(intervals, 1):
        await tx.conn.execute(
            sa.insert(aliases).values(
                workspace=workspace,
                model=model,
                alias=alias,
                interval=int(last or 0) + place,
                model_version=version,
                held_from=start,
                held_to=end,
                recorded=tx.position,
            )
        )
