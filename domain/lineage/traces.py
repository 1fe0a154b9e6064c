"""A piece of the graph in memory: links by their ends, and short walks over them for the rules of this folder.

Answers of any size are walked by the adapters; the rules look at what they brought.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from domain.ids import NodeKey, NodeKind
from domain.lineage.kinds import WALKED, EdgeKind
from domain.lineage.links import Link
from domain.runs import RunKind

Allow = Callable[[Link], bool]


def allow_default(link: Link) -> bool:
    """Say whether a walk follows the link unless it is told otherwise."""
    return link.kind in WALKED


@dataclass(frozen=True, slots=True)
class Trace:
    """Links by their targets and by their sources, and the kinds of the runs among their ends."""

    run_kinds: Mapping[NodeKey, RunKind] = field(default_factory=dict)
    into: dict[NodeKey, list[Link]] = field(default_factory=dict)
    out_of: dict[NodeKey, list[Link]] = field(default_factory=dict)

    @classmethod
    def of(cls, links: Iterable[Link], run_kinds: Mapping[NodeKey, RunKind] | None = None) -> Trace:
        """Return the piece that some links make, each counted once."""
        trace = cls(run_kinds or {})
        for link in {each.id: each for each in links}.values():
            trace.into.setdefault(link.target, []).append(link)
            trace.out_of.setdefault(link.source, []).append(link)
        return trace

    def inputs(self, node: NodeKey, *kinds: EdgeKind) -> list[Link]:
        """Return the links that enter a node, of some kinds or of all."""
        return [link for link in self.into.get(node, ()) if not kinds or link.kind in kinds]

    def outputs(self, node: NodeKey, *kinds: EdgeKind) -> list[Link]:
        """Return the links that leave a node, of some kinds or of all."""
        return [link for link in self.out_of.get(node, ()) if not kinds or link.kind in kinds]

    def is_of_kind(self, node: NodeKey, kind: RunKind) -> bool:
        """Say whether a node is a run of that kind."""
        return node.kind is NodeKind.RUN and self.run_kinds.get(node) is kind

    def walk_up(
        self, starts: Iterable[NodeKey], *, allow: Allow = allow_default, walls: Collection[NodeKey] = ()
    ) -> dict[NodeKey, int]:
        """Return what lies upstream with its distance, the starts included; walls are reached and not passed."""
        return _walk(starts, lambda node: ((link, link.source) for link in self.inputs(node)), allow, walls)

    def walk_down(
        self, starts: Iterable[NodeKey], *, allow: Allow = allow_default, walls: Collection[NodeKey] = ()
    ) -> dict[NodeKey, int]:
        """Return what lies downstream with its distance, the starts included; walls are reached and not passed."""
        return _walk(starts, lambda node: ((link, link.target) for link in self.outputs(node)), allow, walls)

    def find_path(self, start: NodeKey, ends: Collection[NodeKey], *, allow: Allow = allow_default) -> list[Link]:
        """Return a shortest way downstream from `start` to the nearest of `ends`; empty where there is none."""
        came: dict[NodeKey, Link] = {}
        waiting = deque([start])
        seen = {start}
        while waiting:
            node = waiting.popleft()
            if node in ends:
                return _retrace(came, start, node)
            for link in sorted(self.outputs(node), key=lambda each: each.id):
                if allow(link) and link.target not in seen:
                    seen.add(link.target)
                    came[link.target] = link
                    waiting.append(link.target)
        return []


def _walk(
    starts: Iterable[NodeKey],
    leave: Callable[[NodeKey], Iterable[tuple[Link, NodeKey]]],
    allow: Allow,
    walls: Collection[NodeKey],
) -> dict[NodeKey, int]:
    depths = dict.fromkeys(starts, 0)
    waiting = deque(depths)
    while waiting:
        node = waiting.popleft()
        if node in walls:
            continue
        for link, other in leave(node):
            if allow(link) and other not in depths:
                depths[other] = depths[node] + 1
                waiting.append(other)
    return depths


def _retrace(came: Mapping[NodeKey, Link], start: NodeKey, end: NodeKey) -> list[Link]:
    path: list[Link] = []
    while end != start:
        path.append(came[end])
        end = came[end].source
    return path[::-1]
