"""The short way for mutations that a program sends again and again: no executor, where nothing asks for one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLSchema, get_operation_ast
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.compiled.inputs import Inputs
from api.compiled.mutations import CompiledMutation, Handle, compile_mutation
from api.context import Context
from api.execution import Prepared, PreparedDocuments, is_cached, tell_cost
from api.limits import COST_BUDGET


class QuickMutations:
    """Does mutations whose document was compiled; leaves to graphql-core whatever is unusual about one.

    A mutation is done once: where its answer needs graphql-core, that is given what the resolver gave.
    """

    def __init__(
        self, schema: GraphQLSchema, config: StrawberryConfig, documents: PreparedDocuments, handle: Handle
    ) -> None:
        self._schema = schema
        self._documents = documents
        self._inputs = Inputs(config)
        self._handle = handle

    async def answer(
        self,
        query: str | None,
        variables: dict[str, Any],
        context: object,
        *,
        name: str | None,
        allowed: Iterable[OperationType] | None,
    ) -> ExecutionResult | None:
        """Return the answer, or None where graphql-core has to give it."""
        if not isinstance(context, Context) or context.services.settings.compile != "on" or not query:
            return None
        if not is_cached(query) or (allowed is not None and OperationType.MUTATION not in allowed):
            return None
        try:
            prepared = self._documents.prepare(query)
            mutation = self._find(prepared, name)
            if mutation is None:
                return None
            cost = self._documents.cost_of(prepared, mutation.operation, variables)
            arguments = mutation.read(variables)
        except Exception:  # whatever it was, it happens again on the long way, and is told there
            return None
        if cost > COST_BUDGET:
            return None
        outcome = await mutation.call(context, arguments)
        data = mutation.complete(outcome, prepared.plans)
        if data is None:
            context.outcome = outcome
            return None
        return ExecutionResult(data=data, errors=None, extensions=tell_cost(cost))

    def _find(self, prepared: Prepared, name: str | None) -> CompiledMutation | None:
        if name not in prepared.mutations:
            operation = None if prepared.errors else get_operation_ast(prepared.document, name)
            if operation is None:
                return None  # and nothing is remembered: clients may name what they like
            made = compile_mutation(self._schema, self._inputs, operation, prepared.fragments, self._handle)
            prepared.mutations[name] = made
        return prepared.mutations[name]


def replay_outcomes(schema: GraphQLSchema) -> None:
    """Let the resolvers of mutations give what was given already, where a context brings it."""
    fields = schema.mutation_type.fields if schema.mutation_type else {}
    for field in fields.values():
        field.resolve = _make_replaying(field.resolve)


def _make_replaying(resolve: Any) -> Any:
    async def resolve_once(source: Any, info: Any, **arguments: Any) -> Any:
        outcome = getattr(info.context, "outcome", None)
        if outcome is None:
            return await resolve(source, info, **arguments)
        info.context.outcome = None
        return outcome.give()

    return resolve_once
