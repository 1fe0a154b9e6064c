"""One Neo4j and one Elasticsearch serve a whole test run; without them their tests are left out, or the run fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
import neo4j

from tests.servers.java_servers import ElasticsearchServer
from tests.servers.separate_runs import SeparateRun

NEEDS = """
def test_the_graph(neo4j_url):
    print("GRAPH", neo4j_url, flush=True)

def test_the_index(elasticsearch_url):
    print("INDEX", elasticsearch_url, flush=True)

def test_neither():
    pass
"""

DIES = """
import os, signal, time
from tests.conftest import RUN
from store.embedded.processes import list_processes
from tests.servers.rendezvous import Rendezvous

def test_the_index_dies(elasticsearch_url, pytestconfig):
    run = Rendezvous.of_run(pytestconfig.stash[RUN]).folder.name
    [pid] = [pid for pid, command in list_processes().items() if "launcher.Main" in command and run in command]
    os.kill(pid, signal.SIGKILL)
    time.sleep(2)

def test_last():
    pass
"""


def _without_maven(tmp_path: Path) -> Mapping[str, str]:
    """Return an environment in which `mvn` and a cache of jars are not found."""
    return {"PATH": "/nowhere", "XDG_CACHE_HOME": str(tmp_path / "cache")}


async def test_the_graph_of_the_run_answers(neo4j_url: str) -> None:
    async with neo4j.AsyncGraphDatabase.driver(neo4j_url) as driver:
        records, _, _ = await driver.execute_query("RETURN 1 AS one")

    assert records[0]["one"] == 1


async def test_the_index_of_the_run_answers(elasticsearch_url: str, index_prefix: str) -> None:
    async with httpx.AsyncClient(base_url=elasticsearch_url) as client:
        await client.put(f"/{index_prefix}notes/_doc/1", params={"refresh": "true"}, json={"text": "a note"})
        found = await client.get(f"/{index_prefix}notes/_search", params={"q": "text:note"})

    assert found.json()["hits"]["total"]["value"] == 1


def test_tests_of_a_server_that_is_missing_are_left_out_and_named(short_path: Path) -> None:
    run = SeparateRun(short_path, NEEDS, **_without_maven(short_path))
    said, _ = run.process.communicate()

    assert "1 passed, 2 skipped" in said
    assert "left out 1 tests: no neo4j: no Maven (`mvn`) to fetch the server with" in said
    assert "left out 1 tests: no elasticsearch: no Maven (`mvn`) to fetch the server with" in said
    assert run.process.returncode == 0


def test_a_run_that_requires_servers_fails_where_one_is_missing(short_path: Path) -> None:
    run = SeparateRun(short_path, NEEDS, WHENCE_TEST_SERVERS="require", **_without_maven(short_path))
    said, _ = run.process.communicate()

    assert "the tests require neo4j: no Maven (`mvn`) to fetch the server with" in said
    assert "passed" not in said
    assert run.process.returncode != 0


def test_given_addresses_are_taken(short_path: Path) -> None:
    addresses = {"WHENCE_TEST_NEO4J_URL": "bolt://there:7687", "WHENCE_TEST_ELASTICSEARCH_URL": "http://there:9200"}
    run = SeparateRun(short_path, NEEDS, **addresses)
    said, _ = run.process.communicate()

    assert "GRAPH bolt://there:7687" in said
    assert "INDEX http://there:9200" in said
    assert "3 passed" in said


def test_a_run_fails_with_the_last_words_of_an_index_that_dies(short_path: Path) -> None:
    run = SeparateRun(short_path, DIES)
    said, _ = run.process.communicate()

    assert run.process.returncode != 0
    assert "the test run's elasticsearch died; the end of its log:" in said
    assert "READY" in said
    assert "2 passed" not in said
    assert run.find_left() == []


async def test_a_server_of_a_tests_own_can_be_killed_and_comes_back_with_its_data(
    tmp_path: Path, elasticsearch_url: str
) -> None:
    async with ElasticsearchServer(tmp_path / "server") as server:
        async with httpx.AsyncClient(base_url=server.url) as client:
            (await client.put("/things/_doc/1", json={})).raise_for_status()
        await server.kill()
        gone = server.has_ended
        await server.start()
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            await client.get("/_cluster/health/things", params={"wait_for_status": "yellow"})
            found = (await client.get("/things/_count")).json()["count"]

    assert gone
    assert server.url != elasticsearch_url
    assert found == 1
    assert not (tmp_path / "server").exists()
