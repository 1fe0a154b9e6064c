"""PART_OF: a file joins one version of the dataset whose location contains it.

A file with a producer goes to the first version that finished at or after it: what was written later holds it by
DERIVED. A file without one hangs from the latest version that finished before its first use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.binding import Versions
from domain.lineage.edges import WHENCE, Edge, Held
from domain.lineage.kinds import EdgeKind, Origin
from store.edges import fetch_open
from store.lineage.drafts import Drafts, Touched
from store.lineage.syncing import sync
from store.lineage.versions import fetch_dated_versions
from store.transactions import Transaction

FILES = """
SELECT a.id, a.uri,
    (SELECT min(e.held_from) FROM edges e
     WHERE e.workspace = $1 AND e.target = a.id AND e.kind IN (2, 3) AND e.retracted = 9223372036854775807
       AND e.origin <> 3) AS produced,
    (SELECT min(e.held_from) FROM edges e
     WHERE e.workspace = $1 AND e.source = a.id AND e.kind = 1 AND e.retracted = 9223372036854775807) AS used
FROM artifact_versions a WHERE a.workspace = $1 AND a.id = ANY($2::uuid[])
"""
CONTAINING = """
SELECT DISTINCT v.location, v.dataset, d.namespace, d.name
FROM dataset_versions v JOIN datasets d ON d.workspace = v.workspace AND d.id = v.dataset
WHERE v.workspace = $1 AND left(v.location, 128) = ANY($2::text[]) AND v.location = ANY($3::text[])
ORDER BY d.namespace DESC, d.name DESC
"""
LOCATIONS = """
SELECT DISTINCT location FROM dataset_versions
WHERE workspace = $1 AND dataset = ANY($2::uuid[]) AND location IS NOT NULL
"""
BELOW = """
SELECT id FROM artifact_versions
WHERE workspace = $1 AND left(uri, 128) >= left($2, 128) AND left(uri, 128) <= left($3, 128) AND uri >= $2 AND uri < $3
"""


@dataclass(frozen=True, slots=True)
class _File:
    id: UUID
    uri: str
    produced: datetime | None
    used: datetime | None


async def fetch_parts_of(tx: Transaction, workspace: WorkspaceID, datasets: Collection[UUID]) -> set[UUID]:
    """Return the files that lie where versions of those datasets do."""
    if not datasets:
        return set()
    found: set[UUID] = set()
    for row in await tx.driver.fetch(LOCATIONS, workspace, list(datasets)):
        place = row["location"] + "/"
        end = row["location"] + "0"  # the character after the slash
        found |= {file["id"] for file in await tx.driver.fetch(BELOW, workspace, place, end)}
    return found


async def conclude_parts(tx: Transaction, workspace: WorkspaceID, files: Collection[UUID]) -> None:
    """Bring in step of which versions those files are parts."""
    if not files:
        return
    rows = await tx.driver.fetch(FILES, workspace, list(files))
    parts = [_File(row["id"], row["uri"], row["produced"], row["used"]) for row in rows]
    datasets = await _fetch_containing(tx, workspace, parts)
    due = Drafts(workspace)
    versions = {
        dataset: Versions(await fetch_dated_versions(tx, workspace, dataset))
        for dataset in sorted(set(datasets.values()))
    }
    for part in parts:
        if part.uri in datasets:
            _join(workspace, part, versions[datasets[part.uri]], due)
    kinds = [EdgeKind.PART_OF]
    standing = await fetch_open(tx.conn, workspace, sources=files, kinds=kinds)
    standing += await fetch_open(tx.conn, workspace, targets=files, kinds=kinds)
    await sync(tx, standing, due, Touched())


async def _fetch_containing(tx: Transaction, workspace: WorkspaceID, parts: Iterable[_File]) -> Mapping[str, UUID]:
    """Return the dataset with the longest location that contains a place, for each place that has one."""
    above = {part.uri: list_above(part.uri) for part in parts}
    asked = sorted({place for places in above.values() for place in places})
    rows: Sequence[Any] = await tx.driver.fetch(CONTAINING, workspace, [place[:128] for place in asked], asked)
    known = {row["location"]: row["dataset"] for row in rows}
    found = {}
    for uri, places in above.items():
        containing = [place for place in places if place in known]
        if containing:
            found[uri] = known[max(containing, key=len)]
    return found


def list_above(uri: str) -> list[str]:
    """Return the places that contain a place: `s3://b/a/c` is in `s3://b/a` and in `s3://b`."""
    scheme, _, rest = uri.partition("://")
    parts = rest.split("/")
    return [f"{scheme}://" + "/".join(parts[:count]) for count in range(1, len(parts)) if "/".join(parts[:count])]


def _join(workspace: WorkspaceID, part: _File, versions: Versions, due: Drafts) -> None:
    file = NodeKey(NodeKind.ARTIFACT_VERSION, part.id)
    if part.produced is not None:
        produced = part.produced
        first = versions.find_next(produced)
        if first is not None:
            edge = _make_part(workspace, file, NodeKey(NodeKind.DATASET_VERSION, first.id))
            due.edges[edge] = Held(held_from=first.finished or produced)
    elif part.used is not None:
        latest = next(versions.list_until(part.used), None)
        if latest is not None:
            edge = _make_part(workspace, NodeKey(NodeKind.DATASET_VERSION, latest.id), file)
            due.edges[edge] = Held(held_from=part.used)


def _make_part(workspace: WorkspaceID, source: NodeKey, target: NodeKey) -> Edge:
    return Edge(
        workspace=workspace,
        kind=EdgeKind.PART_OF,
        source=source,
        target=target,
        origin=Origin.INFERRED,
        producer=WHENCE,
    )
