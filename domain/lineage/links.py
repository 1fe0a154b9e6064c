"""Links: what answers show, edges of equal kind, ends, role and subset folded into one, whoever said them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import NodeKey
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.roles import Role
from domain.positions import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What one or several edges say of the same two nodes. There is at least one interval."""

    id: UUID
    kind: EdgeKind
    source: NodeKey
    target: NodeKey
    role: Role | None
    subset: str | None
    intervals: tuple[Interval, ...]

    @property
    def origins(self) -> tuple[Origin, ...]:
        """How it is known, each way once."""
        return tuple(sorted({each.edge.origin for each in self.intervals}, key=lambda origin: origin.value))

    @property
    def inferred(self) -> bool:
        """Whether nobody said it: the service concluded it."""
        return self.origins == (Origin.INFERRED,)

    @property
    def choice(self) -> bool:
        """Whether it only chooses."""
        return any(each.held.choice for each in self.intervals)

    @property
    def recorded(self) -> Position:
        """Since when it has been known."""
        return min(each.recorded for each in self.intervals)

    @property
    def held_from(self) -> datetime:
        """Since when it holds, as the first of its edges says."""
        return min(each.held.held_from for each in self.intervals)


def fold_links(intervals: Iterable[Interval]) -> list[Link]:
    """Return the links of some intervals, by id; their intervals in the order of edges and numbers."""
    found: dict[UUID, dict[str, Interval]] = {}
    for each in intervals:
        found.setdefault(each.edge.link, {})[each.id] = each
    return [_make_link(id_, found[id_]) for id_ in sorted(found)]


def _make_link(id_: UUID, held: Mapping[str, Interval]) -> Link:
    intervals = tuple(sorted(held.values(), key=lambda each: (each.edge.id, each.n)))
    edge = intervals[0].edge
    return Link(
        id=id_,
        kind=edge.kind,
        source=edge.source,
        target=edge.target,
        role=edge.role,
        subset=edge.subset,
        intervals=intervals,
    )
