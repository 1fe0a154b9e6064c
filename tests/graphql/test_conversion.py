"""Inputs are made as Strawberry would make them, and their digests say no more than they do."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import GraphQLInputObjectType
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.arguments import convert_argument

from api.conversion import Converter
from api.metrics.inputs import LogMetricsInput, MetricSeriesInput
from api.mutating import Keyed, digest_input
from api.schema import schema

UUID = strawberry.ID("01890a5d-ac96-774b-bcce-b302099a8057")
SERIES = {"key": "loss", "values": [1.5, 2.5], "steps": [1, 2]}
GIVEN: list[tuple[str, dict[str, Any]]] = [
    ("CreateRunInput", {"experiment": "e", "params": {"a": 1, "b": [None]}, "parameters": None}),
    ("CreateRunInput", {"experiment": "e", "parameters": [{"key": "a", "text": "1", "type": "INT"}], "clientKey": "k"}),
    ("LogMetricsInput", {"run": UUID, "series": [SERIES, {**SERIES, "on": {"id": UUID}}], "writer": UUID}),
    ("LogMetricsInput", {"run": UUID, "keys": ["a"], "keyIndex": [0], "values": [1.0], "timesMs": None}),
    ("LogBatchInput", {"run": UUID, "notes": [{"text": "t"}], "tags": {"a": "b"}, "series": []}),
    ("UpdateRunInput", {"run": UUID, "name": "n", "description": None, "kind": "TRAIN"}),
    ("UpdateRunInput", {"run": UUID, "parent": UUID, "endedAt": None, "startedAt": "2026-11-23T10:00:00Z"}),
    ("FinishRunInput", {"run": UUID, "status": "FAILED"}),
    ("RunsInput", {"runs": [UUID, UUID]}),
    ("StepRange", {"from": 1}),
    ("Filter", {"and": [{"not": {"status": {"in": ["RUNNING"]}}}, {"or": []}]}),
    ("Filter", {"or": [{"metric": {"key": "loss", "is": {"lt": 1.0}}}, {"and": None}]}),
]


@pytest.mark.parametrize(("name", "given"), GIVEN)
def test_an_input_is_made_as_strawberry_makes_it(
    name: str, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = schema._schema.type_map[name].extensions["strawberry-definition"]
    ours = Converter(definition, schema.config).convert(given)
    for other in schema._schema.type_map.values():
        if isinstance(other, GraphQLInputObjectType):
            monkeypatch.setattr(other.extensions["strawberry-definition"], "from_input", None)
    theirs = convert_argument(given, definition.origin, schema.schema_converter.scalar_registry, schema.config)

    assert ours == theirs


def test_every_input_of_the_schema_has_its_converter() -> None:
    inputs = [type_ for type_ in schema._schema.type_map.values() if isinstance(type_, GraphQLInputObjectType)]

    assert [type_.name for type_ in inputs if type_.extensions["strawberry-definition"].from_input is None] == []


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
