"""From the values of GraphQL to inputs: what Strawberry works out for each value again is worked out once a type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import cached_property
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLSchema
from strawberry import Some
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import InputContext, convert_argument
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
)
from strawberry.types.lazy_type import LazyType

Convert = Callable[[Any], Any]


def convert_quickly(schema: GraphQLSchema, config: StrawberryConfig) -> None:
    """Let the input types of a schema be made by converters of their own, by Strawberry's hook for that."""
    for type_ in schema.type_map.values():
        definition = type_.extensions.get("strawberry-definition")
        if isinstance(type_, GraphQLInputObjectType) and isinstance(definition, StrawberryObjectDefinition):
            definition.from_input = Converter(definition, config).from_input


class Converter:
    """Makes values of one input type. What it needs to know is found out with its first value."""

    def __init__(self, definition: StrawberryObjectDefinition, config: StrawberryConfig) -> None:
        self._definition = definition
        self._config = config

    def from_input(self, _type: type, value: Mapping[str, Any], _context: InputContext) -> Any:
        """Make an input as Strawberry's hook asks for it."""
        return self.convert(value)

    def convert(self, value: Mapping[str, Any]) -> Any:
        """Make an input of a mapping that graphql-core has checked."""
        known = self.fields
        made = dict(self.absent)
        for name, given in value.items():
            field, convert = known[name]
            made[field] = given if convert is None else convert(given)
        return self._definition.origin(**made)

    @cached_property
    def absent(self) -> dict[str, None]:
        """Fields without a default, which are null where nothing is given."""
        fields = self._definition.fields
        return {f.python_name: None for f in fields if f.default_value is MISSING and f.default_factory is MISSING}

    @cached_property
    def fields(self) -> dict[str, tuple[str, Convert | None]]:
        """By its name in GraphQL, each field's name here and how its value is converted, if it is."""
        name = self._config.name_converter.from_field
        types = self.types
        return {
            name(field): (field.python_name, find_converter(types[name(field)], self._config))
            for field in self._definition.fields
        }

    @cached_property
    def types(self) -> dict[str, Any]:
        """By its name in GraphQL, each field's type as Strawberry knows it."""
        name = self._config.name_converter.from_field
        return {name(field): field.resolve_type(type_definition=self._definition) for field in self._definition.fields}


def find_converter(type_: Any, config: StrawberryConfig) -> Convert | None:
    """Return how values of a type are converted; None where they stay as graphql-core gives them."""
    if isinstance(type_, LazyType):
        return find_converter(type_.resolve_type(), config)
    if isinstance(type_, StrawberryMaybe):
        return _wrap(type_, config)
    if isinstance(type_, StrawberryOptional):
        return find_converter(type_.of_type, config)
    if isinstance(type_, StrawberryList):
        return _convert_each(find_converter(type_.of_type, config))
    definition = get_object_definition(type_)
    return None if definition is None else _unless_null(Converter(definition, config).convert)


def _unless_null(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _wrap(type_: StrawberryMaybe, config: StrawberryConfig) -> Convert:
    """A null that the field does not take is left to Strawberry, which refuses it."""
    convert = find_converter(type_.of_type, config)
    nullable = isinstance(type_.of_type, StrawberryOptional)

    def wrap(value: Any) -> Any:
        if value is None and not nullable:
            return convert_argument(value, type_, {}, config)
        return Some(value if convert is None else convert(value))

    return wrap


def _convert_each(convert: Convert | None) -> Convert:
    """A list without anything to convert is copied: every request is given the same default."""
    if convert is None:
        return _unless_null(list)
    return _unless_null(lambda values: [convert(value) for value in values])
