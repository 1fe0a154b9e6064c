"""The compiler: from a type and the nodes that select of it to a shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    SelectionSetNode,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList

from api.batching import find_batch
from api.compiled.columns import BatchColumn, Column, ReadColumn, ResolverColumn
from api.compiled.leaves import fall_back
from api.compiled.plans import Plan
from api.compiled.shapes import Abstract, Leaf, Lists, Objects, PlainList, PlainObject, PlainShape, Shape
from api.compiled.sources import Source

if TYPE_CHECKING:
    from strawberry.types.field import StrawberryField

    from api.compiled.executor import CompiledExecutor

OBJECT = "source"


class NotCompiled(Exception):  # nothing is wrong: graphql-core shall do it
    """The selection is left to graphql-core."""


def compile_shape(executor: CompiledExecutor, type_: GraphQLOutputType, details: FieldDetailsList) -> Shape | None:
    """Return the shape of a field's type, or None for a selection that graphql-core has to answer.

    It is one with a directive, for then what is selected depends on variables, one that asks about the schema, and
    one of fragments with arguments.
    """
    if any(one.defer_usage is not None or one.fragment_variable_values is not None for one in details):
        return None
    if has_directives((one.node.selection_set for one in details), executor.fragment_definitions):
        return None
    try:
        return Compiler(executor).shape(type_, details)
    except NotCompiled:
        return None


def has_directives(
    selections: Iterable[SelectionSetNode | None], fragments: Mapping[str, FragmentDefinitionNode]
) -> bool:
    """Say whether a directive stands anywhere in selections."""
    for selection_set in selections:
        for node in selection_set.selections if selection_set else ():
            if node.directives:
                return True
            if isinstance(node, FragmentSpreadNode):
                fragment = fragments[node.name.value]
                if fragment.directives or has_directives([fragment.selection_set], fragments):
                    return True
            elif has_directives([getattr(node, "selection_set", None)], fragments):
                return True
    return False


class Compiler:
    """Compiles for one executor, of which nothing stays in what is made."""

    def __init__(self, executor: CompiledExecutor) -> None:
        self._executor = executor
        self._source = Source()
        self._source.name("fall_back", fall_back)

    def shape(self, type_: Any, details: FieldDetailsList) -> Shape:
        """Return the shape of a type. Raises `NotCompiled`."""
        required = is_non_null_type(type_)
        if is_non_null_type(type_):
            type_ = type_.of_type
        if is_leaf_type(type_):
            return Leaf(self._source, type_, required=required)
        if is_list_type(type_):
            item = self.shape(type_.of_type, details)
            if isinstance(item, PlainShape):
                return PlainList(self._source, item, required=required)
            return Lists(item, required=required)
        if is_object_type(type_):
            plan = self.plan(type_, details)
            return (
                Objects(plan, required=required) if plan.columns else PlainObject(self._source, plan, required=required)
            )
        if is_abstract_type(type_):
            return self._abstract(type_, details, required=required)
        raise NotCompiled

    def plan(self, type_: GraphQLObjectType, details: FieldDetailsList, *, is_class_known: bool = False) -> Plan:
        """Return how objects of a type are answered. Raises `NotCompiled`."""
        collected = self._executor.collect_subfields(type_, details)
        if collected.new_defer_usages:
            raise NotCompiled
        items: list[str] = []
        columns: list[Column] = []
        for name, those in collected.grouped_field_set.items():
            if those[0].node.name.value == "__typename":
                items.append(f"{name!r}: {type_.name!r}")
                continue
            expression = self._field(type_, name, those, columns)
            items.append(f"{name!r}: {expression}")
        answer = f"{{{', '.join(items)}}}"
        origin = _find_class(type_)
        if type_.is_type_of is not None and not is_class_known:
            answer = f"{answer} if type({OBJECT}) is {self._source.keep(origin)} else fall_back()"
        elif OBJECT not in answer and not columns and not is_class_known:
            raise NotCompiled  # whether the value is an object at all, nothing of it tells
        parameters = [OBJECT, *(_column_name(place) for place in range(len(columns)))]
        return Plan(self._source.function(parameters, answer), tuple(columns))

    def _field(self, parent: GraphQLObjectType, name: str, details: FieldDetailsList, columns: list[Column]) -> str:
        """Return the expression that gives a field's part of the answer; what it waits for becomes a column."""
        field = parent.fields.get(details[0].node.name.value)
        definition: StrawberryField | None = field and field.extensions.get("strawberry-definition")
        if field is None or definition is None:
            raise NotCompiled
        shape = self.shape(field.type, details)
        read = self._reading(field, definition)
        if read is not None and isinstance(shape, PlainShape):
            return shape.write(read)
        columns.append(self._column(parent, name, field, details, shape))
        return _column_name(len(columns) - 1)

    def _reading(self, field: GraphQLField, definition: StrawberryField) -> str | None:
        """Return the expression that reads a field's value, or None where more is needed than the object."""
        if field.args or definition.extensions:
            return None
        if getattr(field.resolve, "_is_default", False):
            return f"{OBJECT}.{definition.python_name}"
        resolver = definition.base_resolver
        if resolver is None or resolver.is_async or resolver.info_parameter or not resolver.self_parameter:
            return None
        return f"{self._source.keep(resolver)}({OBJECT})"

    def _column(
        self, parent: GraphQLObjectType, name: str, field: GraphQLField, details: FieldDetailsList, shape: Shape
    ) -> Column:
        definition: StrawberryField = field.extensions["strawberry-definition"]
        batch = find_batch(definition)
        nodes: list[FieldNode] = [one.node for one in details]
        if batch is not None:
            return BatchColumn(shape=shape, field=field, node=nodes[0], batch=batch)
        if getattr(field.resolve, "_is_default", False) and not field.args and not definition.extensions:
            return ReadColumn(shape=shape, read=attrgetter(definition.python_name))
        return ResolverColumn(shape=shape, name=name, parent=parent, field=field, nodes=nodes)

    def _abstract(self, type_: GraphQLAbstractType, details: FieldDetailsList, *, required: bool) -> Shape:
        types = {_find_class(possible): possible for possible in self._executor.schema.get_possible_types(type_)}
        if len(types) < len(self._executor.schema.get_possible_types(type_)):
            raise NotCompiled  # two types are made of one class: the class does not tell which is meant

        def compile_plan(executor: CompiledExecutor, possible: GraphQLObjectType) -> Plan | None:
            try:
                return Compiler(executor).plan(possible, details, is_class_known=True)
            except NotCompiled:
                return None

        return Abstract(types, compile_plan, required=required)


def _find_class(type_: GraphQLObjectType) -> type:
    """Return the class whose values are of a type. Raises `NotCompiled`."""
    definition = type_.extensions.get("strawberry-definition")
    if definition is None:
        raise NotCompiled
    origin: type = definition.origin
    return origin


def _column_name(place: int) -> str:
    return f"column{place}"
