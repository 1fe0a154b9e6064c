"""Mutations as one call: a document of a single mutation whose arguments are variables, read and answered at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLInputType,
    GraphQLSchema,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableNode,
    get_named_type,
    is_input_object_type,
    is_non_null_type,
    is_union_type,
    type_from_ast,
)
from graphql.utilities.coerce_input_value import coerce_input_literal
from strawberry.types.field import StrawberryField

from api.compiled.inputs import Inputs, Make
from api.compiled.leaves import Fallback
from api.compiled.plans import Plans
from api.compiled.shapes import Abstract

Variables = Mapping[str, Any]
Build = Callable[[Variables], Any]
Handle = Callable[[Exception], Any]
"""Makes the value that a failure is answered with, or None where it is none that was expected."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What of graphql-core's info a resolver may look at."""

    field_nodes: list[FieldNode]
    fragments: Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True, slots=True)
class QuickInfo:
    """What of Strawberry's info a mutation may look at."""

    context: Any
    field_name: str
    _raw_info: Raw


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a resolver gave, so that graphql-core can complete it without calling it again."""

    value: Any = None
    failure: Exception | None = None

    def give(self) -> Any:
        """Return the value, or raise the failure."""
        if self.failure is not None:
            raise self.failure
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMutation:
    """One mutation of one document."""

    operation: OperationDefinitionNode
    name: str
    """Under which it is answered."""
    field_name: str
    shape: tuple[int, ...]
    """Where its document's plans have the shape of the answer, once graphql-core has completed one."""
    raw: Raw
    resolve: Callable[..., Any]
    info_name: str
    variables: tuple[tuple[str, Make, bool], ...]
    """Name, maker, and whether it must be given."""
    arguments: tuple[tuple[str, Build], ...]
    handle: Handle

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments. Raises `Fallback`, or whatever, for what graphql-core shall look at."""
        made = {}
        for name, make, required in self.variables:
            if name in given:
                made[name] = make(given[name])
            elif required:
                raise Fallback
        return {name: build(made) for name, build in self.arguments}

    async def call(self, context: Any, arguments: dict[str, Any]) -> Outcome:
        """Do it, and return what came of it."""
        info = QuickInfo(context, self.field_name, self.raw)
        try:
            return Outcome(await self.resolve(None, **{self.info_name: info}, **arguments))
        except Exception as exc:
            problem = self.handle(exc)
            return Outcome(failure=exc) if problem is None else Outcome(problem)

    def complete(self, outcome: Outcome, plans: Plans) -> dict[str, Any] | None:
        """Return the answer's data where its plan is there and waits for nothing."""
        shape = plans.shapes.get(self.shape)
        plan = shape.find_ready(type(outcome.value)) if isinstance(shape, Abstract) else None
        if plan is None or plan.columns or outcome.failure is not None:
            return None
        try:
            return {self.name: plan.build(outcome.value)}
        except Exception:  # graphql-core meets it again, and tells it
            return None


def compile_mutation(
    schema: GraphQLSchema,
    inputs: Inputs,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    handle: Handle,
) -> CompiledMutation | None:
    """Return an operation as one call; None for one that graphql-core has to do."""
    try:
        node = _find_only_field(operation)
        field, definition = _find_resolved(schema, node)
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        arguments = []
        for argument in definition.arguments:
            name = argument.python_name
            graphql_name = argument.graphql_name or name
            if graphql_name not in given or graphql_name not in field.args:
                return None
            arguments.append((name, _build(inputs, given[graphql_name], field.args[graphql_name].type)))
        resolver = definition.base_resolver
        assert resolver is not None  # noqa: S101  # `_find_resolved` has looked
        assert resolver.info_parameter is not None  # noqa: S101
        return CompiledMutation(
            operation=operation,
            name=(node.alias or node.name).value,
            field_name=node.name.value,
            shape=(id(field.type), id(node)),
            raw=Raw([node], fragments),
            resolve=cast("Callable[..., Any]", resolver.wrapped_func),
            info_name=resolver.info_parameter.name,
            variables=tuple(_read_variables(schema, inputs, operation)),
            arguments=tuple(arguments),
            handle=handle,
        )
    except Fallback:
        return None


def _find_only_field(operation: OperationDefinitionNode) -> FieldNode:
    selections = operation.selection_set.selections
    only = selections[0]
    if operation.operation is not OperationType.MUTATION or operation.directives or len(selections) > 1:
        raise Fallback
    if not isinstance(only, FieldNode) or only.directives:
        raise Fallback
    return only


def _find_resolved(schema: GraphQLSchema, node: FieldNode) -> tuple[GraphQLField, StrawberryField]:
    """Return a field whose resolver may be called as it is, and all of whose expected failures are in its type."""
    field = schema.mutation_type.fields.get(node.name.value) if schema.mutation_type else None
    definition = field and field.extensions.get("strawberry-definition")
    if field is None or definition is None or definition.extensions or not is_union_type(get_named_type(field.type)):
        raise Fallback
    resolver = definition.base_resolver
    if resolver is None or not resolver.is_async or not resolver.info_parameter or not resolver.self_parameter:
        raise Fallback
    return field, definition


def _read_variables(
    schema: GraphQLSchema, inputs: Inputs, operation: OperationDefinitionNode
) -> list[tuple[str, Make, bool]]:
    found = []
    for variable in operation.variable_definitions or ():
        type_ = type_from_ast(schema, variable.type)
        if variable.default_value is not None or variable.directives or type_ is None:
            raise Fallback
        found.append(
            (variable.variable.name.value, inputs.find(cast("GraphQLInputType", type_)), is_non_null_type(type_))
        )
    return found


def _build(inputs: Inputs, node: ValueNode, type_: GraphQLInputType) -> Build:
    """Return what makes an argument of the variables: one of them, or an object of them and of constants."""
    if isinstance(node, VariableNode):
        return _take_variable(node.name.value, required=is_non_null_type(type_))
    named: Any = type_.of_type if is_non_null_type(type_) else type_
    if isinstance(node, ObjectValueNode) and is_input_object_type(named):
        return _build_object(inputs, node, named)
    constant: Any = coerce_input_literal(node, type_)
    if not isinstance(constant, str | int | float | None):
        raise Fallback
    return lambda _: constant


def _take_variable(name: str, *, required: bool) -> Build:
    def take(variables: Variables) -> Any:
        value = variables[name]  # one that is missing is graphql-core's to judge
        if value is None and required:
            raise Fallback
        return value

    return take


def _build_object(inputs: Inputs, node: ObjectValueNode, type_: Any) -> Build:
    maker = inputs.find_object(type_)
    parts: list[tuple[str, str, str | None, Build]] = []
    for part in node.fields:
        name = part.name.value
        python_name, field, wrap = maker.take(name)
        build = _build(inputs, part.value, field.type)
        variable = part.value.name.value if isinstance(part.value, VariableNode) else None
        parts.append((name, python_name, variable, _wrap(build, wrap)))

    def make(variables: Variables) -> Any:
        made, given = {}, set()
        for name, python_name, variable, build in parts:
            if variable is None or variable in variables:  # else it is as if the field were not there
                made[python_name] = build(variables)
                given.add(name)
        return maker.build(made, given)

    return make


def _wrap(build: Build, wrap: Make) -> Build:
    return lambda variables: wrap(build(variables))
