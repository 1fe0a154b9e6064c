"""The store of artifacts as one thing: whole files, uploads under way, and which of the files may be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from artifacts.blobs import Blob, BlobStore
from artifacts.settings import ArtifactSettings
from artifacts.uploads import Uploads
from domain.ids import WorkspaceID
from store.artifact_digests import fetch_named_digests
from store.database import Database


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """Bytes by digest. `grace`: how long bytes are kept that no record names."""

    blobs: BlobStore
    uploads: Uploads
    grace: timedelta

    @classmethod
    def open(cls, settings: ArtifactSettings, data: Path) -> ArtifactStore:
        """Return the store that the settings name. What is not whole yet lies in the data folder in any case."""
        url = None if settings.url is None else settings.url.get_secret_value()
        blobs = BlobStore.open(url, data / "artifacts")
        uploads = Uploads(data / "uploads", blobs, max_file=int(settings.max_file))
        return cls(blobs, uploads, timedelta(hours=settings.grace_hours))

    async def find_lasting(self, database: Database, workspace: WorkspaceID, digest: str) -> Blob | None:
        """Return bytes that an uploader need not send: those that will still be there when their record comes.

        Bytes that nobody names and whose grace is half over count as absent: sent again, they are new again.
        """
        blob = await self.blobs.find(workspace, digest)
        if blob is None or datetime.now(UTC) - blob.stored_at < self.grace / 2:
            return blob
        async with database.read_primary() as conn:
            named = await fetch_named_digests(conn, workspace, [digest])
        return blob if named else None
