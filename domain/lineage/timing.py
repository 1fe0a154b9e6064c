"""Afterwards: what lies on a way that, by its times, cannot have carried anything of the start."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from domain.ids import NodeKey
from domain.lineage.edges import ALWAYS
from domain.lineage.links import Link
from domain.lineage.questions import Direction
from domain.lineage.traces import Trace


def find_afterwards(
    trace: Trace, starts: Collection[NodeKey], direction: Direction, reached: Collection[NodeKey]
) -> set[NodeKey]:
    """Return what a walk along edges that hold from the first use of the starts, or later, does not reach.

    Upstream it is mirrored: along edges that hold from their last production, or before. An edge that nobody told a
    time of is followed either way.
    """
    down = direction is Direction.DOWNSTREAM
    near = [link for start in starts for link in (trace.outputs(start) if down else trace.inputs(start))]
    times = [moment for link in near for moment in _moments(link) if moment != ALWAYS]
    if not times:
        return set()
    bound = min(times) if down else max(times)

    def allow(link: Link) -> bool:
        return any(moment == ALWAYS or (moment >= bound if down else moment <= bound) for moment in _moments(link))

    walked = trace.walk_down(starts, allow=allow) if down else trace.walk_up(starts, allow=allow)
    return set(reached) - walked.keys()


def _moments(link: Link) -> list[datetime]:
    return [each.held.held_from for each in link.intervals]
