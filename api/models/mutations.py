"""Mutations of models: versions registered, aliases moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import strawberry

from api.info import Info
from api.lineage.answers import load_edges, recall_node, remember, remember_node
from api.lineage.edges import LineageEdge
from api.lineage.payloads import WARNINGS
from api.lineage.using import rename
from api.models.inputs import RegisterModelInput, SetAliasInput, read_model, read_version
from api.models.types import Model, ModelVersion
from api.mutating import TOKEN, below, read_delivery, write
from api.nodes.loaders import load_named
from api.problems import result_of
from domain.errors import DomainError
from domain.times import make_now
from store.lineage.alias_times import AliasSet, set_alias
from store.lineage.registering import register_model
from store.references import resolve
from store.transactions import Transaction


@strawberry.type(description="A version of a model was registered.")
class RegisterModelPayload:
    version: ModelVersion = strawberry.field(description="The version.")
    edges: list[LineageEdge] = strawberry.field(
        description="From its file, and from the run that made it; at most two."
    )
    warnings: list[str] = strawberry.field(description=WARNINGS)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="An alias was moved.")
class SetAliasPayload:
    model: Model = strawberry.field(description="The model.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class ModelMutations:
    @strawberry.mutation(
        graphql_type=result_of(RegisterModelPayload),
        description="Register a version of a model. The same bytes again are another version of the same file.",
    )
    async def register_model(
        self, info: Info, input: Annotated[RegisterModelInput, strawberry.argument(description="The version.")]
    ) -> RegisterModelPayload:
        workspace = info.context.workspace
        draft = read_model(info, input)

        async def work(tx: Transaction) -> dict[str, Any]:
            try:
                version, recorded = await register_model(tx, workspace, draft, now=make_now())
            except DomainError as exc:
                raise _of_input(exc) from exc
            return {**remember(recorded), **remember_node(version)}

        answer = await write(info, read_delivery(info, input), work)
        return RegisterModelPayload(
            version=await load_named(info, recall_node(answer.values), ModelVersion),
            edges=await load_edges(info, answer.values["edges"]),
            warnings=answer.values["warnings"],
            token=str(answer.token),
        )

    @strawberry.mutation(
        graphql_type=result_of(SetAliasPayload),
        description="Let an alias of a model mean a version, or nothing, from a time on.",
    )
    async def set_alias(
        self, info: Info, input: Annotated[SetAliasInput, strawberry.argument(description="Which, and what.")]
    ) -> SetAliasPayload:
        workspace = info.context.workspace
        ref = read_version(input)

        async def work(tx: Transaction) -> dict[str, Any]:
            model = await below(("name",), resolve(tx.conn, workspace, replace(ref, version=None)))
            version = None
            if ref.version is not None:
                version = (await below(("version",), resolve(tx.conn, workspace, ref))).uuid
            await set_alias(tx, workspace, model.uuid, AliasSet(input.alias, version, input.at or make_now()))
            return remember_node(model)

        answer = await write(info, read_delivery(info, input), work)
        model = await load_named(info, recall_node(answer.values), Model)
        return SetAliasPayload(model=model, token=str(answer.token))


def _of_input(exc: DomainError) -> DomainError:
    """Return a failure with the path that the client knows: facts are fields of this input."""
    if exc.path[:1] == ("facts",):
        return type(exc)(exc.message, path=exc.path[1:])
    return rename(exc, {"source": "artifact"})
