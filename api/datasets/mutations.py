"""Mutations of datasets and feature views: what a run read."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.datasets.inputs import UseDatasetInput, UseFeatureViewInput, read_view_read
from api.datasets.types import DatasetVersion
from api.info import Info
from api.lineage.answers import load_edges, recall_node, remember, remember_node
from api.lineage.edges import LineageEdge
from api.lineage.payloads import WARNINGS
from api.lineage.using import UsePayload, record_use
from api.mutating import TOKEN, read_run_write, write
from api.nodes.loaders import load_named
from api.problems import result_of
from store.lineage.viewing import read_view
from store.references import resolve
from store.transactions import Transaction


@strawberry.type(description="What a run used was recorded.")
class UseDatasetPayload(UsePayload):
    pass


@strawberry.type(description="What a run read of a feature view was recorded.")
class UseFeatureViewPayload:
    data: DatasetVersion = strawberry.field(description="The data as the run read it.")
    edges: list[LineageEdge] = strawberry.field(
        description="From the view and the named sources to the data, and from it to the run; at most 103."
    )
    warnings: list[str] = strawberry.field(description=WARNINGS)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class DatasetMutations:
    @strawberry.mutation(
        graphql_type=result_of(UseDatasetPayload),
        description="Record that a run used a dataset. Without a version it is bound by event time: to the latest that "
        "was finished before the run's start.",
    )
    async def use_dataset(
        self, info: Info, input: Annotated[UseDatasetInput, strawberry.argument(description="Which run, and what.")]
    ) -> UseDatasetPayload:
        return UseDatasetPayload(**await record_use(info, input, input.dataset, field="dataset", source=input.source))

    @strawberry.mutation(
        graphql_type=result_of(UseFeatureViewPayload),
        description="Record that a run read a feature view: it makes a version of data as read by this run.",
    )
    async def use_feature_view(
        self,
        info: Info,
        input: Annotated[UseFeatureViewInput, strawberry.argument(description="Which run, and which view.")],
    ) -> UseFeatureViewPayload:
        target = read_run_write(info, input)
        read = read_view_read(input, target.run)

        async def work(tx: Transaction) -> dict[str, Any]:
            made, recorded = await read_view(tx, info.context.workspace, read)
            return {**remember(recorded), **remember_node(made)}

        answer = await write(info, target.delivery, work, again={"edges": [], "warnings": []})
        if "node" in answer.values:
            made = recall_node(answer.values)
        else:  # sent again by writer and sequence
            async with info.context.read() as conn:
                made = await resolve(conn, info.context.workspace, read.data)
        return UseFeatureViewPayload(
            data=await load_named(info, made, DatasetVersion),
            edges=await load_edges(info, answer.values["edges"]),
            warnings=answer.values["warnings"],
            token=str(answer.token),
        )
