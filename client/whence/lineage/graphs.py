"""An answer of lineage as a small graph: what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Node:
    """A node: its id, its type in the schema, what people know it by, its distance from the start."""

    id: str
    kind: str
    label: str
    depth: int = 0
    deleted: bool = False


@dataclass(frozen=True)
class Arrow:
    """A link, in the direction data flows."""

    source: str
    target: str
    label: str
    inferred: bool = False


@dataclass
class Graph:
    """Nodes in the order of the answer, the start first, and the arrows between them."""

    nodes: dict[str, Node] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)

    def next_to(self, *, upstream: bool) -> dict[str, list[Arrow]]:
        """Return, for each node, the arrows that lead on from it, in the order in which the answer named their ends."""
        order = {id_: place for place, id_ in enumerate(self.nodes)}
        found: dict[str, list[Arrow]] = {id_: [] for id_ in self.nodes}
        for arrow in self.arrows:
            found[arrow.target if upstream else arrow.source].append(arrow)
        for arrows in found.values():
            arrows.sort(key=lambda arrow: (order[arrow.source if upstream else arrow.target], arrow.label))
        return found


_SILENT = frozenset({"USED", "GENERATED"})
"""Kinds that an arrow says by its role alone."""


def make_graph(edges: Sequence[dict[str, Any]], links: Sequence[dict[str, Any]]) -> Graph:
    """Return the graph of the answer's node edges and links; a link to a node that was not given is left out."""
    graph = Graph()
    for edge in edges:
        node = edge["node"]
        kind = node["__typename"]
        graph.nodes[node["id"]] = Node(node["id"], kind, edge["label"], edge["depth"], bool(node.get("deletedAt")))
    for link in links:
        source, target = link["source"]["id"], link["target"]["id"]
        if source in graph.nodes and target in graph.nodes:
            graph.arrows.append(Arrow(source, target, label_link(link), bool(link.get("inferred"))))
    return graph


def label_link(link: dict[str, Any]) -> str:
    """Return what stands on an arrow: the role, or the kind where there is none, and the subset."""
    words = [] if link["kind"] in _SILENT and link.get("role") else [link["kind"].lower().replace("_", " ")]
    words += [link["role"].lower()] if link.get("role") else []
    words += [f"({link['subset']})"] if link.get("subset") else []
    return " ".join(words)
