"""Where the nodes of a picture stand: in layers from left to right, data flowing to the right, few arrows crossing.

The method is that of Sugiyama, Tagawa and Toda (1981): break cycles, layer by the longest path, route long arrows
through every layer between, order each layer by the mean place of its neighbours, and straighten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from whence.lineage.graphs import Graph

SWEEPS = 12
"""Times that the layers are ordered, forth and back in turn; small graphs settle after about four."""


@dataclass
class Layout:
    """For each node and each bend of an arrow its layer and its place in it, in rows."""

    layers: list[list[str]] = field(default_factory=list)
    rows: dict[str, float] = field(default_factory=dict)
    bends: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @property
    def layer_of(self) -> dict[str, int]:
        """The layer of each node and bend."""
        return {item: number for number, layer in enumerate(self.layers) for item in layer}


def lay_out(graph: Graph) -> Layout:
    """Return where everything stands."""
    pairs = sorted({(arrow.source, arrow.target) for arrow in graph.arrows if arrow.source != arrow.target})
    forward = _break_cycles(list(graph.nodes), pairs)
    depth = _tighten(_layer(list(graph.nodes), forward), forward)
    layout = Layout([[] for _ in range(max(depth.values(), default=-1) + 1)])
    for node in graph.nodes:
        layout.layers[depth[node]].append(node)
    neighbours = _add_bends(layout, forward, depth)
    _order(layout, neighbours)
    _straighten(layout, neighbours)
    return layout


def _break_cycles(nodes: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs with those turned round that close a cycle."""
    leaving = _collect(nodes, pairs)
    done: set[str] = set()
    turned: list[tuple[str, str]] = []
    for root in nodes:
        if root in done:
            continue
        on_path = {root}
        stack = [(root, iter(leaving[root]))]
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                on_path.discard(node)
                done.add(node)
            elif following in on_path:
                turned.append((following, node))
            else:
                turned.append((node, following))
                if following not in done:
                    on_path.add(following)
                    stack.append((following, iter(leaving[following])))
    return sorted(set(turned))


def _layer(nodes: Sequence[str], forward: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the length of the longest way to each node."""
    depth = dict.fromkeys(nodes, 0)
    entering = dict.fromkeys(nodes, 0)
    leaving = _collect(nodes, forward)
    for _, target in forward:
        entering[target] += 1
    ready = [node for node in nodes if entering[node] == 0]
    while ready:
        node = ready.pop()
        for target in leaving[node]:
            depth[target] = max(depth[target], depth[node] + 1)
            entering[target] -= 1
            if entering[target] == 0:
                ready.append(target)
    return depth


def _tighten(depth: dict[str, int], forward: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Move what nothing leads into next to the first that it leads to."""
    targets = {target for _, target in forward}
    for node, following in _collect(depth, forward).items():
        if node not in targets and following:
            depth[node] = min(depth[target] for target in following) - 1
    return depth


def _collect(nodes: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    leaving: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in pairs:
        leaving[source].append(target)
    return leaving


def _add_bends(
    layout: Layout, forward: Sequence[tuple[str, str]], depth: dict[str, int]
) -> dict[str, tuple[list[str], list[str]]]:
    """Route arrows that pass layers through a bend in each; return the neighbours of each item, before and after."""
    neighbours: dict[str, tuple[list[str], list[str]]] = {node: ([], []) for node in depth}
    for source, target in forward:
        bends = [f"{source}>{target}#{layer}" for layer in range(depth[source] + 1, depth[target])]
        layout.bends[source, target] = bends
        for layer, bend in enumerate(bends, start=depth[source] + 1):
            layout.layers[layer].append(bend)
            neighbours[bend] = ([], [])
        way = [source, *bends, target]
        for before, after in pairwise(way):
            neighbours[before][1].append(after)
            neighbours[after][0].append(before)
    return neighbours


def _order(layout: Layout, neighbours: dict[str, tuple[list[str], list[str]]]) -> None:
    places = {item: place for layer in layout.layers for place, item in enumerate(layer)}
    for sweep in range(SWEEPS):
        side = sweep % 2
        for layer in layout.layers if side == 0 else layout.layers[::-1]:
            means = {item: _mean([places[other] for other in neighbours[item][side]], places[item]) for item in layer}
            layer.sort(key=lambda item: (means[item], places[item]))
            places.update((item, place) for place, item in enumerate(layer))


def _straighten(layout: Layout, neighbours: dict[str, tuple[list[str], list[str]]]) -> None:
    """Give each item a row as near to the mean of its neighbours as its layer allows."""
    layout.rows = {item: float(place) for layer in layout.layers for place, item in enumerate(layer)}
    for sweep in range(SWEEPS):
        for layer in layout.layers if sweep % 2 == 0 else layout.layers[::-1]:
            wanted = [
                _mean([layout.rows[other] for side in neighbours[item] for other in side], layout.rows[item])
                for item in layer
            ]
            for item, row in zip(layer, _spread(wanted), strict=True):
                layout.rows[item] = row
    least = min(layout.rows.values(), default=0.0)
    layout.rows = {item: row - least for item, row in layout.rows.items()}


def _spread(wanted: Sequence[float]) -> list[float]:
    """Return rows at least one apart, in order, as near as may be to those wanted: the mean of pushing down and up."""
    down: list[float] = []
    for row in wanted:
        down.append(row if not down else max(row, down[-1] + 1))
    up: list[float] = []
    for row in reversed(wanted):
        up.append(row if not up else min(row, up[-1] - 1))
    return [(one + other) / 2 for one, other in zip(down, reversed(up), strict=True)]


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else float(otherwise)
