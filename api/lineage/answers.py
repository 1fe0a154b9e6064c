"""From what the record did to what a mutation of lineage answers, the first time and when it is repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api.info import Info
from api.lineage.edges import LineageEdge
from domain.ids import NodeKey, NodeKind, parse_uuid
from domain.references import NodeRef
from store.edges import fetch_intervals
from store.lineage.locating import find_nodes
from store.lineage.recording import Recorded
from store.transactions import Transaction


async def find_one(tx: Transaction, info: Info, ref: NodeRef, *path: str) -> NodeKey:
    """Return the node that a mutation is about, made where it is a full name that nobody knows yet."""
    return (await find_nodes(tx, info.context.workspace, {ref: path}))[ref]


def remember(recorded: Recorded) -> dict[str, Any]:
    """Return what a repeat of the mutation answers from."""
    return {"edges": [str(one.edge.id) for one in recorded.edges], "warnings": recorded.warnings}


def remember_node(key: NodeKey) -> dict[str, Any]:
    """Return a node as a repeat answers with it."""
    return {"kind": key.kind.value, "node": str(key.uuid)}


def recall_node(values: dict[str, Any]) -> NodeKey:
    """Return the node that was remembered."""
    return NodeKey(NodeKind(values["kind"]), parse_uuid(values["node"]))


async def load_edges(info: Info, ids: Sequence[str]) -> list[LineageEdge]:
    """Return edges as they stand, or stood last, in the order of the ids given."""
    workspace = info.context.workspace
    wanted: list[UUID] = [parse_uuid(text) for text in ids]
    async with info.context.read() as conn:
        found = await fetch_intervals(conn, workspace, wanted)
    return [LineageEdge.of(found[id_][-1], workspace) for id_ in wanted if id_ in found]
