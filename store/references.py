"""References become nodes: looked up for readers, and made for writers where they are full natural keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict, NotFound
from domain.ids import GlobalID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.nodes import make_natural_key
from domain.references import (
    CommitRef,
    DatasetRef,
    DigestRef,
    ForeignRef,
    IDRef,
    ModelRef,
    NodeRef,
    RunRef,
    URIRef,
)
from domain.texts import shown
from store import tables
from store.counters import find_missing_run
from store.foreign_ids import fetch_foreign
from store.lineage.merges import follow_merges
from store.node_rows import fetch_existing
from store.nodes import fetch_nodes
from store.placeholders import insert_placeholder, is_full_key
from store.transactions import Transaction

SHOWN_CANDIDATES = 10
WITH_DIGEST = (
    (NodeKind.DATASET_VERSION, tables.dataset_versions),
    (NodeKind.ARTIFACT_VERSION, tables.artifact_versions),
    (NodeKind.MODEL_VERSION, tables.model_versions),
)


async def resolve(conn: AsyncConnection, workspace: WorkspaceID, ref: NodeRef) -> NodeKey:
    """Return the node that a reference names. Raises `NotFound`, `Gone`, or `Conflict` with the candidates."""
    found = await follow_merges(conn, workspace, await _find(ref, conn, workspace))
    if not found:
        raise await _missing(conn, workspace, ref)
    if len(found) > 1:
        named = ", ".join(str(GlobalID(key.kind, workspace, key.uuid)) for key in found[:SHOWN_CANDIDATES])
        raise Conflict(f"{_show(ref)} is ambiguous; it may be any of: {named}")
    return found[0]


async def resolve_or_make(tx: Transaction, workspace: WorkspaceID, refs: Sequence[NodeRef]) -> list[NodeKey]:
    """Return the nodes that a mutation's references name; full natural keys that nobody knows become placeholders.

    Comes after client keys and before the counters of runs. Raises what `resolve` does, for the rest.
    """
    made: dict[NodeRef, NodeKey] = {}
    # In one order for all writers, so that none wait for each other in a circle.
    for ref in sorted({ref for ref in refs if is_full_key(ref)}, key=repr):
        found = await _find(ref, tx.conn, workspace)
        made[ref] = found[0] if len(found) == 1 else await insert_placeholder(tx, workspace, ref)
    return [made[ref] if ref in made else await resolve(tx.conn, workspace, ref) for ref in refs]


@singledispatch
async def _find(ref: Any, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    raise TypeError(f"{type(ref).__name__} is no reference")


@_find.register
async def _(ref: IDRef, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    if ref.id.workspace != workspace:
        return []
    return list(await fetch_nodes(conn, workspace, [ref.id.key]))


@_find.register
async def _(ref: RunRef, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    return list(await fetch_nodes(conn, workspace, [NodeKey(NodeKind.RUN, ref.run)]))


@_find.register
async def _(ref: ForeignRef, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    found = await fetch_foreign(conn, workspace, ref)
    return [] if found is None else [found]


@_find.register
async def _(ref: URIRef, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    versions = tables.artifact_versions.c
    newest = await conn.scalar(
        sa.select(versions.id)
        .where(
            versions.workspace == workspace,
            sa.func.left(versions.uri, 128) == ref.uri[:128],
            versions.uri == ref.uri,
        )
        .order_by(versions.created_at.desc(), versions.id.desc())
        .limit(1)
    )
    return [] if newest is None else [NodeKey(NodeKind.ARTIFACT_VERSION, newest)]


@_find.register
async def _(ref: DigestRef, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    """Return the versions that have these bytes; where no version is known, the artifacts of runs."""
    branches = [
        sa.select(sa.literal(kind.value).label("kind"), table.c.id).where(
            table.c.workspace == workspace, table.c.digest == ref.digest
        )
        for kind, table in WITH_DIGEST
    ]
    versions = await _fetch_keys(conn, sa.union_all(*branches))
    if versions:
        return versions
    artifacts = tables.artifacts.c
    return await _fetch_keys(
        conn,
        sa.select(sa.literal(NodeKind.ARTIFACT.value).label("kind"), artifacts.id).where(
            artifacts.workspace == workspace, artifacts.digest == ref.digest, artifacts.deleted_at.is_(None)
        ),
    )


@_find.register
async def _(ref: CommitRef, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    code = tables.code_revisions.c
    statement = sa.select(sa.literal(NodeKind.CODE_REVISION.value).label("kind"), code.id).where(
        code.workspace == workspace, code.commit >= ref.sha, code.commit < ref.sha + "g"
    )
    if ref.repository is not None:
        statement = statement.where(code.repository == ref.repository)
    return await _fetch_keys(conn, statement)


@_find.register
async def _(ref: DatasetRef, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    dataset = await _find_named(conn, workspace, NodeKind.DATASET, ref.namespace, ref.name)
    if dataset is None or ref.version is None:
        return [] if dataset is None else [dataset]
    version = await _find_named(conn, workspace, NodeKind.DATASET_VERSION, str(dataset.uuid), ref.version)
    return [] if version is None else [version]


@_find.register
async def _(ref: ModelRef, conn: AsyncConnection, workspace: WorkspaceID) -> list[NodeKey]:
    model = await _find_named(conn, workspace, NodeKind.MODEL, ref.registry, ref.name)
    if model is None:
        return []
    if ref.alias is not None:
        return await _find_alias(conn, workspace, model, ref.alias)
    if ref.version is None:
        return [model]
    version = await _find_named(conn, workspace, NodeKind.MODEL_VERSION, str(model.uuid), ref.version)
    return [] if version is None else [version]


async def _find_alias(conn: AsyncConnection, workspace: WorkspaceID, model: NodeKey, alias: str) -> list[NodeKey]:
    aliases = tables.model_aliases.c
    return await _fetch_keys(
        conn,
        sa.select(sa.literal(NodeKind.MODEL_VERSION.value).label("kind"), aliases.model_version.label("id")).where(
            aliases.workspace == workspace,
            aliases.model == model.uuid,
            aliases.alias == alias,
            aliases.held_to.is_(None),
            aliases.retracted.is_(None),
            aliases.model_version.is_not(None),
        ),
    )


async def _find_named(conn: AsyncConnection, workspace: WorkspaceID, kind: NodeKind, *parts: str) -> NodeKey | None:
    natural_key = make_natural_key(kind, *parts)
    found = await fetch_existing(conn, workspace, kind, [natural_key])
    return NodeKey(kind, found[natural_key]) if found else None


async def _fetch_keys(conn: AsyncConnection, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> list[NodeKey]:
    rows = await conn.execute(statement.order_by(sa.literal_column("id")).limit(SHOWN_CANDIDATES + 1))
    return [NodeKey(NodeKind(row.kind), row.id) for row in rows]


async def _missing(conn: AsyncConnection, workspace: WorkspaceID, ref: NodeRef) -> Exception:
    if isinstance(ref, RunRef):
        return await find_missing_run(conn, workspace, ref.run)
    if isinstance(ref, IDRef) and ref.id.kind is NodeKind.RUN and ref.id.workspace == workspace:
        missing = await find_missing_run(conn, workspace, RunID(ref.id.uuid))
        return type(missing)(missing.message)  # what was given is no `run` but an id
    return NotFound(f"nothing in this workspace is {_show(ref)}")


def _show(ref: NodeRef) -> str:
    match ref:
        case IDRef():
            return f"{ref.id.kind.name} {ref.id.uuid}"
        case URIRef():
            return f"the URI {shown(ref.uri)}"
        case DigestRef():
            return f"the digest {shown(ref.digest)}"
        case CommitRef():
            return f"the commit {shown(ref.sha)}"
        case DatasetRef():
            return f"the dataset {shown(ref.namespace)} {_show_version(ref.name, ref.version)}"
        case ModelRef():
            return f"the model {_show_version(ref.name, ref.version or ref.alias)} in {shown(ref.registry)}"
        case ForeignRef():
            return f"{shown(ref.system)} {shown(ref.kind)} {shown(ref.id)}"
        case RunRef():
            return f"run {ref.run}"


def _show_version(name: str, version: str | None) -> str:
    return shown(name) if version is None else f"{shown(name)} {shown(version)}"
