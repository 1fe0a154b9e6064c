"""Mutations of lineage: edges recorded and retracted, sources declared, nodes described."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.info import Info
from api.lineage.answers import find_one, load_edges, recall_node, remember, remember_node
from api.lineage.inputs import (
    DeclareSourceInput,
    DescribeNodeInput,
    RecordLineageInput,
    RetractLineageInput,
    read_claims,
    read_edge_ids,
    read_node_facts,
)
from api.lineage.payloads import (
    DeclareSourcePayload,
    DescribeNodePayload,
    RecordLineagePayload,
    RetractLineagePayload,
)
from api.mutating import below, read_delivery, write
from api.nodes.loaders import load_present
from api.problems import result_of
from domain.texts import check_name
from store.lineage.describing import describe_node
from store.lineage.recording import record_claims
from store.lineage.retracting import retract
from store.lineage.sources import declare_source
from store.transactions import Transaction


@strawberry.type
class LineageMutations:
    @strawberry.mutation(
        graphql_type=result_of(RecordLineagePayload),
        description="Record edges of lineage. References that are full names are made where nobody knows them yet, so "
        "that a producer can speak before its inputs do.",
    )
    async def record_lineage(
        self, info: Info, input: Annotated[RecordLineageInput, strawberry.argument(description="The edges.")]
    ) -> RecordLineagePayload:
        workspace = info.context.workspace
        claims = read_claims(input.edges, workspace)

        async def work(tx: Transaction) -> dict[str, Any]:
            return remember(await record_claims(tx, workspace, claims))

        answer = await write(info, read_delivery(info, input), work)
        return RecordLineagePayload(
            edges=await load_edges(info, answer.values["edges"]),
            warnings=answer.values["warnings"],
            token=str(answer.token),
        )

    @strawberry.mutation(
        graphql_type=result_of(RetractLineagePayload),
        description="Take edges back. They are known no more from now on; `asKnownAt` still shows them.",
    )
    async def retract_lineage(
        self, info: Info, input: Annotated[RetractLineageInput, strawberry.argument(description="The edges.")]
    ) -> RetractLineagePayload:
        workspace = info.context.workspace
        ids = read_edge_ids(input.edges, workspace)

        async def work(tx: Transaction) -> dict[str, Any]:
            return {"retracted": len(await retract(tx, workspace, ids))}

        answer = await write(info, read_delivery(info, input), work)
        return RetractLineagePayload(retracted=answer.values["retracted"], token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(DeclareSourcePayload),
        description="Declare that lineage begins at a version: nothing before it is missing.",
    )
    async def declare_source(
        self, info: Info, input: Annotated[DeclareSourceInput, strawberry.argument(description="The version.")]
    ) -> DeclareSourcePayload:
        workspace = info.context.workspace
        ref = input.node.to_domain(workspace, "node")
        producer = check_name(input.producer, "producer") if input.producer else ""

        async def work(tx: Transaction) -> dict[str, Any]:
            key = await find_one(tx, info, ref, "node")
            await declare_source(tx, workspace, key, producer=producer, declared=input.declared)
            return remember_node(key)

        answer = await write(info, read_delivery(info, input), work)
        node = await load_present(info, recall_node(answer.values))
        return DeclareSourcePayload(node=node, token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(DescribeNodePayload),
        description="Say what is known of a node: digest, place, size, splits, owner, whether it is to be had.",
    )
    async def describe_node(
        self, info: Info, input: Annotated[DescribeNodeInput, strawberry.argument(description="Which, and what.")]
    ) -> DescribeNodePayload:
        workspace = info.context.workspace
        ref = input.node.to_domain(workspace, "node")
        facts = await below(("facts",), _read(input))

        async def work(tx: Transaction) -> dict[str, Any]:
            key = await find_one(tx, info, ref, "node")
            return remember_node(await describe_node(tx, workspace, key, facts))

        answer = await write(info, read_delivery(info, input), work)
        node = await load_present(info, recall_node(answer.values))
        return DescribeNodePayload(node=node, token=str(answer.token))


async def _read(given: DescribeNodeInput) -> dict[str, Any]:
    return read_node_facts(given.facts)
