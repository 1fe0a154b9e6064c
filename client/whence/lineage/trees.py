"""A graph as a tree for the terminal: from the start along the arrows, what was drawn already is only named again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.tree import Tree

from whence.lineage.graphs import Graph, Node

COLOURS = {
    "Run": "cyan",
    "Evaluation": "cyan",
    "DatasetVersion": "green",
    "FeatureViewVersion": "green",
    "ArtifactVersion": "yellow",
    "ModelVersion": "magenta",
    "DeploymentRevision": "red",
}


def make_tree(graph: Graph, starts: Sequence[str], *, upstream: bool) -> Tree:
    """Return the tree; several starts stand below a root without a name."""
    seen: set[str] = set()
    known = [start for start in starts if start in graph.nodes]
    if len(known) == 1:
        tree = Tree(_name(graph.nodes[known[0]]))
        _grow(tree, graph, known[0], seen, upstream=upstream)
        return tree
    tree = Tree("", hide_root=True)
    for start in known:
        _grow(tree.add(_name(graph.nodes[start])), graph, start, seen, upstream=upstream)
    return tree


def _grow(tree: Tree, graph: Graph, start: str, seen: set[str], *, upstream: bool) -> None:
    """Add what is next to each node, in the order of the answer; without recursion, for chains may be long."""
    leads = graph.next_to(upstream=upstream)
    waiting = [(tree, start)]
    while waiting:
        branch, node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        grown: list[tuple[Tree, str]] = []
        for arrow in leads[node]:
            other = graph.nodes[arrow.source if upstream else arrow.target]
            again = other.id in seen or any(other.id == each for _, each in grown)
            mark = " [dim](see above)[/dim]" if again and leads[other.id] else ""
            twig = branch.add(f"[dim]{escape(arrow.label)}[/dim] {_name(other)}{mark}")
            if not again:
                grown.append((twig, other.id))
        waiting += reversed(grown)


def _name(node: Node) -> str:
    colour = COLOURS.get(node.kind, "white")
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in node.kind).strip()
    gone = " [red](deleted)[/red]" if node.deleted else ""
    return f"[{colour}]{escape(node.label)}[/{colour}] [dim]{words}[/dim]{gone}"
