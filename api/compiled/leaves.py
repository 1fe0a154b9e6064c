"""Leaves: which values stay as they are in an answer, and how the others are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from math import inf
from typing import Any

from graphql import GraphQLEnumType, GraphQLLeafType, Undefined
from graphql.pyutils import is_awaitable

from api.compiled.sources import Source

AS_IT_IS: Mapping[str, str] = {
    "String": "type({v}) is str",
    "ID": "type({v}) is str",
    "Boolean": "type({v}) is bool",
    "Int": "type({v}) is int and -2147483648 <= {v} <= 2147483647",
    "Float": "type({v}) is float and -inf < {v} < inf",
    "Int64": "type({v}) is int",
    "Float64": "type({v}) is float and -inf < {v} < inf",
    "JSON": "type({v}) is str or type({v}) is int or type({v}) is bool or type({v}) is float and -inf < {v} < inf",
}
"""By the scalar's name, what a value `v` that needs no conversion fulfils; all others go through the scalar."""


class Fallback(Exception):  # nothing is wrong: graphql-core shall do it
    """The value is unusual: graphql-core answers, with the exact errors."""


def fall_back() -> Any:
    """Raise `Fallback`, inside an expression."""
    raise Fallback


def write_leaf(source: Source, type_: GraphQLLeafType, expression: str, *, required: bool) -> str:
    """Return the Python expression that completes the value of `expression` as graphql-core would."""
    v = source.variable()
    write = source.keep(make_writer(type_, required=required))
    if isinstance(type_, GraphQLEnumType):
        names = _name_members(type_)
        if names:
            member = next(iter(names))
            cls, known = source.keep(type(member)), source.keep(names)
            return f"({known}[{v}] if type({v} := {expression}) is {cls} else {write}({v}))"
    elif type_.name in AS_IT_IS:
        source.name("inf", inf)
        first, *rest = AS_IT_IS[type_.name].split("{v}", 1)
        condition = (first + f"({v} := {expression})" + rest[0]).replace("{v}", v)
        return f"({v} if {condition} else {write}({v}))"
    return f"{write}({expression})"


def make_writer(type_: GraphQLLeafType, *, required: bool) -> Callable[[Any], Any]:
    """Return a function that completes any value of a leaf, or raises."""
    coerce = type_.coerce_output_value

    def write(value: Any) -> Any:
        if value is None and not required:
            return None
        if value is None or value is Undefined or isinstance(value, Exception) or is_awaitable(value):
            raise Fallback
        written = coerce(value)
        if written is None or written is Undefined:
            raise Fallback
        return written

    return write


def _name_members(type_: GraphQLEnumType) -> dict[Enum, str]:
    """Return the name of each member of the Python enum behind a type; nothing where there is none."""
    cls = getattr(type_, "wrapped_cls", None)
    if not isinstance(cls, type) or not issubclass(cls, Enum):
        return {}
    return {member: type_.coerce_output_value(member) for member in cls}
