"""Mutation of artifacts."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.artifacts.inputs import LogArtifactInput, UseArtifactInput, read_artifact
from api.artifacts.types import Artifact
from api.info import Info
from api.lineage.using import UsePayload, record_use
from api.mutating import TOKEN, read_run_write, write
from api.nodes.loaders import load_named
from api.problems import result_of
from domain.ids import NodeKey, NodeKind, parse_uuid
from store.artifacts import log_artifact
from store.transactions import Transaction


@strawberry.type(description="An artifact was logged.")
class LogArtifactPayload:
    artifact: Artifact = strawberry.field(description="The artifact.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="What a run used was recorded.")
class UseArtifactPayload(UsePayload):
    pass


@strawberry.type
class ArtifactMutations:
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
        graphql_type=result_of(UseArtifactPayload),
        description="Record that a run used a file, a version of a model or a deployment. A run that goes on from its "
        "own file uses nothing.",
    )
    async def use_artifact(
        self, info: Info, input: Annotated[UseArtifactInput, strawberry.argument(description="Which run, and what.")]
    ) -> UseArtifactPayload:
        return UseArtifactPayload(**await record_use(info, input, input.artifact, field="artifact"))
