"""SAME_CONTENT: a version that nobody explains comes from the earliest one with the same bytes that is explained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.edges import WHENCE, Edge, Held
from domain.lineage.kinds import EdgeKind, Origin
from store.edges import fetch_open
from store.lineage.drafts import Drafts, Touched
from store.lineage.syncing import sync
from store.transactions import Transaction

SMALLEST = 1024
"""Bytes below which equal content says nothing: empty files and the like are equal by chance."""

EMPTY = frozenset({
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "md5:d41d8cd98f00b204e9800998ecf8427e",
})  # fmt: skip
"""Digests of nothing."""

# Of several that were made at one time the first by name counts: ids rise with arrival.
# A producer is GENERATED, DERIVED or REGISTERED_AS, not inferred.
BEARERS = """
WITH bearers AS (
    SELECT 17 AS kind, v.id, ARRAY[d.namespace, d.name, v.name] AS label, v.size, v.happened_at
    FROM dataset_versions v JOIN datasets d ON d.workspace = v.workspace AND d.id = v.dataset
    WHERE v.workspace = $1 AND v.digest = $2
    UNION ALL
    SELECT 23, id, ARRAY[uri], size, happened_at FROM artifact_versions WHERE workspace = $1 AND digest = $2
    UNION ALL
    SELECT 25, v.id, ARRAY[m.registry, m.name, v.name], NULL, v.happened_at
    FROM model_versions v JOIN models m ON m.workspace = v.workspace AND m.id = v.model
    WHERE v.workspace = $1 AND v.digest = $2)
SELECT b.*, (
    SELECT min(e.held_from) FROM edges e
    WHERE e.workspace = $1 AND e.target = b.id AND e.kind IN (2, 3, 4) AND e.retracted = 9223372036854775807
      AND e.origin <> 3) AS produced
FROM bearers b
"""


@dataclass(frozen=True, slots=True)
class _Bearer:
    """A version that has the bytes; `produced`: the earliest time that anybody says it was made at."""

    key: NodeKey
    label: list[str]
    produced: datetime | None
    told: datetime | None


def is_comparable(digest: str, sizes: Collection[int | None]) -> bool:
    """Say whether equal bytes mean anything here: known to be small, or nothing at all, they do not."""
    return digest not in EMPTY and all(size is None or size >= SMALLEST for size in sizes)


async def conclude_contents(tx: Transaction, workspace: WorkspaceID, digests: Collection[str]) -> None:
    """Bring in step which versions are explained by others with the same bytes."""
    for digest in sorted(digests):
        rows = await tx.driver.fetch(BEARERS, workspace, digest)
        due = Drafts(workspace)
        bearers = [_make_bearer(row) for row in rows]
        if is_comparable(digest, [row["size"] for row in rows]):
            _explain(workspace, bearers, due)
        ids = [one.key.uuid for one in bearers]
        standing = await fetch_open(tx.conn, workspace, targets=ids, kinds=[EdgeKind.SAME_CONTENT])
        await sync(tx, standing, due, Touched())


def _explain(workspace: WorkspaceID, bearers: Collection[_Bearer], due: Drafts) -> None:
    made = [(one.produced, (one.key.kind.value, one.label), one) for one in bearers if one.produced is not None]
    if not made:
        return
    produced, _, earliest = min(made, key=lambda row: row[:2])
    for one in bearers:
        if one.produced is None:
            edge = Edge(
                workspace=workspace,
                kind=EdgeKind.SAME_CONTENT,
                source=earliest.key,
                target=one.key,
                origin=Origin.INFERRED,
                producer=WHENCE,
            )
            due.edges[edge] = Held(held_from=max(produced, one.told or produced))


def _make_bearer(row: Any) -> _Bearer:
    key = NodeKey(NodeKind(row["kind"]), row["id"])
    return _Bearer(key, row["label"], row["produced"], row["happened_at"])
