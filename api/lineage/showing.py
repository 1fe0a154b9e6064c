"""What people know nodes by: labels, and whole answers in other forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from api.info import Info
from api.lineage.walking import load_values
from domain.errors import TooLarge
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.kinds import NAME_OF
from domain.lineage.nodes import Evaluation
from domain.lineage.showing import Shown, label_node, show_node
from domain.nodes import DatasetVersion, DeploymentRevision, FeatureViewVersion, ModelVersion

MOST_EXPORTED = 5_000
"""Nodes that are written in one document at most."""


def name_key(value: Any) -> NodeKey | None:
    """Return the key of what a node is called after: the name of a version, the run of an Evaluation."""
    match value:
        case DatasetVersion():
            return NodeKey(NAME_OF[value.kind], value.dataset)
        case FeatureViewVersion():
            return NodeKey(NAME_OF[value.kind], value.feature_view)
        case ModelVersion():
            return NodeKey(NAME_OF[value.kind], value.model)
        case DeploymentRevision():
            return NodeKey(NAME_OF[value.kind], value.deployment)
        case Evaluation():
            return NodeKey(NodeKind.RUN, value.run)
        case _:
            return None


async def load_label(info: Info, key: NodeKey) -> str:
    """Return what people know a node by; many of them cost a query a kind."""
    value = await info.context.loaders.nodes.load(key) or await info.context.loaders.purged.load(key)
    named = name_key(value)
    name = None if named is None else await info.context.loaders.nodes.load(named)
    return label_node(key, value, name)


async def load_names(info: Info, nodes: Iterable[NodeKey]) -> dict[NodeKey, NodeKey]:
    """Return the names that those of the nodes belong to that are versions."""
    values = await load_values(info, nodes)
    found = {key: name_key(value) for key, value in values.items() if key.kind is not NodeKind.EVALUATION}
    return {key: name for key, name in found.items() if name is not None}


async def load_shown(info: Info, nodes: Sequence[NodeKey]) -> list[Shown]:
    """Return nodes as exports show them. Raises `TooLarge`."""
    if len(nodes) > MOST_EXPORTED:
        raise TooLarge(f"the answer has {len(nodes)} nodes, at most {MOST_EXPORTED} are written in one document")
    values = await load_values(info, nodes)
    names = {key: name_key(value) for key, value in values.items()}
    named = await load_values(info, [name for name in names.values() if name is not None])
    workspace: WorkspaceID = info.context.workspace
    return [
        show_node(workspace, key, values.get(key), named.get(name) if (name := names.get(key)) is not None else None)
        for key in nodes
    ]
