"""Bring what follows from facts in step with them: what no longer follows is retracted, what does is recorded."""

from __future__ import annotations

from collections.abc import Collection

from domain.lineage.edges import Interval
from store.edges import record_edges, retract_edges
from store.lineage.drafts import Drafts, Touched
from store.lineage.evaluations import insert_evaluations
from store.transactions import Transaction


async def sync(tx: Transaction, standing: Collection[Interval], due: Drafts, touched: Touched) -> None:
    """Make `due` the edges that are open of those that `standing` and it are about; note which changed in `touched`.

    Under the lock of inference: nobody else writes such edges meanwhile.
    """
    opened = {one.edge: one.held for one in standing}
    gone = [edge for edge in opened if edge not in due.edges]
    new = {edge: held for edge, held in due.edges.items() if opened.get(edge) != held}
    if gone:
        await retract_edges(tx, due.workspace, [edge.id for edge in gone])
    if new:
        await insert_evaluations(tx, due.workspace, due.evaluations)
        await record_edges(tx, due.workspace, new)
    for edge in [*gone, *new]:
        touched.add_edge(edge)
