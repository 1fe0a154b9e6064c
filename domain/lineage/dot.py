"""An answer as a graph for Graphviz: data flows from left to right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.ids import NodeKind
from domain.lineage.kinds import EdgeKind
from domain.lineage.links import Link
from domain.lineage.showing import Shown

SHAPES = {
    NodeKind.RUN: "box",
    NodeKind.EVALUATION: "box",
    NodeKind.DATASET: "folder",
    NodeKind.DATASET_VERSION: "cylinder",
    NodeKind.FEATURE_VIEW_VERSION: "cylinder",
    NodeKind.ARTIFACT_VERSION: "note",
    NodeKind.MODEL: "folder",
    NodeKind.MODEL_VERSION: "hexagon",
    NodeKind.DEPLOYMENT_REVISION: "component",
    NodeKind.CODE_REVISION: "tab",
    NodeKind.ENVIRONMENT: "tab",
}
_PLAIN = frozenset({EdgeKind.USED, EdgeKind.GENERATED})
"""Kinds that an arrow says by its role alone."""


def make_dot(nodes: Sequence[Shown], links: Iterable[Link]) -> str:
    """Return a digraph; links with an end that is not among the nodes are left out."""
    names = {node.key: f"n{number}" for number, node in enumerate(nodes)}
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [fontname="sans-serif", fontsize=10];']
    lines.append('  edge [fontname="sans-serif", fontsize=8];')
    for node in nodes:
        kind = node.key.kind.name.lower().replace("_", " ")
        shape = SHAPES.get(node.key.kind, "ellipse")
        style = ", style=dashed" if node.deleted else ""
        lines.append(
            f"  {names[node.key]} [label={quote(f'{node.label}')}, tooltip={quote(kind)}, shape={shape}{style}];"
        )
    for link in links:
        if link.source in names and link.target in names:
            style = ", style=dashed" if link.inferred else ""
            lines.append(f"  {names[link.source]} -> {names[link.target]} [label={quote(label_link(link))}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def label_link(link: Link) -> str:
    """Return what stands on the arrow: the role, or the kind where there is none, and the subset."""
    words = [] if link.kind in _PLAIN else [link.kind.name.lower().replace("_", " ")]
    words += [] if link.role is None else [link.role.name.lower()]
    words += [] if link.subset is None else [f"({link.subset})"]
    return " ".join(words)


def quote(text: str) -> str:
    """Return a text as a quoted id of the DOT language: its quotes and backslashes are text, its breaks are spaces."""
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
