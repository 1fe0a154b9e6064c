"""The files at one path of a run are versions, counted from 1, and aliases move among them."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

RUN = "0198f3a0-0000-7000-8000-000000000001"
pytestmark = pytest.mark.parametrize("address", ["folder"], indirect=True)
_NODES = """query F($run: ID!) { run(id: $run) { artifacts { nodes { path version aliases revision } } } }"""
_ONE = """query O($run: ID!, $path: String!, $alias: String, $version: Int64) {
  run(id: $run) { artifact(path: $path, alias: $alias, version: $version) { version digest } } }"""
_LOG = """mutation L($i: LogArtifactInput!) { logArtifact(input: $i) {
  ... on LogArtifactPayload { artifact { version aliases } } ... on Problem { code message path } } }"""
_SET = """mutation S($i: SetArtifactAliasInput!) { setArtifactAlias(input: $i) {
  ... on SetArtifactAliasPayload { artifact { version aliases } } ... on Problem { code message path } } }"""


def do(client: httpx.Client, document: str, **variables: Any) -> Any:
    answer = client.post("/graphql", json={"query": document, "variables": variables}).json()
    assert "errors" not in answer, answer
    (value,) = answer["data"].values()
    return value


def log(client: httpx.Client, data: bytes, path: str, *aliases: str) -> Any:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    client.patch(
        f"/artifacts/{digest}", content=data, headers={"Upload-Offset": "0", "Upload-Length": str(len(data))}
    ).raise_for_status()
    file = {"run": RUN, "path": path, "digest": digest, "size": len(data), "aliases": list(aliases)}
    return do(client, _LOG, i=file)["artifact"]


def set_alias(client: httpx.Client, path: str, alias: str, version: int | None) -> Any:
    return do(client, _SET, i={"run": RUN, "path": path, "alias": alias, "version": version})


@pytest.fixture
def logged(client: httpx.Client) -> httpx.Client:
    """A run that logged three versions of a file, the second being the best, and one of another."""
    created = "mutation C($i: CreateRunInput!) { createRun(input: $i) { __typename } }"
    do(client, created, i={"experiment": "e", "id": RUN})
    assert log(client, b"one", "model.pt", "best", "first") == {"version": 1, "aliases": ["best", "first"]}
    assert log(client, b"two", "model.pt", "best") == {"version": 2, "aliases": ["best"]}
    assert log(client, b"three", "model.pt") == {"version": 3, "aliases": []}
    assert log(client, b"other", "other.pt", "best") == {"version": 1, "aliases": ["best"]}
    return client


def list_names(client: httpx.Client) -> list[tuple[str, int, list[str]]]:
    return [(one["path"], one["version"], one["aliases"]) for one in do(client, _NODES, run=RUN)["artifacts"]["nodes"]]


def test_an_alias_means_one_version_of_its_path_and_moves(logged: httpx.Client) -> None:
    assert list_names(logged) == [
        ("model.pt", 1, ["first"]),
        ("model.pt", 2, ["best"]),
        ("model.pt", 3, []),
        ("other.pt", 1, ["best"]),
    ]

    assert set_alias(logged, "model.pt", "best", 3)["artifact"] == {"version": 3, "aliases": ["best"]}
    assert set_alias(logged, "model.pt", "first", None)["artifact"] is None
    assert list_names(logged)[:3] == [("model.pt", 1, []), ("model.pt", 2, []), ("model.pt", 3, ["best"])]
    assert list_names(logged)[3] == ("other.pt", 1, ["best"]), "another path is another file"


def test_who_gains_or_loses_an_alias_is_seen_to_change_and_nobody_else(logged: httpx.Client) -> None:
    def revisions() -> list[int]:
        return [one["revision"] for one in do(logged, _NODES, run=RUN)["artifacts"]["nodes"]]

    before = revisions()
    set_alias(logged, "model.pt", "best", 1)
    after = revisions()
    set_alias(logged, "model.pt", "best", 1)

    assert [one - other for one, other in zip(after, before, strict=True)] == [1, 1, 0, 0]
    assert revisions() == after


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, b"three"),
        ({"alias": "latest"}, b"three"),
        ({"alias": "best"}, b"two"),
        ({"alias": "first"}, b"one"),
        ({"version": 2}, b"two"),
        ({"alias": "absent"}, None),
        ({"version": 4}, None),
    ],
)
def test_a_version_is_found_by_its_number_or_an_alias(
    logged: httpx.Client, chosen: dict[str, Any], expected: bytes | None
) -> None:
    found = do(logged, _ONE, run=RUN, path="model.pt", **chosen)["artifact"]
    given = logged.get(f"/runs/{RUN}/files/model.pt", params=chosen)

    if expected is None:
        assert (found, given.status_code) == (None, 404)
    else:
        assert found["digest"] == f"sha256:{hashlib.sha256(expected).hexdigest()}"
        assert given.content == expected


@pytest.mark.parametrize(
    ("alias", "version", "code", "path"),
    [
        ("latest", 1, "INVALID_INPUT", ["alias"]),
        ("7", 1, "INVALID_INPUT", ["alias"]),
        ("", 1, "INVALID_INPUT", ["alias"]),
        ("best", 0, "INVALID_INPUT", ["version"]),
        ("best", 9, "NOT_FOUND", ["version"]),
    ],
)
def test_what_is_no_alias_or_no_version_is_refused_and_changes_nothing(
    logged: httpx.Client, alias: str, version: int, code: str, path: list[str]
) -> None:
    before = list_names(logged)
    problem = set_alias(logged, "model.pt", alias, version)

    assert (problem["code"], problem["path"]) == (code, ["input", *path])
    assert list_names(logged) == before


def test_aliases_of_a_file_that_are_none_are_refused_with_their_place(logged: httpx.Client) -> None:
    file = {"run": RUN, "path": "model.pt"}
    problem = do(logged, _LOG, i=file | {"aliases": ["fine", "latest"]})
    many = do(logged, _LOG, i=file | {"aliases": [f"a{number}" for number in range(21)]})

    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["input", "aliases", "1"])
    assert (many["code"], many["path"]) == ("TOO_LARGE", ["input", "aliases"])
    assert len(list_names(logged)) == 4


@pytest.mark.parametrize("asked", ["alias=best&version=1", "version=x", "version=0"])
def test_an_address_that_asks_for_no_version_is_refused(logged: httpx.Client, asked: str) -> None:
    assert logged.get(f"/runs/{RUN}/files/model.pt?{asked}").status_code == 400
