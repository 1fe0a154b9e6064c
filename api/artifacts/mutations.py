"""Mutation of artifacts."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import strawberry

from api.artifacts.inputs import (
    LogArtifactInput,
    SetArtifactAliasInput,
    SweepArtifactsInput,
    UseArtifactInput,
    read_artifact,
)
from api.artifacts.loaders import load_artifact
from api.artifacts.types import Artifact
from api.info import Info
from api.lineage.using import UsePayload, record_use
from api.mutating import TOKEN, read_run_write, write
from api.nodes.loaders import load_named
from api.problems import result_of
from api.scalars import Int64
from artifacts.sweeping import sweep
from domain.artifacts import check_alias, make_choice
from domain.errors import InvalidInput, NotFound
from domain.ids import NodeKey, NodeKind, parse_uuid
from store.artifacts import log_artifact, set_artifact_alias
from store.transactions import Transaction

_LONGEST_HOURS = 100 * 365 * 24
_MOST_FILES = 10_000


@strawberry.type(description="An artifact was logged.")
class LogArtifactPayload:
    artifact: Artifact = strawberry.field(description="The artifact.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="An alias among a run's files was moved.")
class SetArtifactAliasPayload:
    artifact: Artifact | None = strawberry.field(description="The file that it means; null where it was taken away.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="What a run used was recorded.")
class UseArtifactPayload(UsePayload):
    pass


@strawberry.type(description="Bytes that no record names were counted, and deleted unless it was a dry run.")
class SweepArtifactsPayload:
    files: Int64 = strawberry.field(description="How many files they are.")
    bytes: Int64 = strawberry.field(description="Their size together.")
    seen: Int64 = strawberry.field(description="How many files of the workspace were looked at.")
    complete: bool = strawberry.field(description="False where the limit was met: ask again for the rest.")
    examples: list[str] = strawberry.field(description="Digests of the first of them, at most 20.")


@strawberry.type
class ArtifactMutations:
    @strawberry.mutation(
        graphql_type=result_of(SweepArtifactsPayload),
        description="Delete bytes that no record names: neither a file of a run, deleted ones too, nor one of a "
        "folder, nor a version of a dataset or model.",
    )
    async def sweep_artifacts(
        self, info: Info, input: Annotated[SweepArtifactsInput, strawberry.argument(description="Which, and how.")]
    ) -> SweepArtifactsPayload:
        kept = info.context.services.artifacts
        if kept is None:
            raise NotFound("this service keeps no bytes of artifacts")
        swept = await sweep(
            info.context.database,
            kept.blobs,
            info.context.workspace,
            older_than=kept.grace if input.older_than_hours is None else read_age(input.older_than_hours),
            dry_run=input.dry_run,
            limit=read_limit(input.limit),
        )
        return SweepArtifactsPayload(
            files=Int64(swept.files),
            bytes=Int64(swept.bytes),
            seen=Int64(swept.seen),
            complete=swept.complete,
            examples=swept.examples,
        )

    @strawberry.mutation(
        graphql_type=result_of(LogArtifactPayload),
        description="Record a file that a run made. The bytes stay where they are.",
    )
    async def log_artifact(
        self,
        info: Info,
        input: Annotated[LogArtifactInput, strawberry.argument(description="Which run, and the file.")],
    ) -> LogArtifactPayload:
        target = read_run_write(info, input)
        draft = read_artifact(input)
        made = target.delivery.make_id()

        async def work(tx: Transaction) -> dict[str, Any]:
            await log_artifact(tx, info.context.workspace, target.run, draft, id=made, attempt=target.attempt)
            return {"artifact": str(made)}

        answer = await write(info, target.delivery, work, again={"artifact": str(made)})
        key = NodeKey(NodeKind.ARTIFACT, parse_uuid(answer.values["artifact"]))
        return LogArtifactPayload(artifact=await load_named(info, key, Artifact), token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(SetArtifactAliasPayload),
        description="Let an alias mean one of the files at a path of a run, or nothing. Names across runs, with a "
        "history, are those of registered models: `setAlias`.",
    )
    async def set_artifact_alias(
        self,
        info: Info,
        input: Annotated[SetArtifactAliasInput, strawberry.argument(description="Which, and what.")],
    ) -> SetArtifactAliasPayload:
        target = read_run_write(info, input)
        check_alias(input.alias, "alias")
        version = make_choice(alias=None, version=input.version).version

        async def work(tx: Transaction) -> dict[str, Any]:
            await set_artifact_alias(tx, info.context.workspace, target.run, input.path, input.alias, version)
            return {}

        answer = await write(info, target.delivery, work)
        artifact = None
        if version is not None:
            artifact = await load_artifact(info, target.run, input.path, alias=None, version=version)
        return SetArtifactAliasPayload(artifact=artifact, token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(UseArtifactPayload),
        description="Record that a run used a file, a version of a model or a deployment. A run that goes on from its "
        "own file uses nothing.",
    )
    async def use_artifact(
        self, info: Info, input: Annotated[UseArtifactInput, strawberry.argument(description="Which run, and what.")]
    ) -> UseArtifactPayload:
        return UseArtifactPayload(**await record_use(info, input, input.artifact, field="artifact"))


def read_age(hours: float) -> timedelta:
    """Return an age. Raises `InvalidInput`."""
    if not 0 <= hours <= _LONGEST_HOURS:
        raise InvalidInput(f"{hours} is no number of hours from 0 to {_LONGEST_HOURS}", path=["olderThanHours"])
    return timedelta(hours=hours)


def read_limit(limit: int) -> int:
    """Return how many files may go at once. Raises `InvalidInput`."""
    if not 1 <= limit <= _MOST_FILES:
        raise InvalidInput(f"{limit} is not from 1 to {_MOST_FILES}", path=["limit"])
    return limit
