"""Who may come in: names, origins, tokens, workspaces."""

from __future__ import annotations

import httpx
import pytest

from store.database import Database
from tests.http.conftest import Service, Start

TOKEN = "a-long-enough-token"
OPEN = {"Authorization": f"Bearer {TOKEN}"}
ASK = {"query": "{ principal }"}


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8900", "127.0.0.1", "127.5.0.1:1", "[::1]:8900", "LOCALHOST."]
)
async def test_loopback_names_are_answered(service: Service, host: str) -> None:
    assert (await service.http.post("/graphql", json=ASK, headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""])
async def test_foreign_hosts_are_refused_everywhere(service: Service, host: str) -> None:
    paths = ("/graphql", "/docs", "/metrics", "/w/demo/graphql")
    answers = [await service.http.get(path, headers={"Host": host}) for path in paths]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert {answer.json()["errors"][0]["extensions"]["code"] for answer in answers} == {"DENIED"}


async def test_configured_hosts_are_answered(start: Start) -> None:
    service = await start(allowed_hosts="whence.example, Other.example")
    statuses = [
        (await service.http.post("/graphql", json=ASK, headers={"Host": host})).status_code
        for host in ("whence.example", "other.example:443", "third.example")
    ]

    assert statuses == [200, 200, 403]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "x"])
async def test_browsers_of_other_origins_are_refused(service: Service, origin: str) -> None:
    answer = await service.http.post("/graphql", json=ASK, headers={"Origin": origin})

    assert answer.status_code == 403
    assert "WHENCE_ALLOWED_ORIGINS" in answer.json()["errors"][0]["message"]


async def test_a_page_of_ours_may_send(service: Service) -> None:
    origin = f"http://127.0.0.1:{service.port}"

    assert (await service.http.post("/graphql", json=ASK, headers={"Origin": origin})).status_code == 200


async def test_a_page_behind_tls_may_send_to_its_own_address(start: Start) -> None:
    service = await start(allowed_hosts="whence.example")
    headers = {"Origin": "https://whence.example", "Host": "whence.example"}

    assert (await service.http.post("/graphql", json=ASK, headers=headers)).status_code == 200


async def test_a_foreign_page_cannot_fetch_without_an_origin_either(service: Service) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    fetched = await service.http.get("/graphql", params=ASK, headers=headers)
    followed = await service.http.get("/docs", headers={**headers, "Sec-Fetch-Mode": "navigate"})

    assert (fetched.status_code, followed.status_code) == (403, 200)


async def test_an_allowed_origin_may_send_and_ask_first(start: Start) -> None:
    service = await start(allowed_origins="https://notebooks.example")
    origin = {"Origin": "https://notebooks.example"}
    asked = await service.http.options(
        "/graphql",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, whence-workspace",
        },
    )
    sent = await service.http.post("/graphql", json=ASK, headers=origin)

    assert asked.status_code == 200
    assert sent.status_code == 200
    assert sent.headers["access-control-allow-origin"] == "https://notebooks.example"


WRONG = [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xe4"]


@pytest.mark.parametrize("path", ["/graphql", "/w/default/graphql", "/metrics", "/nothing/here"])
async def test_without_the_token_nothing_is_answered(start: Start, path: str) -> None:
    service = await start(token=TOKEN)
    answers = []
    for authorization in WRONG:
        headers = httpx.Headers({} if authorization is None else {"Authorization": authorization}, encoding="latin-1")
        answers.append(await service.http.post(path, json=ASK, headers=headers))
        answers.append(await service.http.get(path, params=ASK, headers=headers))

    assert [answer.status_code for answer in answers] == [401] * 2 * len(WRONG)
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="whence"'}
    assert [answer for answer in answers if TOKEN in answer.text] == []


async def test_with_the_token_its_holder_is_the_principal(start: Start) -> None:
    service = await start(token=TOKEN)

    assert (await service.http.post("/graphql", json=ASK, headers=OPEN)).json() == {"data": {"principal": "token"}}
    assert (await service.http.get("/metrics", headers=OPEN)).status_code == 200


async def test_health_and_pages_are_open_and_health_by_any_name(start: Start) -> None:
    service = await start(token=TOKEN)
    page = await service.http.get("/w/demo/graphql", headers={"Accept": "text/html"})
    statuses = [
        (await service.http.get(path)).status_code for path in ("/healthz", "/readyz", "/docs", "/files/react.js")
    ]
    probe = await service.http.get("/healthz", headers={"Host": "10.1.2.3:8900"})

    assert page.status_code == 200
    assert statuses == [200, 200, 200, 200]
    assert probe.status_code == 200


async def test_without_a_token_everybody_is_anonymous(service: Service) -> None:
    assert (await service.ask("{ principal }")).json() == {"data": {"principal": "anonymous"}}


async def test_the_workspace_is_the_paths_else_the_headers_else_the_default(
    service: Service, database: Database
) -> None:
    async with database.write() as transaction:
        await transaction.conn.exec_driver_sql(
            "INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'a b'), (gen_random_uuid(), 'two')"
        )
    ask = {"query": "{ workspace }"}
    answers = [
        await service.http.post("/w/a%20b/graphql", json=ask, headers={"Whence-Workspace": "two"}),
        await service.http.post("/graphql", json=ask, headers={"Whence-Workspace": "two"}),
        await service.http.post("/graphql", json=ask),
    ]

    assert [answer.json()["data"]["workspace"] for answer in answers] == ["a b", "two", "default"]


async def test_a_workspace_nobody_made_is_not_found(service: Service) -> None:
    by_path = await service.http.post("/w/nobody/graphql", json=ASK)
    by_header = await service.http.post("/graphql", json=ASK, headers={"Whence-Workspace": "nobody"})

    assert by_path.status_code == by_header.status_code == 404
    assert (
        by_path.json()
        == by_header.json()
        == {
            "errors": [
                {
                    "message": "there is no workspace 'nobody'",
                    "extensions": {"code": "NOT_FOUND", "path": ["workspace"], "retriable": False},
                }
            ]
        }
    )


@pytest.mark.parametrize("name", ["%00", "x" * 300])
async def test_what_cannot_be_a_workspace_is_refused(service: Service, name: str) -> None:
    assert (await service.http.post(f"/w/{name}/graphql", json=ASK)).status_code == 400
