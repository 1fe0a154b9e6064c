"""Inputs are made as Strawberry would make them, and their digests say no more than they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
    coerce_input_value,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.arguments import convert_argument

from api.compiled.inputs import Inputs
from api.conversion import Converter
from api.metrics.inputs import LogMetricsInput, MetricSeriesInput
from api.mutating import Keyed, digest_input
from api.schema import schema

UUID = strawberry.ID("01890a5d-ac96-774b-bcce-b302099a8057")
INPUTS = {name: type_ for name, type_ in schema._schema.type_map.items() if isinstance(type_, GraphQLInputObjectType)}
DEPTH = 3
"""Levels below which what may be left out is left out."""

SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "ID": st.just(UUID),
    "String": st.text(max_size=3),
    "Boolean": st.booleans(),
    "Int": st.integers(-5, 5),
    "Int64": st.integers(-(2**63), 2**63 - 1) | st.just("7"),
    "Float64": st.floats(allow_nan=False) | st.just("Infinity"),
    "Int64List": st.lists(st.integers(-3, 3), max_size=3),
    "Float64List": st.lists(st.floats(allow_nan=False), max_size=3),
    "StringList": st.lists(st.text(max_size=2), max_size=3),
    "JSON": st.sampled_from([None, 1, 1.5, "a", [1, [None]], {"a": {}}]),
    "JSONObject": st.dictionaries(st.text(max_size=2), st.none() | st.integers(), max_size=2),
    "DateTime": st.sampled_from(["2026-11-23T10:00:00Z", "2026-11-23T10:00:00.5+02:00"]),
    "Base64": st.sampled_from(["", "AAAA"]),
}


def make_values(type_: GraphQLInputType, depth: int) -> st.SearchStrategy[Any]:
    """Return values of a type as JSON has them."""
    if is_non_null_type(type_):
        return make_values(type_.of_type, depth).filter(lambda value: value is not None)
    if is_list_type(type_):
        items = st.lists(make_values(type_.of_type, depth + 1), max_size=2)
        return items if depth > DEPTH else st.none() | items
    if isinstance(type_, GraphQLEnumType):
        return st.sampled_from(sorted(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        return make_objects(type_, depth)
    assert isinstance(type_, GraphQLScalarType)
    return SCALARS[type_.name]


def make_objects(type_: GraphQLInputObjectType, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects of an input type: one field of a one-of, else what must be given and some of the rest."""
    if type_.extensions["strawberry-definition"].is_one_of:
        plain = {name: field for name, field in type_.fields.items() if not is_deep(field.type)}
        shallow = plain if depth > DEPTH and plain else type_.fields
        one = st.sampled_from(sorted(shallow))
        return one.flatmap(
            lambda name: st.fixed_dictionaries(
                {name: make_values(type_.fields[name].type, depth + 1).filter(lambda value: value is not None)}
            )
        )
    needed = {name: make_values(field.type, depth + 1) for name, field in type_.fields.items() if is_needed(field)}
    rest = {
        name: make_later(field.type, depth + 1)
        for name, field in type_.fields.items()
        if name not in needed and not (depth > DEPTH and is_deep(field.type)) and not is_non_null_type(field.type)
    }
    return st.fixed_dictionaries(needed, optional=rest)


def make_later(type_: GraphQLInputType, depth: int) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: st.none() | make_values(type_, depth))


def is_needed(field: GraphQLInputField) -> bool:
    return bool(is_non_null_type(field.type)) and field.default_value is Undefined


def is_deep(type_: GraphQLInputType) -> bool:
    """Say whether a type has fields of its own."""
    named = get_named_type(type_)
    return isinstance(named, GraphQLInputObjectType)


@pytest.fixture
def of_strawberry(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, GraphQLInputObjectType], Any]:
    """Convert as Strawberry does without our converters."""

    def convert(given: Any, type_: GraphQLInputObjectType) -> Any:
        with monkeypatch.context() as patch:
            for other in INPUTS.values():
                patch.setattr(other.extensions["strawberry-definition"], "from_input", None)
            origin = type_.extensions["strawberry-definition"].origin
            return convert_argument(given, origin, schema.schema_converter.scalar_registry, schema.config)

    return convert


