"""Writing a filter as text, so that reading it gives the same filter."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

from domain.errors import InvalidInput
from domain.filters import (
    And,
    CommitLeaf,
    DatasetLeaf,
    EnvironmentLeaf,
    Field,
    FieldLeaf,
    Filter,
    IdsLeaf,
    Leaf,
    LineageLeaf,
    MetricLeaf,
    Not,
    Or,
    ParamLeaf,
    TagLeaf,
    TextLeaf,
    normalise,
)
from domain.predicates import Operator, Predicate, Value, ValueType, type_of
from search.language.ancestry import print_leaf
from search.language.literals import is_experiment_id
from search.language.quoting import quote, quote_if_needed
from search.language.words import print_term

_SIGNS = {
    Operator.EQ: "=",
    Operator.NE: "!=",
    Operator.LT: "<",
    Operator.LTE: "<=",
    Operator.GT: ">",
    Operator.GTE: ">=",
}
_NAMED = {math.inf: "Infinity", -math.inf: "-Infinity"}


def print_query(tree: Filter) -> str:
    """Return the text that `parse_query` reads as the normal form of this tree.

    A number against a tag is written as the text that it is compared as. Raises `TooLarge` as `normalise` does, and
    `InvalidInput` for a value that no text stands for: what compares with nothing there, such as a boolean and a tag.
    """
    return _print(normalise(tree))


def _print(tree: Filter) -> str:
    match tree:
        case And():
            return " and ".join(_print_operand(item, Or) for item in tree.items) or "true"
        case Or():
            return " or ".join(map(_print, tree.items)) or "false"
        case Not():
            return f"not {_print_operand(tree.item, And | Or)}"
        case _:
            return _print_leaf(tree)


def _print_operand(tree: Filter, looser: object) -> str:
    """Return a part of a tree, in parentheses where it binds less than what is around it."""
    text = _print(tree)
    is_looser = isinstance(tree, looser) and bool(tree.items)  # type: ignore[arg-type, union-attr]  # a union of classes
    return f"({text})" if is_looser else text


def _print_leaf(leaf: Leaf) -> str:
    match leaf:
        case MetricLeaf():
            return _print_condition(f"{leaf.of.lower()}({_print_key(leaf.key)})", leaf.condition, _print_number)
        case ParamLeaf():
            return _print_condition(f"param.{_print_key(leaf.key)}", leaf.condition, _print_scalar)
        case TagLeaf():
            return _print_condition(f"tag.{_print_key(leaf.key)}", leaf.condition, _print_tag)
        case FieldLeaf():
            return _print_condition(leaf.field.value, leaf.condition, _PRINTERS.get(leaf.field, _print_text))
        case TextLeaf():
            return print_term(leaf.term)
        case LineageLeaf():
            return print_leaf(leaf)
        case IdsLeaf():
            raise InvalidInput("a set of ids has no text")
        case DatasetLeaf() | CommitLeaf() | EnvironmentLeaf():
            return _print_condition(_name_surroundings(leaf), leaf.condition, _print_text)


def _name_surroundings(leaf: DatasetLeaf | CommitLeaf | EnvironmentLeaf) -> str:
    match leaf:
        case DatasetLeaf():
            role = f".{leaf.role.name.lower()}" if leaf.role else ""
            return f"dataset{role}.{leaf.part}"
        case CommitLeaf():
            return "commit"
        case EnvironmentLeaf():
            return "environment"


def _print_key(key: str) -> str:
    return quote_if_needed(key)


def _print_condition(subject: str, condition: Predicate, write: Callable[[Value], str]) -> str:
    match condition.operator:
        case Operator.EXISTS:
            return f"{subject} exists"
        case Operator.BETWEEN:
            low, high = map(write, condition.values)
            return f"{subject} between {low} and {high}"
        case Operator.MATCHES:
            return f"{subject} matches {quote(str(condition.value))}"
        case Operator.IN:
            return f"{subject} in ({', '.join(map(write, condition.values))})"
        case operator:
            return f"{subject} {_SIGNS[operator]} {write(condition.value)}"


def _print_number(value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refuse(value, "a number")
    if isinstance(value, int) or math.isfinite(value):
        return repr(value)
    return _NAMED.get(value, "NaN")


def _print_text(value: Value) -> str:
    if not isinstance(value, str):
        raise _refuse(value, "a text")
    return quote_if_needed(value)


def _print_scalar(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quote_if_needed(value)
        case _:
            return _print_number(value)


def _print_tag(value: Value) -> str:
    return quote(_print_number(value)) if type_of(value) is ValueType.NUMBER else _print_text(value)


def _print_time(value: Value) -> str:
    if not isinstance(value, datetime):
        raise _refuse(value, "a time")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _print_id(value: Value) -> str:
    if type_of(value) is not ValueType.ID:
        raise _refuse(value, "an id")
    return str(value)


def _print_experiment(value: Value) -> str:
    """Return an id bare; a name that would be read as one in quotes."""
    if not isinstance(value, str):
        return _print_id(value)
    return quote(value) if is_experiment_id(value) else quote_if_needed(value)


def _refuse(value: Value, wanted: str) -> InvalidInput:
    return InvalidInput(f"{value!r:.80} cannot be written where {wanted} is compared")


_PRINTERS: dict[Field, Callable[[Value], str]] = {
    Field.CREATED_AT: _print_time,
    Field.STARTED_AT: _print_time,
    Field.ENDED_AT: _print_time,
    Field.NUMBER: _print_number,
    Field.RUN: _print_id,
    Field.PARENT: _print_id,
    Field.ATTEMPT: _print_id,
    Field.EXPERIMENT: _print_experiment,
}
