"""Ways between two nodes: all of the shortest, counted exactly, given one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.ids import NodeKey
from domain.lineage.links import Link
from domain.lineage.traces import Trace


def count_routes(trace: Trace, depths: Mapping[NodeKey, int], start: NodeKey) -> int:
    """Return how many shortest ways lead down from the start to the end, which is at depth 0 of `depths`.

    Two links between the same nodes are two ways.
    """
    if start not in depths:
        return 0
    counts: dict[NodeKey, int] = {}
    for node in sorted(depths, key=lambda each: depths[each]):
        if depths[node] > depths[start]:
            break
        on = sum(counts.get(link.target, 0) for link in _leads(trace, depths, node))
        counts[node] = 1 if depths[node] == 0 else on
    return counts.get(start, 0)


def iterate_routes(trace: Trace, depths: Mapping[NodeKey, int], start: NodeKey) -> Iterator[tuple[Link, ...]]:
    """Yield the shortest ways down from the start to the end, in the order of their links' ids."""
    if start not in depths:
        return
    stack: list[tuple[NodeKey, tuple[Link, ...]]] = [(start, ())]
    while stack:
        node, way = stack.pop()
        if depths[node] == 0:
            yield way
            continue
        stack += [(link.target, (*way, link)) for link in reversed(_leads(trace, depths, node))]


def _leads(trace: Trace, depths: Mapping[NodeKey, int], node: NodeKey) -> list[Link]:
    nearer = [link for link in trace.outputs(node) if depths.get(link.target, -1) == depths[node] - 1]
    return sorted(nearer, key=lambda link: link.id)
