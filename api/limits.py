"""What a document may ask for: its depth, its aliases and, from page sizes times weights, its cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)

from api.connections import LARGEST_PAGE
from domain.errors import TooLarge

MAX_TOKENS = 20_000
MAX_DEPTH = 20
MAX_ALIASES = 200
COST_BUDGET = 500_000
"""Values in an answer, at most. graphql-core takes 5 to 7 microseconds for each."""

LIST_GUESS = 10
"""How long a plain list is taken to be when neither `keys` nor `ids` tells."""

TALKERS = ("__schema", "__type")
"""Introspection is deep by nature and bounded by the schema itself."""


class DocumentLimits(ASTValidationRule):
    """Refuses documents that are too deep or have too many aliases."""

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Measure every operation, fragments included."""
        fragments = {d.name.value: d for d in node.definitions if isinstance(d, FragmentDefinitionNode)}
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                depth, aliases = _Measure(fragments).measure(definition.selection_set, ())
                self._check(definition, depth, aliases)

    def _check(self, node: OperationDefinitionNode, depth: int, aliases: int) -> None:
        if depth > MAX_DEPTH:
            self.report_error(refuse(f"the operation is {depth} levels deep, at most {MAX_DEPTH} are answered", node))
        if aliases > MAX_ALIASES:
            self.report_error(refuse(f"the operation has {aliases} aliases, at most {MAX_ALIASES} are taken", node))


def refuse(message: str, node: OperationDefinitionNode | None = None) -> GraphQLError:
    """Return the error of a document that asks for too much."""
    return GraphQLError(message, nodes=None if node is None else [node], original_error=TooLarge(message))


class _Measure:
    """Depth and aliases of a selection; each fragment is measured once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, tuple[int, int]] = {}

    def measure(self, selections: SelectionSetNode, inside: tuple[str, ...]) -> tuple[int, int]:
        depth = aliases = 0
        for node in selections.selections:
            below, more = self._measure_one(node, inside)
            depth, aliases = max(depth, below), aliases + more
        return depth, aliases

    def _measure_one(self, node: Any, inside: tuple[str, ...]) -> tuple[int, int]:
        if isinstance(node, FragmentSpreadNode):
            return self._measure_fragment(node.name.value, inside)
        if isinstance(node, InlineFragmentNode):
            return self.measure(node.selection_set, inside)
        if node.name.value in TALKERS:
            return 0, 0
        named = 1 if node.alias else 0
        if node.selection_set is None:
            return 1, named
        depth, aliases = self.measure(node.selection_set, inside)
        return depth + 1, aliases + named

    def _measure_fragment(self, name: str, inside: tuple[str, ...]) -> tuple[int, int]:
        if name not in self._fragments or name in inside:  # another rule reports both
            return 0, 0
        if name not in self._known:
            self._known[name] = self.measure(self._fragments[name].selection_set, (*inside, name))
        return self._known[name]


@dataclass(frozen=True, slots=True)
class CostModel:
    """Counts the values that an operation may answer with, before it runs."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def cost_of(self, operation: OperationDefinitionNode) -> int:
        """Return the greatest number of values in the answer."""
        root = self.schema.get_root_type(operation.operation)
        defaults = {
            d.variable.name.value: value_from_ast_untyped(d.default_value)
            for d in operation.variable_definitions or ()
            if d.default_value is not None
        }
        model = CostModel(self.schema, self.fragments, {**defaults, **self.variables})
        return 0 if root is None else model._selections(operation.selection_set, root)

    def _selections(self, selections: SelectionSetNode, parent: GraphQLNamedType, page: int | None = None) -> int:
        return sum(self._selection(node, parent, page) for node in selections.selections)

    def _selection(self, node: Any, parent: GraphQLNamedType, page: int | None) -> int:
        """Return the cost of one selection; `page` is the size of the connection that it stands right in."""
        if isinstance(node, FragmentSpreadNode):
            fragment = self.fragments[node.name.value]
            return self._selections(fragment.selection_set, self._narrowed(fragment, parent), page)
        if isinstance(node, InlineFragmentNode):
            return self._selections(node.selection_set, self._narrowed(node, parent), page)
        field = getattr(parent, "fields", {}).get(node.name.value)
        if field is None or node.selection_set is None:
            return 1
        type_ = get_named_type(field.type)
        if "first" in field.args and not _is_list(field):
            return 1 + self._selections(node.selection_set, type_, self._page_size(node, field))
        times = self._length(node, field, page) if _is_list(field) else 1
        return 1 + times * self._selections(node.selection_set, type_)

    def _narrowed(self, node: Any, parent: GraphQLNamedType) -> GraphQLNamedType:
        condition = node.type_condition
        named = condition and self.schema.get_type(condition.name.value)
        return named or parent

    def _page_size(self, node: FieldNode, field: GraphQLField) -> int:
        asked = self._argument(node, "first")
        if not isinstance(asked, int):
            asked = field.args["first"].default_value
        return min(max(asked, 1), LARGEST_PAGE) if isinstance(asked, int) else LIST_GUESS

    def _length(self, node: FieldNode, field: GraphQLField, page: int | None) -> int:
        """Return how long a list may be: its connection's page, its `first`, or as many as were asked for by key."""
        if page is not None:
            return page
        if "first" in field.args:
            return self._page_size(node, field)
        named = (self._argument(node, name) for name in ("keys", "ids") if name in field.args)
        return max((len(value) for value in named if isinstance(value, list | tuple)), default=LIST_GUESS)

    def _argument(self, node: FieldNode, name: str) -> Any:
        for argument in node.arguments or ():
            if argument.name.value == name:
                return value_from_ast_untyped(argument.value, dict(self.variables))
        return None


def _is_list(field: GraphQLField) -> bool:
    type_ = field.type.of_type if is_non_null_type(field.type) else field.type
    return is_list_type(type_) and not is_leaf_type(get_named_type(field.type))
