"""Raise the revision of whatever something stands on: readers of a node see its notes, tags and the like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from domain.errors import Gone, InvalidInput, NotFound
from domain.ids import ExperimentID, NodeKey, NodeKind, RunID, WorkspaceID
from store import tables
from store.counters import lock_run, save_counters
from store.experiments import touch_experiment
from store.node_tables import LINEAGE
from store.outbox import Changed
from store.transactions import Transaction


@contextmanager
def naming_subject() -> Iterator[None]:
    """Let failures of what is missing name the field `on`, by which clients say what something stands on."""
    try:
        yield
    except (NotFound, Gone) as exc:
        raise type(exc)(exc.message, path=["on"]) from exc


async def touch_node(tx: Transaction, workspace: WorkspaceID, key: NodeKey, what: Changed) -> None:
    """Raise the revision of a node of any kind because something on it changed. Raises `NotFound`, `Gone`."""
    if key.kind is NodeKind.RUN:
        with naming_subject():
            counters = await lock_run(tx, workspace, RunID(key.uuid))
        counters.raise_revision(tx, what)
        await save_counters(tx, counters)
    elif key.kind is NodeKind.EXPERIMENT:
        with naming_subject():
            await touch_experiment(tx, workspace, ExperimentID(key.uuid))
    else:
        await _touch_row(tx, workspace, key, what)


async def _touch_row(tx: Transaction, workspace: WorkspaceID, key: NodeKey, what: Changed) -> None:
    if key.kind in LINEAGE:
        table = LINEAGE[key.kind][0]
    elif key.kind in (NodeKind.ARTIFACT, NodeKind.WORKSPACE):
        table = tables.artifacts if key.kind is NodeKind.ARTIFACT else tables.workspaces
    else:
        raise InvalidInput(f"nothing can stand on a {key.kind.name}", path=["on"])
    own = table.c.id == workspace if table is tables.workspaces else table.c.workspace == workspace
    revision = await tx.conn.scalar(
        sa.update(table)
        .where(own, table.c.id == key.uuid)
        .values(revision=table.c.revision + 1, graph_revision=table.c.graph_revision + int(Changed.GRAPH in what))
        .returning(table.c.revision)
    )
    if revision is None:
        raise NotFound(f"no {key.kind.name} {key.uuid} in this workspace", path=["on"])
    tx.changed(workspace, key, revision, what)
