"""Placeholders: nodes that a writer refers to before anybody has told us of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.nodes import make_natural_key
from domain.references import DatasetRef, ModelRef, NodeRef, URIRef
from store import tables
from store.node_rows import insert_nodes
from store.transactions import Transaction

Named: TypeAlias = DatasetRef | ModelRef


def is_full_key(ref: NodeRef) -> bool:
    """Say whether a reference is a full natural key: only such a one may make its node."""
    match ref:
        case URIRef():
            return True
        case DatasetRef() | ModelRef():
            return ref.version is not None
        case _:
            return False


async def insert_placeholder(tx: Transaction, workspace: WorkspaceID, ref: NodeRef) -> NodeKey:
    """Return the node of a full natural key, made with its name if absent."""
    return (await insert_placeholders(tx, workspace, [ref]))[ref]


async def insert_placeholders(
    tx: Transaction, workspace: WorkspaceID, refs: Collection[NodeRef]
) -> dict[NodeRef, NodeKey]:
    """Return the nodes of full natural keys, made with their names where absent; a few queries a kind.

    A URI that is known is its newest version.
    """
    places = [ref for ref in refs if isinstance(ref, URIRef)]
    named = [ref for ref in refs if isinstance(ref, DatasetRef | ModelRef)]
    if len(places) + len(named) != len(refs):
        raise TypeError("among the references is one that is no full natural key")
    made = await _insert_named(tx, workspace, named)
    return made | await _insert_places(tx, workspace, places)


async def insert_names(
    tx: Transaction, workspace: WorkspaceID, refs: Collection[Named], *, placeholder: bool = True
) -> dict[Named, NodeKey]:
    """Return the names that references to versions stand under, made where absent."""
    datasets = {ref: (ref.namespace, ref.name) for ref in refs if isinstance(ref, DatasetRef)}
    models = {ref: (ref.registry, ref.name) for ref in refs if isinstance(ref, ModelRef)}
    found = await _insert(tx, workspace, NodeKind.DATASET, datasets, ("namespace", "name"), placeholder=placeholder)
    return found | await _insert(tx, workspace, NodeKind.MODEL, models, ("registry", "name"), placeholder=placeholder)


async def _insert_named(tx: Transaction, workspace: WorkspaceID, refs: Collection[Named]) -> dict[NodeRef, NodeKey]:
    if not refs:
        return {}
    names = await insert_names(tx, workspace, refs)
    versions = {ref: (names[ref].uuid, ref.version) for ref in refs}
    datasets = {ref: key for ref, key in versions.items() if isinstance(ref, DatasetRef)}
    models = {ref: key for ref, key in versions.items() if isinstance(ref, ModelRef)}
    return {
        **await _insert(tx, workspace, NodeKind.DATASET_VERSION, datasets, ("dataset", "name")),
        **await _insert(tx, workspace, NodeKind.MODEL_VERSION, models, ("model", "name")),
    }


async def _insert_places(tx: Transaction, workspace: WorkspaceID, refs: Collection[URIRef]) -> dict[NodeRef, NodeKey]:
    if not refs:
        return {}
    known = await fetch_newest_at(tx, workspace, [ref.uri for ref in refs])
    absent = {ref: (ref.uri, None) for ref in refs if ref.uri not in known}
    made = await _insert(tx, workspace, NodeKind.ARTIFACT_VERSION, absent, ("uri", "digest"))
    return {ref: made[ref] if ref in made else known[ref.uri] for ref in refs}


async def fetch_newest_at(tx: Transaction, workspace: WorkspaceID, uris: Iterable[str]) -> dict[str, NodeKey]:
    """Return the newest version at each of those places where there is one, in one query."""
    versions = tables.artifact_versions.c
    asked = list(uris)
    statement = (
        sa.select(versions.uri, versions.id)
        .where(
            versions.workspace == workspace,
            sa.func.left(versions.uri, 128).in_({uri[:128] for uri in asked}),
            versions.uri.in_(asked),
        )
        .order_by(versions.created_at, versions.id)
    )
    return {row.uri: NodeKey(NodeKind.ARTIFACT_VERSION, row.id) for row in await tx.conn.execute(statement)}


async def _insert(
    tx: Transaction,
    workspace: WorkspaceID,
    kind: NodeKind,
    keys: Mapping[Any, tuple[Any, Any]],
    columns: tuple[str, str],
    *,
    placeholder: bool = True,
) -> dict[Any, NodeKey]:
    natural = {ref: make_natural_key(kind, *map(_part, key)) for ref, key in keys.items()}
    wanted = {natural[ref]: dict(zip(columns, key, strict=True)) for ref, key in keys.items()}
    found = await insert_nodes(tx, workspace, kind, wanted, placeholder=placeholder)
    return {ref: NodeKey(kind, found[natural_key]) for ref, natural_key in natural.items()}


def _part(value: str | UUID | None) -> str | None:
    return None if value is None else str(value)
