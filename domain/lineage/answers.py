"""What a walk brought back: nodes with their distances, the edges between them, and what it left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from domain.ids import NodeKey
from domain.lineage.edges import Interval
from domain.lineage.questions import Direction, Question


class Reason(Enum):
    """Why an answer is not complete."""

    DEPTH = "DEPTH"
    NODES = "NODES"
    EDGES = "EDGES"
    HUB = "HUB"
    TIME = "TIME"
    PERMISSION = "PERMISSION"


@dataclass(slots=True)
class Walk:
    """An answer. `parents` were joined after the walk at their child's distance and one, and not passed.

    `hubs` were shown and not passed, each with its number of edges. `left_out` counts nodes that the walk knew of and
    did not bring; where it is not exact, there may be more. `frontier`: nodes of the answer behind which more lies.
    """

    question: Question
    depths: dict[NodeKey, int] = field(default_factory=dict)
    intervals: list[Interval] = field(default_factory=list)
    parents: dict[NodeKey, int] = field(default_factory=dict)
    hubs: dict[NodeKey, int] = field(default_factory=dict)
    reasons: set[Reason] = field(default_factory=set)
    left_out: int = 0
    left_out_exact: bool = True
    frontier: list[NodeKey] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing was left out that is known and was asked for."""
        return not self.reasons

    @property
    def nodes(self) -> dict[NodeKey, int]:
        """All nodes with their distances, joined parents among them, in the order of every answer."""
        found = {**self.parents, **self.depths}
        return dict(sorted(found.items(), key=lambda each: (each[1], each[0].uuid.int)))


def has_cycle(walk: Walk) -> bool:
    """Say whether the links that are given hold a directed cycle."""
    leaving: dict[NodeKey, set[NodeKey]] = {}
    entering: dict[NodeKey, int] = {}
    for interval in walk.intervals:
        source, target = interval.edge.source, interval.edge.target
        if target not in leaving.setdefault(source, set()):
            leaving[source].add(target)
            entering[target] = entering.get(target, 0) + 1
    ready = [node for node in leaving if not entering.get(node)]
    while ready:
        for target in leaving.get(ready.pop(), ()):
            entering[target] -= 1
            if not entering[target]:
                ready.append(target)
    return any(entering.values())


__all__ = ["Direction", "Reason", "Walk", "has_cycle"]
