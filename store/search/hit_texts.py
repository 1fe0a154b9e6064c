"""The texts of the hits of a page: what highlights and reasons are made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.parameters import Parameter, ParameterType
from domain.search.documents import DocumentText, TextField
from domain.tags import Tag
from store.nodes import fetch_nodes
from store.parameters import fetch_parameters
from store.tags import fetch_tags

PLAIN: dict[NodeKind, tuple[tuple[TextField, str], ...]] = {
    NodeKind.NOTE: ((TextField.TEXT, "text"),),
    NodeKind.RUN: ((TextField.NAME, "name"), (TextField.DESCRIPTION, "description")),
    NodeKind.EXPERIMENT: ((TextField.NAME, "name"), (TextField.DESCRIPTION, "description")),
    NodeKind.DATASET: (
        (TextField.NAME, "name"),
        (TextField.DESCRIPTION, "description"),
        (TextField.NAMESPACE, "namespace"),
    ),
    NodeKind.MODEL: ((TextField.NAME, "name"), (TextField.DESCRIPTION, "description")),
    NodeKind.ARTIFACT: ((TextField.NAME, "name"), (TextField.PATH, "path")),
}
"""The texts that stand in a node's own row."""


async def fetch_hit_texts(
    conn: AsyncConnection, workspace: WorkspaceID, keys: Sequence[NodeKey]
) -> dict[NodeKey, tuple[DocumentText, ...]]:
    """Return the texts of nodes, in the order of `TextField`; a statement a kind, and two more where there are runs."""
    found = await fetch_nodes(conn, workspace, keys)
    runs = [RunID(key.uuid) for key in found if key.kind is NodeKind.RUN]
    tagged = [*runs, *(key.uuid for key in found if key.kind is NodeKind.EXPERIMENT)]
    tags = await fetch_tags(conn, workspace, tagged) if tagged else {}
    params = await fetch_parameters(conn, workspace, runs) if runs else {}
    return {
        key: tuple(_list_texts(key.kind, node, tags.get(key.uuid, []), params.get(RunID(key.uuid), [])))
        for key, node in found.items()
    }


def _list_texts(kind: NodeKind, node: Any, tags: list[Tag], params: list[Parameter]) -> list[DocumentText]:
    texts = [DocumentText(field, text) for field, name in PLAIN[kind] if (text := getattr(node, name)) is not None]
    strings = [parameter for parameter in params if parameter.type is ParameterType.STRING]
    texts += [DocumentText(TextField.TAG, tag.value, tag.key) for tag in tags]
    texts += [DocumentText(TextField.TAG_KEY, tag.key) for tag in tags]
    texts += [DocumentText(TextField.PARAM_KEY, parameter.key) for parameter in params]
    return texts + [DocumentText(TextField.PARAM, parameter.raw, parameter.key) for parameter in strings]
