"""Inputs in one step: from JSON to the value that a resolver takes, wherever they are as they should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from enum import Enum
from functools import cached_property
from types import NoneType
from typing import Any

from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    Undefined,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry import UNSET, Some
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryMaybe, StrawberryOptional

from api.compiled.leaves import Fallback
from api.conversion import Converter

Make = Callable[[Any], Any]
TEXTS = frozenset({"ID", "String"})
SINGLE = (NoneType, bool, int, float, str, Enum, type(UNSET))
"""Values that many inputs may share."""


class Inputs:
    """Makes values of a schema's input types: what graphql-core checks and Strawberry converts, at once.

    What is not as it should be raises, `Fallback` or something else: graphql-core then tells what is wrong with it.
    """

    def __init__(self, config: StrawberryConfig) -> None:
        self._config = config
        self._objects: dict[str, ObjectMaker] = {}

    def find(self, type_: GraphQLInputType) -> Make:
        """Return what makes values of a type."""
        if is_non_null_type(type_):
            return _refuse_null(self._find_present(type_.of_type))
        return _pass_null(self._find_present(type_))

    def find_object(self, type_: GraphQLInputObjectType) -> ObjectMaker:
        """Return the maker of an input object; types may refer to themselves."""
        if type_.name not in self._objects:
            self._objects[type_.name] = ObjectMaker(self, type_, self._config)
        return self._objects[type_.name]

    def _find_present(self, type_: Any) -> Make:
        if is_list_type(type_):
            return _make_each(self.find(type_.of_type))
        if is_input_object_type(type_):
            return self.find_object(type_).make
        return _make_leaf(type_)


class ObjectMaker:
    """Makes values of one input object type. What it needs to know is found out with its first value."""

    def __init__(self, inputs: Inputs, type_: GraphQLInputObjectType, config: StrawberryConfig) -> None:
        self._inputs = inputs
        self._type = type_
        self._definition = type_.extensions["strawberry-definition"]
        self._converter = Converter(self._definition, config)
        self._is_one_of: bool = self._definition.is_one_of

    def make(self, value: Any) -> Any:
        """Make an input of JSON. Raises `Fallback`."""
        if type(value) is not dict:
            raise Fallback
        known = self._fields
        return self.build({known[name][0]: known[name][1](given) for name, given in value.items()}, value.keys())

    def build(self, made: dict[str, Any], given: Any) -> Any:
        """Make an input of its fields' values by their names in Python; `given` are the names in GraphQL."""
        if self._is_one_of and (len(given) != 1 or None in made.values()):
            raise Fallback
        if not self.required <= given:
            raise Fallback
        made = {**self._constants, **made}
        for name, make in self._defaults:
            if name not in made:
                made[name] = make()
        if not self._is_plain:
            return self._definition.origin(**made)
        input_ = object.__new__(self._definition.origin)
        input_.__dict__ = made
        return input_

    @cached_property
    def required(self) -> frozenset[str]:
        """Names of the fields that must be given."""
        return frozenset(
            name
            for name, field in self._type.fields.items()
            if is_non_null_type(field.type) and coerce_default_value(field) is Undefined
        )

    def take(self, name: str) -> tuple[str, GraphQLInputField, Make]:
        """Return a field's name in Python, what it is, and how a value that is made already is put there."""
        python_name = self._fields[name][0]
        return python_name, self._type.fields[name], self._wrappers.get(name, _as_it_is)

    @cached_property
    def _fields(self) -> dict[str, tuple[str, Make]]:
        found: dict[str, tuple[str, Make]] = {}
        for name, (python_name, _) in self._converter.fields.items():
            make = self._inputs.find(self._type.fields[name].type)
            wrap = self._wrappers.get(name)
            found[name] = python_name, make if wrap is None else _chain(make, wrap)
        return found

    @cached_property
    def _wrappers(self) -> dict[str, Make]:
        """What is done with a value whose field tells given from not given."""
        kinds = self._converter.types
        return {name: _make_wrapper(kind) for name, kind in kinds.items() if isinstance(kind, StrawberryMaybe)}

    @cached_property
    def _constants(self) -> dict[str, Any]:
        """What fields are that nobody gives, where that is one and the same object for all."""
        found: dict[str, Any] = dict(self._converter.absent)
        for _, python_name, default, convert in self._iterate_defaults():
            value = default if convert is None else convert(default)
            if isinstance(value, SINGLE):
                found[python_name] = value
        for field in fields(self._definition.origin):
            if field.name not in found and isinstance(field.default, SINGLE):
                found[field.name] = field.default
        return found

    @cached_property
    def _defaults(self) -> list[tuple[str, Callable[[], Any]]]:
        """How the others are made that have a default in GraphQL; what is left has one in Python."""
        return [
            (python_name, _make_default(default, convert))
            for _, python_name, default, convert in self._iterate_defaults()
            if python_name not in self._constants
        ]

    def _iterate_defaults(self) -> Iterator[tuple[str, str, Any, Make | None]]:
        for name, (python_name, convert) in self._converter.fields.items():
            default = coerce_default_value(self._type.fields[name])
            if default is not Undefined:
                yield name, python_name, default, convert

    @cached_property
    def _is_plain(self) -> bool:
        """Say whether the class does nothing when a value is made but take its fields, all of which are known here."""
        origin = self._definition.origin
        known = {self._fields[name][0] for name in self.required} | self._constants.keys() | dict(self._defaults).keys()
        plain = not hasattr(origin, "__post_init__") and not hasattr(origin, "__slots__")
        return plain and {field.name for field in fields(origin)} == known


def _make_default(default: Any, convert: Make | None) -> Callable[[], Any]:
    return (lambda: default) if convert is None else (lambda: convert(default))


def _make_wrapper(kind: StrawberryMaybe) -> Make:
    nullable = isinstance(kind.of_type, StrawberryOptional)

    def wrap(value: Any) -> Any:
        if value is None and not nullable:
            raise Fallback
        return Some(value)

    return wrap


def _as_it_is(value: Any) -> Any:
    return value


def _chain(first: Make, second: Make) -> Make:
    return lambda value: second(first(value))


def _refuse_null(make: Make) -> Make:
    def made(value: Any) -> Any:
        if value is None:
            raise Fallback
        return make(value)

    return made


def _pass_null(make: Make) -> Make:
    return lambda value: None if value is None else make(value)


def _make_each(make: Make) -> Make:
    def made(values: Any) -> list[Any]:
        if type(values) is not list:
            raise Fallback
        return [make(value) for value in values]

    return made


def _make_leaf(type_: GraphQLLeafType) -> Make:
    coerce = type_.coerce_input_value

    def made(value: Any) -> Any:
        found = coerce(value)
        if found is Undefined:
            raise Fallback
        return found

    if type_.name in TEXTS:
        return lambda value: value if type(value) is str else made(value)
    return made
