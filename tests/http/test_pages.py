"""Pages for people, health for machines, figures for Prometheus, and what is logged."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from api.settings import ServerSettings
from store.database import Database
from tests.http.conftest import Service, Start, run_service

GRAPHIQL = Path(__file__).parents[2] / "api" / "graphiql"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_a_browser_gets_graphiql_at_the_address_of_a_workspace(service: Service) -> None:
    answer = await service.http.get("/w/demo/graphql", headers=BROWSER)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "/files/graphiql-page.js" in answer.text


async def test_every_file_a_page_names_is_ours_and_there(service: Service) -> None:
    page = (await service.http.get("/graphql", headers=BROWSER)).text
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    statuses = {name: (await service.http.get(name)).status_code for name in named}

    assert len(named) > 6
    assert {name for name in named if not name.startswith("/")} == set()
    assert statuses == dict.fromkeys(named, 200)


async def test_pages_may_take_nothing_from_elsewhere(service: Service) -> None:
    policy = (await service.http.get("/graphql", headers=BROWSER)).headers["content-security-policy"]

    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "http" not in policy
    assert "unsafe" not in policy


async def test_a_file_the_browser_has_is_not_sent_again(service: Service) -> None:
    first = await service.http.get("/files/graphiql.js", headers={"Accept-Encoding": "gzip"})
    again = await service.http.get("/files/graphiql.js", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (again.status_code, again.content) == (304, b"")


def test_the_vendored_files_are_the_ones_whose_digests_stand_beside_them() -> None:
    lines = (GRAPHIQL / "vendor" / "digests.txt").read_text().splitlines()
    expected = {name: digest for digest, name in (line.split() for line in lines)}
    found = {name: hashlib.sha256((GRAPHIQL / "vendor" / name).read_bytes()).hexdigest() for name in expected}

    assert found == expected
    assert len(found) == 4


async def test_the_examples_come_in_order_and_each_has_a_title_and_fit_variables(service: Service) -> None:
    examples = (await service.http.get("/files/examples.json")).json()

    assert [example["name"] for example in examples] == sorted(
        path.stem for path in GRAPHIQL.glob("examples/*.graphql")
    )
    assert [example["name"] for example in examples if not example["title"] or not example["description"]] == []
    assert [example["opened"] for example in examples][:4] == [True, True, True, False]
    assert [
        example["name"] for example in examples if "$" in example["query"] and not json.loads(example["variables"])
    ] == []


@pytest.mark.parametrize(
    "path", ["/files/nothing.js", "/files/..%2fpage%2f", "/docs/nothing", "/docs/../README", "/elsewhere"]
)
async def test_what_is_not_there_is_not_found(service: Service, path: str) -> None:
    answer = await service.http.get(path)

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_the_start_leads_to_the_documents_and_each_of_them_opens(service: Service) -> None:
    start = await service.http.get("/")
    page = await service.http.get(start.headers["location"])
    listed = re.findall(r'href="(/docs/[^"]+)"', page.text)
    statuses = [(await service.http.get(path)).status_code for path in listed]

    assert {"/docs/reference/settings", "/docs/sdk", "/docs/search", "/docs/lineage"} <= set(listed)
    assert set(statuses) == {200}
    assert "/w/demo/graphql" in page.text


async def test_no_link_of_a_document_leads_nowhere(service: Service) -> None:
    seen: dict[str, int] = {}
    waiting = ["/docs"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.endswith("/graphql"):
            continue
        answer = await service.http.get(path)
        seen[path] = answer.status_code
        if answer.headers["content-type"].startswith("text/html"):
            links = re.findall(r'href="([^"#]+)', answer.text)
            waiting += [urljoin(path, link) for link in links if not re.match(r"[a-z]+:", link)]

    assert {path: status for path, status in seen.items() if status != 200} == {}
    assert "/docs/decisions/0001-global-ids.md" in seen


async def test_the_schema_can_be_read_as_text(service: Service) -> None:
    assert "type Query {" in (await service.http.get("/schema.graphql")).text


async def test_health_tells_whether_the_process_lives_and_readiness_whether_the_record_answers(
    start: Start, service: Service
) -> None:
    nowhere = Database.connect("postgresql://nobody@127.0.0.1:1/nothing")
    async with run_service(nowhere, ServerSettings(shutdown_seconds=1)) as broken:
        health = await broken.http.get("/healthz")
        ready = await broken.http.get("/readyz")
        asked = await broken.ask("{ ping }")
    await nowhere.close()

    assert (await service.http.get("/readyz")).json() == {"status": "ready"}
    assert health.json() == {"status": "alive", "version": version("whence-server")}
    assert (ready.status_code, ready.json()["reason"]) == (503, "the record did not answer")
    assert (asked.status_code, asked.json()["errors"][0]["extensions"]["retriable"]) == (503, True)


async def test_figures_can_be_read_by_prometheus(service: Service) -> None:
    await service.ask("{ ping }")
    await service.http.get("/nothing/here")
    text = (await service.http.get("/metrics")).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted = {
        tuple(sample.labels.values()): sample.value
        for sample in families["whence_requests"].samples
        if sample.name.endswith("_total")
    }

    assert counted == {("graphql", "200"): 1.0, ("page", "404"): 1.0}
    assert {"whence_request_seconds", "whence_sockets", "whence_background_crashes", "process_cpu_seconds"} <= set(
        families
    )


async def test_a_request_has_an_id_its_senders_if_it_is_fit(service: Service) -> None:
    given = await service.http.post("/graphql", json={"query": "{ requestId }"}, headers={"X-Request-Id": "abc-1"})
    unfit = await service.http.get("/docs", headers={"X-Request-Id": "a b"})

    assert given.headers["x-request-id"] == given.json()["data"]["requestId"] == "abc-1"
    assert re.fullmatch("[0-9a-f]{16}", unfit.headers["x-request-id"])


async def test_each_request_is_one_event_without_its_contents(start: Start) -> None:
    service = await start(access_log="on")
    with capture_logs() as logs:
        await service.http.post("/graphql", json={"query": '{ echo(text: "private") }'})
        await service.http.get("/graphql", params={"query": '{ echo(text: "private") }'})
        await service.http.get("/healthz")
    events = [(entry["event"], entry["method"], entry["path"], entry["status"]) for entry in logs]

    assert events == [("request_served", "POST", "/graphql", 200), ("request_served", "GET", "/graphql", 200)]
    assert {entry["log_level"] for entry in logs} == {"info"}
    assert "private" not in str(logs)


async def test_without_the_access_log_only_what_failed_stands_out(service: Service) -> None:
    with capture_logs() as logs:
        await service.ask("{ ping }")
        await service.ask("{ noJson }")
    levels = [(entry["status"], entry["log_level"]) for entry in logs if entry["event"] == "request_served"]

    assert levels == [(200, "debug"), (500, "warning")]


async def test_what_nobody_expected_is_masked_and_logged_once(service: Service) -> None:
    with capture_logs() as logs:
        answer = await service.ask("{ noJson }")

    assert answer.status_code == 500
    assert answer.json()["errors"] == [
        {"message": "internal error", "extensions": {"code": "INTERNAL", "path": [], "retriable": False}}
    ]
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["request_failed"]


async def test_a_page_is_compressed_only_for_those_who_take_it(service: Service) -> None:
    request = service.http.build_request("GET", "/files/graphiql.css", headers={"Accept-Encoding": "gzip;q=0"})
    plain: httpx.Response = await service.http.send(request)
    request = service.http.build_request("GET", "/files/graphiql.css", headers={"Accept-Encoding": "gzip"})
    answer = await service.http.send(request, stream=True)
    raw = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content
