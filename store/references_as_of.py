"""References that mean something else at another time: a model by its alias, a file by its place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import NotFound
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.questions import NOW, AsOf
from domain.references import ModelRef, NodeRef, URIRef
from domain.texts import shown
from domain.times import make_now
from store import tables
from store.references import resolve


async def resolve_as_of(conn: AsyncConnection, workspace: WorkspaceID, ref: NodeRef, as_of: AsOf) -> NodeKey:
    """Return the node that a reference named at a moment. Raises what `resolve` does."""
    if as_of == NOW:
        return await resolve(conn, workspace, ref)
    match ref:
        case ModelRef() if ref.alias is not None:
            return await _resolve_alias(conn, workspace, ref, as_of)
        case URIRef() if as_of.at is not None:
            return await _resolve_uri(conn, workspace, ref, as_of.at)
        case _:
            return await resolve(conn, workspace, ref)


async def _resolve_alias(conn: AsyncConnection, workspace: WorkspaceID, ref: ModelRef, as_of: AsOf) -> NodeKey:
    model = await resolve(conn, workspace, ModelRef(ref.registry, ref.name))
    aliases = tables.model_aliases.c
    at = as_of.at or make_now()
    statement = sa.select(aliases.model_version).where(
        aliases.workspace == workspace,
        aliases.model == model.uuid,
        aliases.alias == ref.alias,
        aliases.held_from <= at,
        sa.or_(aliases.held_to.is_(None), aliases.held_to > at),
        *_known(aliases, as_of),
    )
    found = await conn.scalar(statement.order_by(aliases.held_from.desc()).limit(1))
    if found is None:
        raise NotFound(f"the alias {shown(ref.alias or '')} of {shown(ref.name)} meant nothing then")
    return NodeKey(NodeKind.MODEL_VERSION, found)


async def _resolve_uri(conn: AsyncConnection, workspace: WorkspaceID, ref: URIRef, at: datetime) -> NodeKey:
    """Return the newest version of a file that was there at a time; where none was, the newest."""
    versions = tables.artifact_versions.c
    came = sa.func.coalesce(versions.happened_at, versions.created_at)
    statement = sa.select(versions.id).where(
        versions.workspace == workspace,
        sa.func.left(versions.uri, 128) == ref.uri[:128],
        versions.uri == ref.uri,
        came <= at,
    )
    found = await conn.scalar(statement.order_by(came.desc(), versions.id.desc()).limit(1))
    return await resolve(conn, workspace, ref) if found is None else NodeKey(NodeKind.ARTIFACT_VERSION, found)


def _known(columns: Any, as_of: AsOf) -> list[sa.ColumnElement[bool]]:
    if as_of.known is None:
        return [columns.retracted.is_(None)]
    later = sa.or_(columns.retracted.is_(None), columns.retracted > as_of.known)
    return [columns.recorded <= as_of.known, later]
