"""Nodes of every kind: fetched by id, one query a kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from store.artifacts import fetch_artifacts
from store.experiments import fetch_experiments
from store.lineage.evaluations import fetch_evaluations
from store.node_rows import fetch_lineage_rows
from store.node_tables import LINEAGE
from store.notes import fetch_notes
from store.runs import fetch_runs
from store.workspaces import fetch_workspaces

Fetch: TypeAlias = Callable[[AsyncConnection, WorkspaceID, Collection[Any]], Awaitable[Mapping[Any, Any]]]


async def _fetch_workspaces(
    conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[WorkspaceID]
) -> Mapping[WorkspaceID, Any]:
    """Return the request's own workspace; every other one is as if it were not there."""
    return await fetch_workspaces(conn, [workspace] if workspace in ids else [])


FETCHES: dict[NodeKind, Fetch] = {
    NodeKind.WORKSPACE: _fetch_workspaces,
    NodeKind.EXPERIMENT: fetch_experiments,
    NodeKind.RUN: fetch_runs,
    NodeKind.NOTE: fetch_notes,
    NodeKind.ARTIFACT: fetch_artifacts,
    NodeKind.EVALUATION: fetch_evaluations,
}


async def fetch_nodes(conn: AsyncConnection, workspace: WorkspaceID, keys: Collection[NodeKey]) -> dict[NodeKey, Any]:
    """Return those nodes of the workspace that exist, of any kinds, as the values of their nouns."""
    by_kind: dict[NodeKind, list[UUID]] = {}
    for key in keys:
        by_kind.setdefault(key.kind, []).append(key.uuid)
    found: dict[NodeKey, Any] = {}
    for kind, ids in by_kind.items():
        if kind in FETCHES:
            rows = await FETCHES[kind](conn, workspace, ids)
        elif kind in LINEAGE:
            rows = await fetch_lineage_rows(conn, workspace, kind, ids)
        else:
            rows = {}
        found |= {NodeKey(kind, uuid): node for uuid, node in rows.items()}
    return found
