"""Limits on documents, the cost in the answer, and the caches that every request goes through."""

from __future__ import annotations

import pytest

from api.execution import LARGEST_CACHED, PreparedDocuments
from api.limits import COST_BUDGET, MAX_ALIASES, MAX_DEPTH
from api.schema import schema
from tests.graphql.asking import Client


def nest(depth: int) -> str:
    """Return a query of that many levels."""
    return '{ run(id: "x") ' + "{ parent " * (depth - 2) + "{ id }" + " }" * (depth - 2) + " }"


async def test_a_query_of_depth_100_is_refused(client: Client) -> None:
    error = await client.fail(nest(100))

    assert (error["code"], error["line"], error["column"]) == ("TOO_LARGE", 1, 1)
    assert error["message"] == f"the operation is 100 levels deep, at most {MAX_DEPTH} are answered"


async def test_a_query_of_the_greatest_depth_is_answered(client: Client) -> None:
    error = await client.fail(nest(MAX_DEPTH))

    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["id"])


async def test_depth_hidden_in_fragments_counts(client: Client) -> None:
    parts = [f"fragment F{n} on Run {{ parent {{ ...F{n + 1} }} }}" for n in range(30)]
    document = '{ run(id: "x") { ...F0 } } ' + " ".join(parts) + " fragment F30 on Run { id }"
    error = await client.fail(document)

    assert error["code"] == "TOO_LARGE"


async def test_a_document_nested_ten_thousand_deep_is_refused_politely(client: Client) -> None:
    answer = await client.send("{a" * 9000)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]


async def test_too_many_tokens_are_refused(client: Client) -> None:
    error = await client.fail("{" + " workspace { id }" * 20_000 + "}")

    assert error["code"] == "INVALID_INPUT"
    assert "token" in error["message"]


async def test_too_many_aliases_are_refused(client: Client) -> None:
    many = " ".join(f"a{n}: workspace {{ id }}" for n in range(MAX_ALIASES + 1))
    error = await client.fail(f"{{ {many} }}")

    assert error["code"] == "TOO_LARGE"


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ("{ workspace { id } }", 2),
        ("{ runs(first: 7) { nodes { id name } } }", 1 + 1 + 7 * 2),
        ("{ runs { totalCount { value } pageInfo { endCursor } } }", 1 + 2 + 2),
        ('{ runs(first: 3) { nodes { metrics(keys: ["a", "b"]) { key last { value } } } } }', 1 + 1 + 3 * (1 + 2 * 3)),
        ("query($n: Int = 4) { runs(first: $n) { nodes { id } } }", 1 + 1 + 4),
        ("{ runs(first: 4) { edges { cursor node { id } } } }", 1 + 1 + 4 * 3),
        ("{ runs(first: 3) { nodes { params { key } } } }", 1 + 1 + 3 * (1 + 10)),
    ],
)
async def test_the_answer_tells_its_cost(client: Client, document: str, cost: int) -> None:
    answer = await client.send(document)

    assert answer["extensions"] == {"cost": {"requested": cost, "budget": COST_BUDGET}}


async def test_an_answer_that_may_be_too_large_is_refused_before_it_is_made(client: Client) -> None:
    error = await client.fail("{ runs(first: 1000) { nodes { notes(first: 1000) { nodes { id text } } } } }")

    assert error["code"] == "TOO_LARGE"
    assert "ask for smaller pages" in error["message"]


async def test_the_cost_follows_the_variables(client: Client) -> None:
    document = "query($n: Int!) { runs(first: $n) { nodes { id } } }"
    costs = [(await client.send(document, {"n": n}))["extensions"]["cost"]["requested"] for n in (1, 9, 1)]

    assert costs == [3, 11, 3]


def test_a_document_is_parsed_and_validated_once() -> None:
    documents = PreparedDocuments(schema._schema)
    first = documents.prepare("{ workspace { id } }")

    assert documents.prepare("{ workspace { id } }") is first
    assert first.errors == []


def test_a_long_document_is_not_kept() -> None:
    documents = PreparedDocuments(schema._schema)
    long = "{ workspace { id } }" + " " * LARGEST_CACHED

    assert documents.prepare(long) is not documents.prepare(long)


async def test_an_error_of_a_cached_document_is_the_same_the_second_time(client: Client) -> None:
    answers = [await client.send("{ workspaces { nodes { nam } } }") for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0]["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_introspection_is_on(client: Client) -> None:
    answer = await client.ask('{ __schema { queryType { name } } __type(name: "Run") { kind } }')

    assert answer == {"__schema": {"queryType": {"name": "Query"}}, "__type": {"kind": "OBJECT"}}
