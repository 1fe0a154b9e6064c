"""Artifacts by run, a page and a count for each of many runs in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from api.artifacts.types import Artifact
from api.batching import ArgumentLoader, BatchLoader
from api.connections import Connection, PageArguments, connect_page, read_page
from api.info import Info
from domain import artifacts
from domain.ids import RunID
from domain.pages import Count, Page
from store.artifacts import count_artifacts_of, fetch_artifacts_of


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
