"""Artifacts by run, a page and a count for each of many runs in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.artifacts.types import Artifact
from api.batching import ArgumentLoader, BatchLoader
from api.connections import Connection, PageArguments, connect_page, read_page
from api.info import Info
from domain import artifacts
from domain.errors import NotFound
from domain.ids import RunID
from domain.pages import Count, Page
from store.artifact_aliases import VersionNames, fetch_version_names
from store.artifacts import count_artifacts_of, fetch_artifacts_of, find_artifact


class ArtifactsOfLoader(ArgumentLoader[RunID, PageArguments, Page[artifacts.Artifact]]):
    """Pages of artifacts by run."""

    async def fetch(
        self, conn: AsyncConnection, keys: Sequence[RunID], arguments: PageArguments
    ) -> Mapping[RunID, Page[artifacts.Artifact]]:
        return await fetch_artifacts_of(conn, self.workspace, keys, first=arguments.first, after=arguments.after)

    def absent(self) -> Page[artifacts.Artifact]:
        return Page([], has_next=False)


class ArtifactCountLoader(BatchLoader[RunID, Count]):
    """How many artifacts a run has."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[RunID]) -> Mapping[RunID, Count]:
        return await count_artifacts_of(conn, self.workspace, keys)

    def absent(self, key: RunID) -> Count:
        return Count(0, exact=True)


class ArtifactNamesLoader(BatchLoader[UUID, VersionNames]):
    """Numbers and aliases of files."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[UUID]) -> Mapping[UUID, VersionNames]:
        return await fetch_version_names(conn, self.workspace, keys)

    def absent(self, key: UUID) -> NotFound:
        return NotFound(f"no artifact {key} in this workspace", path=["artifact"])


async def load_artifact(
    info: Info, run: RunID, path: str, *, alias: str | None, version: int | None
) -> Artifact | None:
    """Return the file at a path of a run that an alias or a number means, else the newest. Raises `InvalidInput`."""
    workspace = info.context.workspace
    choice = artifacts.make_choice(alias=alias, version=version)
    async with info.context.read() as conn:
        found = await find_artifact(conn, workspace, run, path, choice)
    return None if found is None else Artifact.of(found, workspace)


async def connect_artifacts(info: Info, run: RunID, *, first: int, after: str | None) -> Connection[Artifact]:
    """Return the artifacts of a run as a connection."""
    loaders, workspace = info.context.loaders, info.context.workspace
    page = await loaders.artifacts_of.load((run, read_page(first, after)))
    return connect_page(
        page,
        make=lambda artifact: Artifact.of(artifact, workspace),
        moment=lambda artifact: artifact.created_at,
        count=partial(loaders.artifact_counts.load, run),
    )
