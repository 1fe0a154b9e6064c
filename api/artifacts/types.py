"""Artifacts: files that a run made, and their versions in lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self
from urllib.parse import quote

import strawberry

from api.info import Info
from api.lineage.availability import Availability
from api.lineage.named_views import ContentViews, ModelViews
from api.nodes.types import LineageFacts, Node, make_id, take_facts
from api.scalars import DateTime, Int64
from domain import artifacts, nodes
from domain.ids import NodeKind, RunID, WorkspaceID

if TYPE_CHECKING:
    from api.runs.types import Run


@strawberry.type(description="A file of a run by name, place and digest. The bytes are elsewhere.")
class Artifact(Node):
    made_by: strawberry.Private[RunID]
    name: str = strawberry.field(description="What it is called.")
    path: str = strawberry.field(description="Where it stands among the run's files, with `/` between folders.")
    size: Int64 | None = strawberry.field(description="Size in bytes.")
    media_type: str | None = strawberry.field(description="Media type, such as `application/json`.")
    digest: str | None = strawberry.field(description="Digest of the content: `sha256:<hex>`.")
    uri: str | None = strawberry.field(description="Where the bytes are.")
    step: Int64 | None = strawberry.field(description="Step of the run that it was made at.")
    attempt: strawberry.ID | None = strawberry.field(description="UUID of the attempt that made it, if one was named.")
    superseded: bool = strawberry.field(description="True when a later attempt began again before its step.")
    created_at: DateTime = strawberry.field(description="When it was recorded.")
    deleted_at: DateTime | None = strawberry.field(description="When it was deleted; null while it is there.")
    revision: Int64 = strawberry.field(description="Raised by every change that a reader can see.")

    @strawberry.field(
        description="Path below the address of the service at which the bytes are, if they were uploaded; null where "
        "there is no SHA-256 to find them by."
    )
    def download_path(self, info: Info) -> str | None:
        if self.digest is None or not self.digest.startswith("sha256:"):
            return None
        return f"/w/{quote(info.context.workspace_name, safe='')}/artifacts/{self.digest}"

    @strawberry.field(
        description="Its number among the files that the run logged at its path, counted from 1 in the order in which "
        "they were recorded."
    )
    async def version(self, info: Info) -> Int64:
        return Int64((await info.context.loaders.artifact_names.load(self.uuid)).number)

    @strawberry.field(description="Names that mean this file among those at its path, by name; see `setArtifactAlias`.")
    async def aliases(self, info: Info) -> list[str]:
        return (await info.context.loaders.artifact_names.load(self.uuid)).aliases

    @strawberry.field(description="The run that made it.")
    async def run(self, info: Info) -> Annotated[Run, strawberry.lazy("api.runs.types")]:
        from api.runs.loaders import load_run

        return await load_run(info, self.made_by)

    @classmethod
    def of(cls, artifact: artifacts.Artifact, workspace: WorkspaceID) -> Self:
        return cls(
            id=make_id(NodeKind.ARTIFACT, workspace, artifact.id),
            uuid=artifact.id,
            made_by=artifact.run,
            name=artifact.name,
            path=artifact.path,
            size=artifact.size,
            media_type=artifact.media_type,
            digest=artifact.digest,
            uri=artifact.uri,
            step=artifact.step,
            attempt=None if artifact.attempt is None else strawberry.ID(str(artifact.attempt)),
            superseded=artifact.superseded,
            created_at=artifact.created_at,
            deleted_at=artifact.deleted_at,
            revision=artifact.revision,
        )


@strawberry.type(description="A file by its place and digest: a checkpoint, a report, predictions.")
class ArtifactVersion(LineageFacts, ModelViews, ContentViews):
    uri: str = strawberry.field(description="Where the bytes are.")
    digest: str | None = strawberry.field(description="Digest of the content: `sha256:<hex>`.")
    size: Int64 | None = strawberry.field(description="Size in bytes.")
    media_type: str | None = strawberry.field(description="Media type, such as `application/json`.")
    availability: Availability | None = strawberry.field(
        description="Whether the bytes are still to be had; null where nobody said. As it is now, whatever `asOf` says."
    )

    @classmethod
    def of(cls, node: nodes.ArtifactVersion, workspace: WorkspaceID) -> Self:
        return cls(
            **take_facts(node, workspace),
            uri=node.uri,
            digest=node.digest,
            size=node.size,
            media_type=node.media_type,
            availability=Availability.of(node.availability),
        )
