"""What surrounds the execution of a document: caches of parsing and validation, limits, and the answer's cost."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    specified_rules,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from api.compiled.mutations import CompiledMutation
from api.compiled.plans import Plans
from api.context import Context
from api.limits import COST_BUDGET, MAX_TOKENS, CostModel, DocumentLimits, refuse

CACHED_DOCUMENTS = 1000
LARGEST_CACHED = 20_000  # characters; what is longer was written by a program that will not send it again
RULES: tuple[type[ASTValidationRule], ...] = (DocumentLimits, *specified_rules)


@dataclass(slots=True)
class Prepared:
    """A parsed document with what was found out about it, once for all its executions."""

    document: DocumentNode
    errors: list[GraphQLError]
    fragments: dict[str, FragmentDefinitionNode]
    costs: OrderedDict[tuple[Any, ...], int]
    plans: Plans = field(default_factory=Plans)
    mutations: dict[str | None, CompiledMutation | None] = field(default_factory=dict)
    """What was compiled, by the name of the operation that was asked for."""


class PreparedDocuments:
    """Documents of one schema by their text, bounded in number and in length."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._cached = lru_cache(maxsize=CACHED_DOCUMENTS)(self._prepare)

    def prepare(self, query: str) -> Prepared:
        """Parse and validate. Raises `GraphQLError` for what is no document."""
        return self._cached(query) if is_cached(query) else self._prepare(query)

    def _prepare(self, query: str) -> Prepared:
        document = parse(query, max_tokens=MAX_TOKENS)
        errors = validate_document(self._schema, document, RULES)
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        return Prepared(document, errors, fragments, OrderedDict())

    def cost_of(self, prepared: Prepared, operation: OperationDefinitionNode, variables: dict[str, Any]) -> int:
        """Return the cost with these variables; only numbers and the lengths of lists can change it."""
        sizes = (
            (name, value if isinstance(value, int) else len(value))
            for name, value in variables.items()
            if isinstance(value, int | list)
        )
        key = (id(operation), *sizes)
        known = prepared.costs.get(key)
        if known is None:
            known = CostModel(self._schema, prepared.fragments, variables).cost_of(operation)
            prepared.costs[key] = known
            if len(prepared.costs) > CACHED_DOCUMENTS:
                prepared.costs.popitem(last=False)
        return known


def is_cached(query: str) -> bool:
    """Say whether a document stays in the cache, and what was found out about it with it."""
    return len(query) <= LARGEST_CACHED


class Execution(SchemaExtension):
    """Prepares the document of one request, refuses what costs too much, reports the cost.

    One extension does it all: each costs every request some microseconds.
    """

    def __init__(self, documents: PreparedDocuments) -> None:
        self._documents = documents
        self._prepared: Prepared | None = None
        self._cost: int | None = None

    def on_parse(self) -> Iterator[None]:
        """Take the document from the cache; one with a mistake is left to Strawberry, which reports it."""
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        try:
            self._prepared = self._documents.prepare(context.query or "")
            context.graphql_document = self._prepared.document
            self._hand_over_plans(self._prepared, context.context)
        except (GraphQLError, RecursionError):
            pass
        yield

    def _hand_over_plans(self, prepared: Prepared, context: object) -> None:
        if isinstance(context, Context) and context.services.settings.compile == "on":
            context.plans = prepared.plans if is_cached(self.execution_context.query or "") else None

    def on_validate(self) -> Iterator[None]:
        """Refuse what is not valid, then what is valid and costs too much."""
        if self._prepared is not None:
            self.execution_context.pre_execution_errors = self._prepared.errors or self._weigh(self._prepared)
        yield

    def _weigh(self, prepared: Prepared) -> list[GraphQLError]:
        context = self.execution_context
        operation = get_operation_ast(prepared.document, context.operation_name)
        if operation is None:
            return []
        self._cost = self._documents.cost_of(prepared, operation, context.variables or {})
        if self._cost <= COST_BUDGET:
            return []
        told = f"the operation may answer with {self._cost} values, at most {COST_BUDGET} are given"
        return [refuse(f"{told}: ask for smaller pages or fewer fields", operation)]

    def get_results(self) -> dict[str, Any]:
        """Return what stands in the answer's `extensions`."""
        return {} if self._cost is None else tell_cost(self._cost)


def tell_cost(cost: int) -> dict[str, Any]:
    """Return what an answer's `extensions` say of its cost."""
    return {"cost": {"requested": cost, "budget": COST_BUDGET}}