@pytest.mark.parametrize("name", sorted(INPUTS))
@settings(max_examples=10, deadline=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_an_input_is_made_as_strawberry_makes_it(
    name: str, data: st.DataObject, of_strawberry: Callable[[Any, GraphQLInputObjectType], Any]
) -> None:
    type_ = INPUTS[name]
    value = coerce_input_value(data.draw(make_objects(type_, 0)), type_)
    try:
        theirs: Any = of_strawberry(value, type_)
    except StrawberryInputCoercionError as exc:
        theirs = str(exc)
    try:
        ours: Any = Converter(type_.extensions["strawberry-definition"], schema.config).convert(value)
    except StrawberryInputCoercionError as exc:
        ours = str(exc)

    assert ours == theirs


def test_every_input_of_the_schema_has_its_converter() -> None:
    without = [name for name, type_ in INPUTS.items() if type_.extensions["strawberry-definition"].from_input is None]

    assert without == []


def test_a_null_that_a_change_does_not_take_is_refused() -> None:
    definition = schema._schema.type_map["UpdateRunInput"].extensions["strawberry-definition"]

    with pytest.raises(StrawberryInputCoercionError, match="cannot be explicitly set to null"):
        Converter(definition, schema.config).convert({"run": UUID, "name": None})


@strawberry.input
class Earlier(Keyed):
    key: str


@strawberry.input
class Later(Earlier):
    unit: str | None = None
    flag: bool = False
    edit: strawberry.Maybe[str | None] = None


def test_a_field_that_is_added_later_does_not_change_the_digest_of_what_leaves_it_out() -> None:
    assert digest_input(Earlier(key="k", client_key="a")) == digest_input(Later(key="k", client_key="b"))


def test_what_is_said_stands_in_the_digest_in_nested_inputs_too() -> None:
    said = [
        Later(key="k"),
        Later(key="k", unit="s"),
        Later(key="k", flag=True),
        Later(key="k", edit=strawberry.Some(None)),
        LogMetricsInput(run=UUID, series=[]),
        LogMetricsInput(run=UUID, series=[MetricSeriesInput(key="loss", values=[1.0])]),
        LogMetricsInput(run=UUID, series=[MetricSeriesInput(key="loss", values=[1.0], subset="test")]),
        LogMetricsInput(run=UUID, series=[MetricSeriesInput(key="loss", values=[float("nan")])]),
    ]

    assert len({digest_input(body) for body in said}) == len(said)


@pytest.mark.parametrize("name", sorted(INPUTS))
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_an_input_is_made_at_once_as_it_is_made_in_two_steps(name: str, data: st.DataObject) -> None:
    type_ = INPUTS[name]
    whole = data.draw(make_objects(type_, 0))

    assert make_at_once(whole, type_) == make_in_two_steps(whole, type_)

    broken = data.draw(make_broken(type_))
    made = make_at_once(broken, type_)

    assert made is REFUSED or made == make_in_two_steps(broken, type_)


def make_at_once(value: Any, type_: GraphQLInputObjectType) -> Any:
    return make_or_refuse(lambda: Inputs(schema.config).find(GraphQLNonNull(type_))(value))


def make_in_two_steps(value: Any, type_: GraphQLInputObjectType) -> Any:
    """Make an input as graphql-core and Strawberry do; what graphql-core refuses is no mapping."""
    converter = Converter(type_.extensions["strawberry-definition"], schema.config)

    def make() -> Any:
        coerced = coerce_input_value(value, GraphQLNonNull(type_))
        return REFUSED if coerced is Undefined else converter.convert(coerced)

    return make_or_refuse(make)


REFUSED = object()


def make_or_refuse(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception:  # whatever it is: the long way tells it
        return REFUSED


def make_broken(type_: GraphQLInputObjectType) -> st.SearchStrategy[Any]:
    """Return objects with a field that is wrong, missing or unknown, and what is no object."""
    wrong = st.sampled_from([None, [], {}, "", 1.5, True, [None], {"nobody": 1}])
    some = st.dictionaries(st.sampled_from([*sorted(type_.fields), "nobody"]), wrong, max_size=3)
    whole = make_objects(type_, 0)
    return some | st.sampled_from([None, [], "", 1]) | st.builds(lambda one, other: {**one, **other}, whole, some)
