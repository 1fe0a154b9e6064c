"""Brings together what rules look at: everything above some nodes, their measuring sides, and the kinds of the runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from api.info import Info
from api.lineage.walking import load_run_kinds, read_next_to, walk_up
from domain.ids import NodeKey, NodeKind
from domain.lineage.answers import Walk
from domain.lineage.kinds import EdgeKind
from domain.lineage.links import fold_links
from domain.lineage.questions import NOW, AsOf
from domain.lineage.traces import Trace
from domain.lineage.training_data import evaluation_of, find_same_bytes

BYTES = frozenset({EdgeKind.REGISTERED_AS, EdgeKind.SAME_CONTENT})
MOST_ROUNDS = 20
"""Times that names of the same bytes lead to further ones; more than a few are never seen."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A piece of the graph, and the walks that brought it."""

    trace: Trace
    walks: Sequence[Walk]


async def gather(info: Info, starts: Collection[NodeKey], *, as_of: AsOf = NOW) -> Gathered:
    """Return what lies above some nodes, the sides that measured them, and what lies above those."""
    bytes_ = await _find_all_names(info, starts, as_of)
    above = await walk_up(info, bytes_, as_of=as_of)
    sides = await _find_sides(info, above, bytes_, as_of)
    beside = await walk_up(info, sides, as_of=as_of)
    called = await read_next_to(
        info, into=[node for node in above.depths if node.kind is NodeKind.RUN], kinds=[EdgeKind.CALLED], as_of=as_of
    )
    used = await read_next_to(info, out_of=bytes_, kinds=[EdgeKind.USED], as_of=as_of)
    links = fold_links([*above.intervals, *beside.intervals, *called, *used])
    nodes = {*above.depths, *beside.depths, *(each.edge.target for each in used)}
    return Gathered(Trace.of(links, await load_run_kinds(info, nodes)), (above, beside))


async def _find_all_names(info: Info, starts: Collection[NodeKey], as_of: AsOf) -> set[NodeKey]:
    """Return the starts, and whatever has the bytes of one of them by registration or equal content."""
    found = set(starts)
    for _ in range(MOST_ROUNDS):
        edges = await read_next_to(info, into=found, out_of=found, kinds=BYTES, as_of=as_of)
        more = {end for each in edges for end in (each.edge.source, each.edge.target)}
        if more <= found:
            break
        found |= more
    return found


async def _find_sides(info: Info, above: Walk, bytes_: Collection[NodeKey], as_of: AsOf) -> set[NodeKey]:
    """Return the Evaluations of the runs that made or measured the bytes, and of those that used them as input."""
    trace = Trace.of(fold_links(above.intervals))
    names = {name for node in bytes_ for name in find_same_bytes(trace, node)}
    producers = {link.source for name in names for link in trace.inputs(name, EdgeKind.GENERATED)}
    uses = await read_next_to(info, out_of=bytes_, kinds=[EdgeKind.USED], as_of=as_of)
    runs = {*producers, *(node for node in above.depths if node in bytes_), *(each.edge.target for each in uses)}
    sides = {evaluation_of(node) for node in runs if node.kind is NodeKind.RUN}
    return sides | {node for node in runs if node.kind is NodeKind.EVALUATION}
