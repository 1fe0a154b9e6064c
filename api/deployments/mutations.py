"""Mutations of deployments: begun and ended."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.deployments.inputs import DeployInput, UndeployInput, read_deployment
from api.deployments.types import DeploymentRevision
from api.info import Info
from api.lineage.answers import load_edges, recall_node, remember, remember_node
from api.lineage.edges import LineageEdge
from api.lineage.payloads import WARNINGS
from api.mutating import TOKEN, read_delivery, write
from api.nodes.loaders import load_named
from api.problems import result_of
from domain.errors import DomainError
from domain.ids import NodeKey, NodeKind, parse_uuid
from domain.lineage.claims import check_moment
from domain.texts import check_name
from domain.times import make_now
from store.lineage.deploying import deploy, undeploy
from store.transactions import Transaction


@strawberry.type(description="Something was deployed.")
class DeployPayload:
    revision: DeploymentRevision = strawberry.field(description="The revision that serves it.")
    edges: list[LineageEdge] = strawberry.field(description="From each version that it serves; at most 100.")
    warnings: list[str] = strawberry.field(description=WARNINGS)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="Revisions ended.")
class UndeployPayload:
    revisions: list[DeploymentRevision] = strawberry.field(
        description="Those that ended; of an endpoint all that were live, at most 1,000."
    )
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class DeploymentMutations:
    @strawberry.mutation(
        graphql_type=result_of(DeployPayload), description="Deploy versions to an endpoint: a revision begins."
    )
    async def deploy(
        self, info: Info, input: Annotated[DeployInput, strawberry.argument(description="What, and where.")]
    ) -> DeployPayload:
        draft = read_deployment(info, input)

        async def work(tx: Transaction) -> dict[str, Any]:
            try:
                revision, recorded = await deploy(tx, info.context.workspace, draft)
            except DomainError as exc:
                raise _of_served(exc) from exc
            return {**remember(recorded), **remember_node(revision)}

        answer = await write(info, read_delivery(info, input), work)
        return DeployPayload(
            revision=await load_named(info, recall_node(answer.values), DeploymentRevision),
            edges=await load_edges(info, answer.values["edges"]),
            warnings=answer.values["warnings"],
            token=str(answer.token),
        )

    @strawberry.mutation(
        graphql_type=result_of(UndeployPayload), description="End a revision, or all that are live at an endpoint."
    )
    async def undeploy(
        self, info: Info, input: Annotated[UndeployInput, strawberry.argument(description="What, and where.")]
    ) -> UndeployPayload:
        workspace = info.context.workspace
        check_moment(input.at, "at")
        environment = check_name(input.environment, "environment")
        endpoint = check_name(input.endpoint, "endpoint")

        async def work(tx: Transaction) -> dict[str, Any]:
            at = input.at or make_now()
            ended = await undeploy(tx, workspace, environment, endpoint, input.revision, at=at)
            return {"ended": [str(one) for one in ended]}

        answer = await write(info, read_delivery(info, input), work)
        keys = [NodeKey(NodeKind.DEPLOYMENT_REVISION, parse_uuid(one)) for one in answer.values["ended"]]
        revisions = [await load_named(info, key, DeploymentRevision) for key in keys]
        return UndeployPayload(revisions=revisions, token=str(answer.token))


def _of_served(exc: DomainError) -> DomainError:
    """Return a failure of an edge as one of the version that it is about."""
    if exc.path[:1] != ("edges",):
        return exc
    return type(exc)(exc.message, path=["serves", exc.path[1]])
