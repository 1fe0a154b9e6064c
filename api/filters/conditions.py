"""What the `is` of a leaf may say: a comparison with a value of the leaf's own type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

from api.scalars import JSON, DateTime, Float64, Int64
from domain.predicates import IN_LIMIT, Predicate, parse_predicate
from domain.runs import RunKind, RunStatus

EQ = "Equal."
NE = "There, and not equal; false where it is missing."
LT, LTE, GT, GTE = "Less than.", "Less than or equal.", "Greater than.", "Greater than or equal."
BETWEEN = "A list of two: the lowest and the highest value, both included."
IN = f"One of these; false for an empty list. At most {IN_LIMIT:,}."
MATCHES = (
    'The text has all these words and phrases, such as `learn* "loss spike"`: as search finds them, by parts and '
    "stems. No wildcard but the end of a word."
)
EXISTS = "`true`: it is there. `false`: it is not."

Read = Callable[[Any], Any]


def choice(description: str, name: str | None = None) -> Any:
    """Return a field of a one-of input."""
    return strawberry.field(default=strawberry.UNSET, description=description, name=name)


def find_choice(given: Any) -> tuple[str, Any]:
    """Return the one field that a one-of input has, and its value."""
    for name, value in vars(given).items():
        if value is not strawberry.UNSET:
            return name.rstrip("_"), value
    raise AssertionError("GraphQL lets no empty one-of through")


def read_condition(given: Any, read: Read | None = None) -> Predicate:
    """Return a condition as a predicate; `read` turns each of its values into one of the domain."""
    name, value = find_choice(given)
    if read is not None and name not in ("exists", "matches"):
        value = [read(one) for one in value] if isinstance(value, list) else read(value)
    return parse_predicate(name, value)


@strawberry.input(one_of=True, description="A comparison of a number of a metric. NaN fulfils only `ne` and `exists`.")
class NumberCondition:
    eq: Float64 | None = choice(EQ)
    ne: Float64 | None = choice(NE)
    lt: Float64 | None = choice(LT)
    lte: Float64 | None = choice(LTE)
    gt: Float64 | None = choice(GT)
    gte: Float64 | None = choice(GTE)
    between: list[Float64] | None = choice(BETWEEN)
    in_: list[Float64] | None = choice(IN, "in")
    exists: bool | None = choice(EXISTS)


@strawberry.input(
    one_of=True,
    description="A comparison of a value that may be a number, text or boolean. A value is compared only with values "
    "of its own type; lists and objects answer only `exists` and `ne`. Text is compared by code point.",
)
class ValueCondition:
    eq: JSON | None = choice(EQ)
    ne: JSON | None = choice(NE)
    lt: JSON | None = choice(LT)
    lte: JSON | None = choice(LTE)
    gt: JSON | None = choice(GT)
    gte: JSON | None = choice(GTE)
    between: list[JSON] | None = choice(BETWEEN)
    in_: list[JSON] | None = choice(IN, "in")
    exists: bool | None = choice(EXISTS)
    matches: str | None = choice(MATCHES)


@strawberry.input(one_of=True, description="A comparison of a text, by code point.")
class TextCondition:
    eq: str | None = choice(EQ)
    ne: str | None = choice(NE)
    lt: str | None = choice(LT)
    lte: str | None = choice(LTE)
    gt: str | None = choice(GT)
    gte: str | None = choice(GTE)
    between: list[str] | None = choice(BETWEEN)
    in_: list[str] | None = choice(IN, "in")
    exists: bool | None = choice(EXISTS)
    matches: str | None = choice(MATCHES)


@strawberry.input(one_of=True, description="A comparison of a whole number.")
class Int64Condition:
    eq: Int64 | None = choice(EQ)
    ne: Int64 | None = choice(NE)
    lt: Int64 | None = choice(LT)
    lte: Int64 | None = choice(LTE)
    gt: Int64 | None = choice(GT)
    gte: Int64 | None = choice(GTE)
    between: list[Int64] | None = choice(BETWEEN)
    in_: list[Int64] | None = choice(IN, "in")
    exists: bool | None = choice(EXISTS)


@strawberry.input(one_of=True, description="A comparison of a time, cut to milliseconds.")
class TimeCondition:
    eq: DateTime | None = choice(EQ)
    ne: DateTime | None = choice(NE)
    lt: DateTime | None = choice(LT)
    lte: DateTime | None = choice(LTE)
    gt: DateTime | None = choice(GT)
    gte: DateTime | None = choice(GTE)
    between: list[DateTime] | None = choice(BETWEEN)
    in_: list[DateTime] | None = choice(IN, "in")
    exists: bool | None = choice(EXISTS)


@strawberry.input(one_of=True, description="A comparison of a run's status.")
class StatusCondition:
    eq: RunStatus | None = choice(EQ)
    ne: RunStatus | None = choice(NE)
    in_: list[RunStatus] | None = choice(IN, "in")
    exists: bool | None = choice(EXISTS)


@strawberry.input(one_of=True, description="A comparison of a run's kind.")
class KindCondition:
    eq: RunKind | None = choice(EQ)
    ne: RunKind | None = choice(NE)
    in_: list[RunKind] | None = choice(IN, "in")
    exists: bool | None = choice(EXISTS)


@strawberry.input(one_of=True, description="A comparison of an id.")
class IDCondition:
    eq: strawberry.ID | None = choice(EQ)
    ne: strawberry.ID | None = choice(NE)
    in_: list[strawberry.ID] | None = choice(IN, "in")
    exists: bool | None = choice(EXISTS)
