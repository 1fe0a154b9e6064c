"""Garbage: bytes that no record names, neither a file of a run nor a folder's manifest nor any version in lineage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from artifacts.blobs import Blob, BlobStore
from artifacts.manifests import MAX_BYTES, MEDIA_TYPE, read_manifest
from domain.ids import WorkspaceID
from store.artifact_digests import fetch_digests_of_type, fetch_named_digests
from store.database import Database

EXAMPLES = 20


@dataclass(slots=True)
class Swept:
    """What a sweep found, and deleted unless it was a dry run. `complete`: it saw everything."""

    files: int = 0
    bytes: int = 0
    seen: int = 0
    complete: bool = True
    examples: list[str] = field(default_factory=list)


async def sweep(
    database: Database, blobs: BlobStore, workspace: WorkspaceID, *, older_than: timedelta, dry_run: bool, limit: int
) -> Swept:
    """Delete at most `limit` files of a workspace that were stored longer ago than `older_than` and that nobody names.

    Files of folders are named by the manifests; a manifest that cannot be read keeps everything (`Unavailable`).
    """
    swept = Swept()
    before = datetime.now(UTC) - older_than
    in_folders = await _read_folders(database, blobs, workspace)
    async for page in blobs.list(workspace):
        swept.seen += len(page)
        old = {blob.digest: blob for blob in page if blob.stored_at < before and blob.digest not in in_folders}
        async with database.read_primary() as conn:
            named = await fetch_named_digests(conn, workspace, list(old))
        garbage = [blob for digest, blob in old.items() if digest not in named]
        taken = garbage[: limit - swept.files]
        _count(swept, taken)
        if not dry_run:
            await blobs.delete(workspace, [blob.digest for blob in taken])
        if len(taken) < len(garbage) or swept.files >= limit:
            swept.complete = False
            break
    return swept


async def _read_folders(database: Database, blobs: BlobStore, workspace: WorkspaceID) -> set[str]:
    """Return the digests of all files that the folders of the record hold."""
    async with database.read_primary() as conn:
        digests = await fetch_digests_of_type(conn, workspace, MEDIA_TYPE)
    found: set[str] = set()
    for digest in digests:
        blob = await blobs.find(workspace, digest)
        if blob is None or blob.size > MAX_BYTES:
            continue
        manifest = read_manifest(await blobs.read_whole(workspace, digest))
        found |= {entry.digest for entry in manifest.files} if manifest is not None else set()
    return found


def _count(swept: Swept, taken: list[Blob]) -> None:
    swept.files += len(taken)
    swept.bytes += sum(blob.size for blob in taken)
    swept.examples += [blob.digest for blob in taken[: EXAMPLES - len(swept.examples)]]
