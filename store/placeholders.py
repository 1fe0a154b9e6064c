"""Placeholders: nodes that a writer refers to before anybody has told us of them."""

from __future__ import annotations

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.nodes import make_natural_key
from domain.references import DatasetRef, ModelRef, NodeRef, URIRef
from store.nodes import insert_nodes
from store.transactions import Transaction


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
    match ref:
        case URIRef():
            return await _insert(tx, workspace, NodeKind.ARTIFACT_VERSION, (ref.uri, None), uri=ref.uri)
        case DatasetRef():
            dataset = await _insert(
                tx, workspace, NodeKind.DATASET, (ref.namespace, ref.name), namespace=ref.namespace, name=ref.name
            )
            key = (str(dataset.uuid), ref.version)
            return await _insert(tx, workspace, NodeKind.DATASET_VERSION, key, dataset=dataset.uuid, name=ref.version)
        case ModelRef():
            model = await _insert(
                tx, workspace, NodeKind.MODEL, (ref.registry, ref.name), registry=ref.registry, name=ref.name
            )
            return await _insert(
                tx,
                workspace,
                NodeKind.MODEL_VERSION,
                (str(model.uuid), ref.version),
                model=model.uuid,
                name=ref.version,
            )
        case _:
            raise TypeError(f"{type(ref).__name__} is no full natural key")


async def _insert(
    tx: Transaction, workspace: WorkspaceID, kind: NodeKind, parts: tuple[str | None, ...], **columns: object
) -> NodeKey:
    natural_key = make_natural_key(kind, *parts)
    found = await insert_nodes(tx, workspace, kind, {natural_key: columns}, placeholder=True)
    return NodeKey(kind, found[natural_key])
