"""Artifacts as clients write them."""

from __future__ import annotations

import strawberry

from api.lineage.enums import Role
from api.lineage.using import UseInput
from api.mutating import OfRun
from api.nodes.inputs import NodeRefInput
from api.scalars import Float64, Int64
from domain.artifacts import MOST_ALIASES, ArtifactDraft, make_artifact_draft


@strawberry.input(description="A file by name, place and digest.")
class ArtifactInput:
    path: str = strawberry.field(description="Where it stands among the run's files, with `/` between folders.")
    name: str | None = strawberry.field(default=None, description="What it is called; left out, the path's last part.")
    size: Int64 | None = strawberry.field(default=None, description="Size in bytes.")
    media_type: str | None = strawberry.field(default=None, description="Media type, such as `application/json`.")
    digest: str | None = strawberry.field(default=None, description="Digest of the content: `sha256:<hex>`.")
    uri: str | None = strawberry.field(default=None, description="Where the bytes are.")
    step: Int64 | None = strawberry.field(default=None, description="Step of the run that it was made at.")
    role: Role | None = strawberry.field(
        default=None,
        description="What it is to the run: CHECKPOINT, REPORT, ... Left out: OUTPUT, of a run of kind "
        "EVALUATE REPORT.",
    )
    aliases: list[str] = strawberry.field(
        default_factory=list,
        description="Names that mean this file from now on, among those at its path: `best`. They move from the file "
        f"that had them; at most {MOST_ALIASES}. `latest` is always the newest, and no alias is a number.",
    )


@strawberry.input(description="A file of a run. Its row is recorded, its bytes stay where they are.")
class LogArtifactInput(OfRun, ArtifactInput):
    pass


@strawberry.input(description="What an alias means among the files at a path of a run.")
class SetArtifactAliasInput(OfRun):
    path: str = strawberry.field(description="Where the files stand among the run's files.")
    alias: str = strawberry.field(description="The alias: `best`. At most 500 characters.")
    version: Int64 | None = strawberry.field(
        description="Number of the file among those at its path, counted from 1; null takes the alias away."
    )


@strawberry.input(description="Which bytes to sweep away. It takes no client key: a repeat sweeps what is left.")
class SweepArtifactsInput:
    dry_run: bool = strawberry.field(default=True, description="True only counts; false deletes for good.")
    older_than_hours: Float64 | None = strawberry.field(
        default=None,
        description="Only what was stored longer ago, in hours; left out, as WHENCE_ARTIFACTS_GRACE_HOURS says. With "
        "less than an upload takes to be recorded, bytes of a run that is just going on can be lost.",
    )
    limit: int = strawberry.field(default=1_000, description="How many files at most, 1 to 10,000.")


@strawberry.input(description="A file, model or deployment that a run used.")
class UseArtifactInput(UseInput):
    artifact: NodeRefInput = strawberry.field(
        description="A version of a file or model, a revision of a deployment, a `uri`, or the id of a run's artifact."
    )


def read_artifact(given: ArtifactInput) -> ArtifactDraft:
    """Return the artifact of an input, its digest and URI in their one spelling. Raises `InvalidInput`."""
    return make_artifact_draft(
        path=given.path,
        name=given.name,
        size=given.size,
        media_type=given.media_type,
        digest=given.digest,
        uri=given.uri,
        step=given.step,
        role=given.role,
        aliases=given.aliases,
    )
