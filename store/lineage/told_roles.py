"""Outputs whose role nobody told: they take that which the same teller told elsewhere, in either order of arrival."""

from __future__ import annotations

from collections.abc import Hashable

from domain.lineage.edges import Edge, replace
from domain.lineage.kinds import EdgeKind
from store.edges import fetch_open
from store.lineage.drafts import Drafts
from store.transactions import Transaction


async def prefer_told(tx: Transaction, drafts: Drafts) -> None:
    """Leave out, and take back, outputs of a chosen role where their teller told the role of the same output.

    `drafts.instead` says what stands in the place of what was left out.
    """
    made = {edge: held for edge, held in drafts.edges.items() if edge.kind is EdgeKind.GENERATED}
    if not made:
        return
    told: dict[Hashable, list[Edge]] = {}
    chosen: dict[Hashable, list[Edge]] = {}
    targets = {edge.target.uuid for edge in made}
    standing = await fetch_open(tx.conn, drafts.workspace, targets=targets, kinds=[EdgeKind.GENERATED])
    stood = {one.edge: one.held for one in standing if one.edge.id not in drafts.retracted}
    for edge, held in made.items():
        if edge in stood and stood[edge].own_role:
            drafts.edges[edge] = made[edge] = replace(held, own_role=True)
    for edge, held in (stood | made).items():
        (told if held.own_role else chosen).setdefault(_said_of(edge), []).append(edge)
    for what in chosen.keys() & told.keys():
        for edge in chosen[what]:
            drafts.edges.pop(edge, None)
            drafts.instead[edge] = told[what]
            drafts.retracted.add(edge.id)


def _said_of(edge: Edge) -> Hashable:
    """Return what an output is without its role."""
    return edge.run, edge.target, edge.subset, edge.origin, edge.producer
