"""The three ways to run, by settings alone: the record by itself, both servers beside it, or one of them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.settings import SettingsError, load_settings
from tests.servers.service_process import clean_environment, run_service_process

PATIENCE_S = 60.0
RUN = """mutation($input: CreateRunInput!) { createRun(input: $input) {
  ... on CreateRunPayload { run { uuid } token } ... on Problem { message } } }"""
USE = """mutation($input: RecordLineageInput!) { recordLineage(input: $input) {
  ... on RecordLineagePayload { token } ... on Problem { code message } } }"""
ASK = """query($of: [NodeRef!]!, $token: String, $fallback: Fallback!) {
  lineage(of: $of, direction: DOWNSTREAM, atLeast: $token, waitMs: 20000, fallback: $fallback) {
    nodes(first: 5) { totalCount { value } } freshness { source } } }"""
STAND = "{ projections { name generation trusted lagRows } }"


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of one way; the index has names of its own."""
    names: list[str] = request.param
    settings: dict[str, str] = {}
    if "graph" in names:
        settings["WHENCE_NEO4J_URL"] = request.getfixturevalue("neo4j_url")
    if "index" in names:
        settings["WHENCE_ELASTICSEARCH_URL"] = request.getfixturevalue("elasticsearch_url")
        settings["WHENCE_ELASTICSEARCH_PREFIX"] = request.getfixturevalue("index_prefix").removesuffix("-")
    return settings


async def ask(url: str, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=url, timeout=40) as http:
        answer = (await http.post("/graphql", json={"query": document, "variables": variables or {}})).json()
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


async def wait_until_served(url: str, names: list[str]) -> None:
    until = time.monotonic() + PATIENCE_S
    found: list[dict[str, Any]] = []
    while time.monotonic() < until:
        found = (await ask(url, STAND))["projections"]
        if sorted(one["name"] for one in found if one["generation"] and one["trusted"]) == sorted(names):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{names} do not serve: {found}")


@pytest.mark.parametrize(
    "servers, names",
    [([], []), (["graph"], ["graph"]), (["index"], ["index"]), (["graph", "index"], ["graph", "index"])],
    indirect=["servers"],
    ids=["record alone", "graph", "index", "both"],
)
async def test_settings_alone_say_what_answers(
    quiet_url: str, tmp_path: Path, servers: dict[str, str], names: list[str]
) -> None:
    with run_service_process(quiet_url, tmp_path, environment=servers) as service:
        await wait_until_served(service.url, names)
        made = (await ask(service.url, RUN, {"input": {"experiment": "ways"}}))["createRun"]
        data = {"dataset": {"namespace": "ways", "name": str(uuid4()), "version": "1"}}
        edge = {"kind": "USED", "source": data, "target": {"run": made["run"]["uuid"]}}
        used = (await ask(service.url, USE, {"input": {"edges": [edge]}}))["recordLineage"]
        asked = {"of": [data], "token": used["token"], "fallback": "NONE" if "graph" in names else "RECORD"}
        found = (await ask(service.url, ASK, asked))["lineage"]

        assert found["nodes"]["totalCount"]["value"] == 2
        assert found["freshness"]["source"] == ("GRAPH" if "graph" in names else "RECORD")


@pytest.mark.parametrize(
    "name, value, reason",
    [
        ("url", "elastic:9200", "must be like https://user:password@host:9200"),
        ("url", "http://:9200", "must be like https://user:password@host:9200"),
        ("url", "http://one:9200,two", "must be like https://user:password@host:9200"),
        ("prefix", "Whence*", "must begin with a small letter or digit"),
        ("ca_file", "/nowhere/ca.pem", "there is no such file"),
        ("request_seconds", "0", "Input should be greater than 0"),
    ],
)
def test_a_wrong_setting_of_the_index_stops_the_start_with_its_name_and_the_reason(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"WHENCE_ELASTICSEARCH_{name.upper()}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()

    (problem,) = caught.value.problems
    assert problem.startswith(f"WHENCE_ELASTICSEARCH_{name.upper()}: {reason}")
    assert name != "url" or value not in problem


def test_a_process_that_would_follow_nothing_says_so(quiet_url: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "whence.command_line", "project"],
        env=clean_environment() | {"WHENCE_DATABASE_URL": quiet_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert "neither WHENCE_NEO4J_URL nor WHENCE_ELASTICSEARCH_URL is set" in ended.stderr
