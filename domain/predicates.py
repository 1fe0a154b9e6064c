"""What a leaf of a filter asks of a value: one operator and what it compares with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from domain.errors import DomainError, InvalidInput, TooLarge
from domain.text.lexing import read_words
from domain.text.terms import Term
from domain.texts import check_text, shown

Value: TypeAlias = bool | int | float | str | datetime | UUID

IN_LIMIT = 10_000
"""Values that one `in` may list."""


class Operator(StrEnum):
    """How a value is compared; the words are the fields of the one-of input."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    BETWEEN = "between"
    IN = "in"
    EXISTS = "exists"
    MATCHES = "matches"
    """The text has all these words, as a note would: no regular expression, no wildcard but the end of a prefix."""


class ValueType(StrEnum):
    """What a value is compared as; nothing compares across these."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"
    TIME = "time"
    ID = "id"


@dataclass(frozen=True, slots=True)
class Predicate:
    """An operator with its values: two for `between`, one boolean for `exists`, any number for `in`, else one."""

    operator: Operator
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if len(self.values) > IN_LIMIT:
            raise TooLarge(
                f"{len(self.values)} values; at most {IN_LIMIT:,} may be compared with", path=[self.operator]
            )
        for value in self.values:
            check_value(value, self.operator)
        check = _SHAPES.get(self.operator, _check_single)
        check(self)

    @property
    def value(self) -> Value:
        """Return the one value of an operator that takes one."""
        return self.values[0]

    @property
    def terms(self) -> tuple[Term, ...]:
        """Return the words that `matches` asks for."""
        return _read_terms(str(self.value))


def parse_predicate(name: str, value: Any) -> Predicate:
    """Return what `{name: value}` asks. Raises `InvalidInput` or `TooLarge` with the name as path."""
    try:
        operator = Operator(name)
    except ValueError as exc:
        raise InvalidInput(f"{shown(name)} is no operator; there are {', '.join(Operator)}", path=[name[:80]]) from exc
    if operator in (Operator.BETWEEN, Operator.IN):
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise InvalidInput(f"{name} takes a list, not {shown(value)}", path=[name])
        return Predicate(operator, tuple(value))
    return Predicate(operator, (value,))


def type_of(value: Value) -> ValueType:
    """Return what a value is compared as. `True` is no number."""
    match value:
        case bool():
            return ValueType.BOOLEAN
        case int() | float():
            return ValueType.NUMBER
        case str():
            return ValueType.TEXT
        case datetime():
            return ValueType.TIME
        case UUID():
            return ValueType.ID
    raise InvalidInput(f"{shown(value)} cannot be compared with")


def as_number(value: Value) -> int | float | None:
    """Return a value that compares as a number, None for every other and for NaN, which equals nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float) or is_nan(value):
        return None
    return value


def is_nan(value: Value) -> bool:
    """Say whether a value is the float that equals nothing."""
    return isinstance(value, float) and math.isnan(value)


def check_value(value: Value, operator: str) -> None:
    """Raise for a value that no recorded one could be compared with."""
    try:
        kind = type_of(value)
    except InvalidInput as exc:
        raise exc.below(operator) from exc
    if kind is ValueType.TEXT:
        check_text(str(value), operator)
    elif isinstance(value, int):
        _check_integer(value, operator)
    elif isinstance(value, datetime) and value.tzinfo is None:
        raise InvalidInput(f"{value.isoformat()} has no time zone", path=[operator])


def _check_integer(value: int, operator: str) -> None:
    try:
        float(value)
    except OverflowError as exc:
        raise InvalidInput("an integer beyond the range of a double cannot be compared with", path=[operator]) from exc


def _check_single(predicate: Predicate) -> None:
    if len(predicate.values) != 1:
        raise InvalidInput(f"{predicate.operator} takes one value", path=[predicate.operator])


def _check_between(predicate: Predicate) -> None:
    if len(predicate.values) != 2:
        raise InvalidInput(
            f"between takes two values, the lowest and the highest, not {len(predicate.values)}",
            path=[predicate.operator],
        )
    low, high = map(type_of, predicate.values)
    if low is not high:
        raise InvalidInput(f"between takes two values of one type, not a {low} and a {high}", path=[predicate.operator])


def _check_exists(predicate: Predicate) -> None:
    if predicate.values not in ((True,), (False,)) or not isinstance(predicate.value, bool):
        raise InvalidInput("exists takes true or false", path=[predicate.operator])


def _check_matches(predicate: Predicate) -> None:
    _check_single(predicate)
    if not isinstance(predicate.value, str):
        raise InvalidInput(f"matches takes a text, not {shown(predicate.value)}", path=[predicate.operator])
    try:
        _read_terms(predicate.value)
    except DomainError as exc:
        raise exc.below(predicate.operator) from exc


@lru_cache(1000)
def _read_terms(text: str) -> tuple[Term, ...]:
    return read_words(text)


def _check_any(_predicate: Predicate) -> None:
    """Take any number of values, of mixed types, none at all."""


_SHAPES = {
    Operator.BETWEEN: _check_between,
    Operator.EXISTS: _check_exists,
    Operator.IN: _check_any,
    Operator.MATCHES: _check_matches,
}
