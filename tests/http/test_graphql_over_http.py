"""GraphQL over HTTP as its specification has it: media types, status codes, GET and POST."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from store.database import Database
from tests.http.conftest import Service, Start

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"


async def test_a_query_by_post_is_answered(service: Service) -> None:
    answer = await service.ask("{ ping }")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == JSON
    assert answer.json() == {"data": {"ping": "pong"}}


async def test_a_query_by_get_is_answered_with_its_variables(service: Service) -> None:
    params = {"query": "query Say($text: String!) { echo(text: $text) }", "variables": '{"text": "ä"}'}
    answer = await service.http.get("/graphql", params=params)

    assert answer.json() == {"data": {"echo": "ä"}}


async def test_a_mutation_by_get_is_refused_and_does_nothing(service: Service, database: Database) -> None:
    answer = await service.http.get("/graphql", params={"query": 'mutation { keep(texts: ["a"]) }'})
    async with database.read() as conn:
        made = await conn.scalar(sa.text("SELECT to_regclass('kept')"))

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["errors"][0]["message"] == "a mutation cannot be sent by GET; use POST"
    assert made is None


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (GRAPHQL, GRAPHQL),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        ("text/html, application/json", JSON),
    ],
)
async def test_the_answer_has_the_media_type_that_the_client_prefers(
    service: Service, accept: str, media_type: str
) -> None:
    answer = await service.http.post("/graphql", json={"query": "{ ping }"}, headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type


async def test_a_client_that_takes_neither_media_type_is_told_which_there_are(service: Service) -> None:
    answer = await service.http.post("/graphql", json={"query": "{ ping }"}, headers={"Accept": "text/csv"})

    assert answer.status_code == 406
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ ping"},
        {"query": "{ nothing }"},
        {"query": "query Say($text: String!) { echo(text: $text) }"},
        {"query": "query Say($text: String!) { echo(text: $text) }", "variables": {"text": 7}},
    ],
)
async def test_what_never_ran_is_400_for_the_newer_media_type_and_200_for_the_older(
    service: Service, body: dict[str, Any]
) -> None:
    newer = await service.http.post("/graphql", json=body, headers={"Accept": GRAPHQL})
    older = await service.http.post("/graphql", json=body, headers={"Accept": JSON})

    assert (newer.status_code, older.status_code) == (400, 200)
    assert list(newer.json()) == list(older.json()) == ["errors"]


async def test_an_execution_that_failed_is_200_and_has_data(service: Service) -> None:
    answer = await service.http.post("/graphql", json={"query": "{ required }"}, headers={"Accept": GRAPHQL})

    assert answer.status_code == 200
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["path"] == ["required"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b'{"query": "{ ping }"', "the body is not JSON"),
        (b'{"query": NaN}', "the body is not JSON"),
        (b'{"query": "\xff"}', "the body is not JSON"),
        (b'{"query": "\\ud800"}', "the body is not JSON"),
        (b"7", "Expected `object`, got `int`"),
        (b"null", "Expected `object`, got `null`"),
        (b"[]", "batches are not taken"),
        (b'[{"query": "{ ping }"}]', "batches are not taken"),
        (b"{}", "the request has no query"),
        (b'{"query": null}', "the request has no query"),
        (b'{"query": "  "}', "the request has no query"),
        (b'{"query": 1}', "Expected `str | null`, got `int` - at `$.query`"),
        (b'{"query": "{ ping }", "variables": []}', "at `$.variables`"),
        (b'{"query": "{ ping }", "variables": "{}"}', "at `$.variables`"),
        (b'{"query": "{ ping }", "operationName": {}}', "at `$.operationName`"),
        (b'{"query": "{ ping }", "operationName": "Other"}', "Other"),
        (b'{"query": "query A { ping } query B { ping }"}', "several operations"),
        (b'{"query": "subscription { count(to: 1) }"}', "WebSocket"),
        (b'{"query": "{ ping }", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "too deep"),
    ],
)
async def test_what_is_no_request_is_400_and_says_why(service: Service, body: bytes, said: str) -> None:
    answer = await service.http.post("/graphql", content=body, headers={"Content-Type": JSON})
    error = answer.json()["errors"][0]

    assert answer.status_code == 400
    assert said in error["message"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["extensions"]["retriable"] is False


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_a_form_could_send_is_refused(service: Service, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    answer = await service.http.post("/graphql", content=b'{"query": "{ ping }"}', headers=headers)

    assert answer.status_code == 415


async def test_another_charset_than_utf8_is_refused(service: Service) -> None:
    headers = {"Content-Type": "application/json; charset=utf-16"}
    answer = await service.http.post("/graphql", content='{"query": "{ ping }"}'.encode("utf-16"), headers=headers)

    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_told_which_there_are(service: Service, method: str) -> None:
    answer = await service.http.request(method, "/graphql")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


async def test_an_empty_operation_name_is_read_as_absent(service: Service) -> None:
    assert (await service.ask("{ ping }", operationName="")).json() == {"data": {"ping": "pong"}}


async def test_the_named_operation_runs(service: Service) -> None:
    answer = await service.ask("query A { ping } query B { workspace }", operationName="B")

    assert answer.json() == {"data": {"workspace": "default"}}


async def test_a_whole_number_of_any_size_reaches_the_schema_as_it_is(service: Service) -> None:
    body = b'{"query": "query Say($text: String!) { echo(text: $text) }", "variables": {"text": 18446744073709551617}}'
    answer = await service.http.post("/graphql", content=body, headers={"Content-Type": JSON})

    assert "18446744073709551617" in answer.json()["errors"][0]["message"]


async def test_a_query_that_takes_too_long_is_stopped_in_the_record(start: Start, database: Database) -> None:
    service = await start(request_seconds=0.3)
    answer = await service.ask("{ sleepInRecord(seconds: 20) }")
    still = await _count_sleeping(database)

    assert answer.status_code == 503
    assert answer.json()["errors"][0]["message"] == "the request took longer than 0.3 s and was stopped"
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert still == 0


async def test_a_mutation_that_takes_too_long_leaves_nothing_half_written(start: Start, database: Database) -> None:
    service = await start(request_seconds=0.3)
    answer = await service.ask('mutation { keep(texts: ["a", "b", "c"], pause: 0.2) }')
    async with database.read() as conn:
        made = await conn.scalar(sa.text("SELECT to_regclass('kept')"))

    assert answer.status_code == 503
    assert made is None


async def test_a_query_whose_client_has_left_is_stopped(service: Service, database: Database) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await service.http.post("/graphql", json={"query": "{ sleepInRecord(seconds: 20) }"}, timeout=1.0)
    while await _count_sleeping(database):
        await asyncio.sleep(0.02)

    assert (await service.ask("{ ping }")).status_code == 200


async def test_a_mutation_whose_client_has_left_is_committed_whole(service: Service, database: Database) -> None:
    query = 'mutation { keep(texts: ["a", "b", "c"], pause: 0.4) }'
    with pytest.raises(httpx.ReadTimeout):
        await service.http.post("/graphql", json={"query": query}, timeout=0.8)
    while service.figures.registry.get_sample_value("whence_requests_under_way"):
        await asyncio.sleep(0.02)
    async with database.read() as conn:
        kept = (await conn.execute(sa.text("SELECT text FROM kept ORDER BY text"))).scalars().all()

    assert kept == ["a", "b", "c"]


async def _count_sleeping(database: Database) -> int:
    """Count the statements of `sleepInRecord` that still run."""
    text = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg\\_sleep%whence-test%'"
    async with database.read() as conn:
        found = await conn.scalar(sa.text(text + " AND pid <> pg_backend_pid() AND datname = current_database()"))
    return int(found or 0)
