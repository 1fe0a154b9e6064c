"""The schema's text: committed, described in full, and able to take what released documents send."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    parse,
    validate,
)

from api.print_schema import render_schema
from api.schema import schema
from tests.graphql.documents import list_operations, read_operation

ROOT = Path(__file__).parents[2]


def test_the_committed_schema_is_that_of_the_code() -> None:
    committed = (ROOT / "schema.graphql").read_text(encoding="utf-8")

    assert render_schema() == committed, "run `make schema`"


def test_everything_has_a_description() -> None:
    assert sorted(find_undescribed()) == []


def find_undescribed() -> list[str]:
    missing: list[str] = []
    for type_ in schema._schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        if not type_.description:
            missing.append(type_.name)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                missing += [] if field.description else [f"{type_.name}.{name}"]
                missing += [f"{type_.name}.{name}({a})" for a, given in field.args.items() if not given.description]
        elif isinstance(type_, GraphQLInputObjectType):
            missing += [f"{type_.name}.{name}" for name, field in type_.fields.items() if not field.description]
        elif isinstance(type_, GraphQLEnumType):
            missing += [f"{type_.name}.{name}" for name, value in type_.values.items() if not value.description]
    return missing


@pytest.mark.parametrize("name", list_operations())
def test_a_document_of_the_design_is_valid(name: str) -> None:
    assert validate(schema._schema, parse(read_operation(name))) == []
