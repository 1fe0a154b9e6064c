"""Experiments: made when first named, renamed, archived, deleted and restored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict, Gone, NotFound
from domain.experiments import Experiment, ExperimentEdit
from domain.ids import ExperimentID, NodeKey, NodeKind, WorkspaceID, make_uuid7
from domain.texts import check_name, check_text, shown
from domain.unset import UNSET
from store import tables
from store.outbox import Changed
from store.texts import Place, insert_texts, replace_texts
from store.transactions import Transaction

experiments = tables.experiments

COLUMNS = tuple(column for column in experiments.c if column.name not in ("workspace", "next_number", "graph_revision"))

INSERT = sa.text(
    """
    INSERT INTO experiments (workspace, id, name, description, next_number)
    VALUES (:workspace, :id, :name, :description, :next) ON CONFLICT (workspace, name) DO NOTHING RETURNING id
    """
)


async def create_experiment(
    tx: Transaction, workspace: WorkspaceID, name: str, *, description: str | None = None
) -> ExperimentID:
    """Add an experiment. Raises `Conflict` if its name is taken, by a deleted one too."""
    check_name(name, "name")
    if description is not None:
        check_text(description, "description")
    made = await insert_experiment(tx, workspace, name, description=description)
    if made is None:
        raise Conflict(f"the experiment {name!r} already exists", path=["name"])
    return made


async def insert_experiment(
    tx: Transaction, workspace: WorkspaceID, name: str, *, description: str | None = None, next_number: int = 1
) -> ExperimentID | None:
    """Add an experiment, or return None if its name is taken; waits for another transaction that is adding it."""
    made = ExperimentID(make_uuid7())
    values = {"workspace": workspace, "id": made, "name": name, "description": description, "next": next_number}
    if await tx.conn.scalar(INSERT, values) is None:
        return None
    key = NodeKey(NodeKind.EXPERIMENT, made)
    await insert_texts(tx, workspace, key, {Place.NAME: name, Place.DESCRIPTION: description})
    tx.changed(workspace, key, 1, Changed.DOCUMENT)
    return made


async def ensure_experiment(tx: Transaction, workspace: WorkspaceID, name: str) -> ExperimentID:
    """Return the experiment of that name, made if absent. However many ask at once, one is made."""
    check_name(name, "name")
    found = await fetch_experiment_id(tx.conn, workspace, name)
    if found is None:
        found = await insert_experiment(tx, workspace, name)
    if found is None:
        found = await fetch_experiment_id(tx.conn, workspace, name)
    if found is None:
        raise Conflict(f"the experiment {name!r} was renamed just now", path=["name"])
    return found


async def edit_experiment(
    tx: Transaction,
    workspace: WorkspaceID,
    experiment: ExperimentID,
    edit: ExperimentEdit,
    *,
    expected_version: int | None = None,
) -> None:
    """Change its name or description. Raises `Conflict` for a taken name or another version than expected."""
    row = await lock_experiment(tx, workspace, experiment)
    if expected_version is not None and row.version != expected_version:
        raise Conflict(f"the experiment's version is {row.version}, not {expected_version}", path=["expectedVersion"])
    asked = {"name": edit.name, "description": edit.description}
    values = {field: value for field, value in asked.items() if value is not UNSET and value != getattr(row, field)}
    try:
        await _save(tx, workspace, row, values)
    except IntegrityError as exc:
        raise Conflict(f"the experiment {edit.name!r} already exists", path=["name"]) from exc
    if values:
        texts = {Place[field.upper()]: text for field, text in values.items()}
        await replace_texts(tx, workspace, NodeKey(NodeKind.EXPERIMENT, experiment), texts)


async def archive_experiment(
    tx: Transaction, workspace: WorkspaceID, experiment: ExperimentID, *, archived: bool
) -> None:
    """Put an experiment away, or take it out again; it still takes runs."""
    row = await lock_experiment(tx, workspace, experiment)
    if (row.archived_at is not None) != archived:
        await _save(tx, workspace, row, {"archived_at": sa.func.now() if archived else None})


async def delete_experiment(tx: Transaction, workspace: WorkspaceID, experiment: ExperimentID) -> None:
    """Delete it softly: it takes no more runs, keeps its name and can be restored."""
    row = await lock_experiment(tx, workspace, experiment)
    if row.deleted_at is None:
        await _save(tx, workspace, row, {"deleted_at": sa.func.now()})


async def restore_experiment(tx: Transaction, workspace: WorkspaceID, experiment: ExperimentID) -> None:
    """Undo a soft deletion. Raises `Gone` once purging has begun."""
    row = await lock_experiment(tx, workspace, experiment)
    if row.deleted_at is not None:
        missing = await _missing(tx.conn, workspace, experiment)
        if isinstance(missing, Gone):
            raise missing
        await _save(tx, workspace, row, {"deleted_at": None})


async def touch_experiment(tx: Transaction, workspace: WorkspaceID, experiment: ExperimentID) -> None:
    """Raise its revision because something on it changed: a tag, a note."""
    await _save(tx, workspace, await lock_experiment(tx, workspace, experiment), {"updated_at": sa.func.now()}, by=0)


async def lock_experiment(tx: Transaction, workspace: WorkspaceID, experiment: ExperimentID) -> Any:
    """Lock the row. Raises `NotFound`, or `Gone` for a purged experiment."""
    rows = await tx.conn.execute(
        sa.select(experiments)
        .where(experiments.c.workspace == workspace, experiments.c.id == experiment)
        .with_for_update(key_share=True)
    )
    row = rows.first()
    if row is None:
        raise await _missing(tx.conn, workspace, experiment)
    return row


async def _missing(conn: AsyncConnection, workspace: WorkspaceID, experiment: ExperimentID) -> NotFound | Gone:
    purged = tables.purged.c
    gone = await conn.scalar(sa.select(purged.id).where(purged.workspace == workspace, purged.id == experiment))
    if gone is None:
        return NotFound(f"no experiment {experiment} in this workspace", path=["experiment"])
    return Gone(f"experiment {experiment} was purged", path=["experiment"])


async def _save(tx: Transaction, workspace: WorkspaceID, row: Any, values: Mapping[str, Any], *, by: int = 1) -> None:
    if not values:
        return
    revision = row.revision + 1
    await tx.conn.execute(
        sa.update(experiments)
        .where(experiments.c.workspace == workspace, experiments.c.id == row.id)
        .values(**{"updated_at": sa.func.now(), **values}, revision=revision, version=row.version + by)
    )
    tx.changed(workspace, NodeKey(NodeKind.EXPERIMENT, row.id), revision, Changed.DOCUMENT)


async def fetch_experiments(
    conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[ExperimentID]
) -> dict[ExperimentID, Experiment]:
    """Return those experiments of the workspace that exist, deleted ones too, in one query."""
    statement = sa.select(*COLUMNS).where(experiments.c.workspace == workspace, experiments.c.id.in_(ids))
    return {found.id: found for found in map(make_experiment, await conn.execute(statement))}


async def fetch_experiment_id(conn: AsyncConnection, workspace: WorkspaceID, name: str) -> ExperimentID | None:
    """Return the id of the experiment of that name, a deleted one too."""
    statement = sa.select(experiments.c.id).where(experiments.c.workspace == workspace, experiments.c.name == name)
    found = await conn.scalar(statement)
    return None if found is None else ExperimentID(found)


async def resolve_experiment(conn: AsyncConnection, workspace: WorkspaceID, given: UUID | str) -> ExperimentID:
    """Return the id of the experiment that an id or a name means. Raises `NotFound` for a name that nothing has."""
    if isinstance(given, UUID):
        return ExperimentID(given)
    found = await fetch_experiment_id(conn, workspace, given)
    if found is None:
        raise NotFound(f"no experiment {shown(given)} in this workspace", path=["experiment"])
    return found


def make_experiment(row: Any) -> Experiment:
    """Return the experiment of a row that has `COLUMNS`."""
    return Experiment(**row._mapping)
