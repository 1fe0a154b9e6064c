"""Declared sources: versions where lineage begins, because somebody said so."""

from __future__ import annotations

from domain.errors import InvalidInput, NotFound
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.kinds import VERSIONS
from store.outbox import Changed
from store.touching import touch_node
from store.transactions import Transaction

CLOSE = """
UPDATE declared_sources SET retracted = $3
WHERE workspace = $1 AND node = $2 AND retracted = 9223372036854775807 RETURNING n
"""
OPEN = """
INSERT INTO declared_sources (workspace, node, n, kind, producer, recorded)
SELECT $1, $2, COALESCE(max(n), 0) + 1, $3, $4, $5 FROM declared_sources WHERE workspace = $1 AND node = $2
HAVING COALESCE(bool_and(retracted < 9223372036854775807), true)
"""


async def declare_source(
    tx: Transaction, workspace: WorkspaceID, key: NodeKey, *, producer: str = "", declared: bool = True
) -> None:
    """Declare that lineage begins at a version, or take that back; what stands so already stays.

    Locks the node's row. Raises `InvalidInput` for a node that is no version or run, `NotFound` for a declaration
    that was never made.
    """
    if key.kind not in VERSIONS and key.kind is not NodeKind.RUN:
        raise InvalidInput(f"a source is a version or a run, not a {key.kind.name}", path=["node"])
    await touch_node(tx, workspace, key, Changed.GRAPH)
    if declared:
        await tx.driver.execute(OPEN, workspace, key.uuid, key.kind.value, producer, tx.position)
    elif await tx.driver.fetchval(CLOSE, workspace, key.uuid, tx.position) is None:
        raise NotFound("the node is not declared a source", path=["node"])
