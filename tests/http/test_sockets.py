"""GraphQL over WebSocket: the protocol graphql-transport-ws, message by message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from store.database import Database
from tests.http.conftest import Service, Start

PROTOCOL = Subprotocol("graphql-transport-ws")
TOKEN = "a-long-enough-token"


async def send(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def receive(socket: ClientConnection) -> Any:
    async with asyncio.timeout(10):
        return json.loads(await socket.recv())


async def subscribe(socket: ClientConnection, name: str, query: str, **more: Any) -> None:
    await send(socket, id=name, type="subscribe", payload={"query": query, **more})


@asynccontextmanager
async def open_socket(
    service: Service, payload: object = None, *, path: str = "/graphql"
) -> AsyncIterator[ClientConnection]:
    """Open a socket and wait until the service has taken it."""
    async with connect(f"ws://127.0.0.1:{service.port}{path}", subprotocols=[PROTOCOL]) as socket:
        await send(socket, type="connection_init", **({} if payload is None else {"payload": payload}))
        assert await receive(socket) == {"type": "connection_ack"}
        yield socket


async def fetch_close(socket: ClientConnection) -> tuple[int, str]:
    """Wait until the service closes, and return why."""
    with pytest.raises(ConnectionClosed) as closed:
        await receive(socket)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def test_a_subscription_gives_its_events_and_completes(service: Service) -> None:
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "subscription { count(to: 2) }")
        messages = [await receive(socket) for _ in range(3)]

    assert messages == [
        {"id": "a", "type": "next", "payload": {"data": {"count": 1}}},
        {"id": "a", "type": "next", "payload": {"data": {"count": 2}}},
        {"id": "a", "type": "complete"},
    ]


async def test_queries_and_mutations_run_too_and_an_empty_operation_name_is_absent(service: Service) -> None:
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "{ ping }", operationName="", variables=None)
        query = [await receive(socket), await receive(socket)]
        await subscribe(socket, "a", 'mutation { keep(texts: ["x"]) }')
        mutation = [await receive(socket), await receive(socket)]

    assert query[0]["payload"] == {"data": {"ping": "pong"}}
    assert mutation[0]["payload"] == {"data": {"keep": 1}}


async def test_operations_of_one_socket_run_side_by_side(service: Service) -> None:
    async with open_socket(service) as socket:
        await subscribe(socket, "slow", "subscription { count(to: 1000, pause: 0.01) }")
        await subscribe(socket, "quick", "{ ping }")
        messages: list[Any] = []
        while not messages or messages[-1] != {"id": "quick", "type": "complete"}:
            messages.append(await receive(socket))

    assert {"id": "quick", "type": "next", "payload": {"data": {"ping": "pong"}}} in messages


async def test_a_completed_operation_sends_no_more_and_its_id_is_free(service: Service) -> None:
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "subscription { count(to: 100000, pause: 0.001) }")
        await receive(socket)
        await send(socket, id="a", type="complete")
        await subscribe(socket, "a", "{ ping }")
        messages: list[Any] = []
        while not messages or messages[-1]["type"] != "complete":
            messages.append(await receive(socket))

    assert messages[-2] == {"id": "a", "type": "next", "payload": {"data": {"ping": "pong"}}}


async def test_a_wrong_document_is_an_error_of_its_operation(service: Service) -> None:
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "{ nothing }")
        unknown = await receive(socket)
        await subscribe(socket, "b", "")
        empty = await receive(socket)
        await send(socket, id="c", type="subscribe", payload={"query": 7})
        wrong = await receive(socket)
        await subscribe(socket, "a", "{ ping }")
        after = await receive(socket)

    assert (unknown["id"], unknown["type"]) == ("a", "error")
    assert "nothing" in unknown["payload"][0]["message"]
    assert empty["payload"][0]["message"] == "the request has no query"
    assert "at `$.query`" in wrong["payload"][0]["message"]
    assert after["payload"] == {"data": {"ping": "pong"}}


async def test_a_ping_is_answered(service: Service) -> None:
    async with open_socket(service) as socket:
        await send(socket, type="ping")

        assert await receive(socket) == {"type": "pong"}


@pytest.mark.parametrize(
    "message", ["", "no json", "[]", "{}", '{"type": 1}', '{"type": "launch"}', '{"type": "subscribe"}']
)
async def test_what_is_no_message_closes_the_socket(service: Service, message: str) -> None:
    async with open_socket(service) as socket:
        await socket.send(message)

        assert (await fetch_close(socket))[0] == 4400


async def test_bytes_close_the_socket(service: Service) -> None:
    async with open_socket(service) as socket:
        await socket.send(b"{}")

        assert await fetch_close(socket) == (4400, "WebSocket message type must be text")


async def test_an_id_in_use_closes_the_socket(service: Service) -> None:
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "subscription { count(to: 2, pause: 30) }")
        await subscribe(socket, "a", "{ ping }")

        assert await fetch_close(socket) == (4409, "Subscriber for a already exists")


async def test_a_second_init_closes_the_socket(service: Service) -> None:
    async with open_socket(service) as socket:
        await send(socket, type="connection_init")

        assert await fetch_close(socket) == (4429, "Too many initialisation requests")


async def test_an_operation_before_the_init_closes_the_socket(service: Service) -> None:
    async with connect(service.socket_address, subprotocols=[PROTOCOL]) as socket:
        await subscribe(socket, "a", "{ ping }")

        assert await fetch_close(socket) == (4401, "Unauthorized")


async def test_another_protocol_is_not_spoken(service: Service) -> None:
    async with connect(service.socket_address, subprotocols=[Subprotocol("graphql-ws")]) as socket:
        assert await fetch_close(socket) == (4406, "Subprotocol not acceptable")


async def test_more_operations_than_the_setting_allows_are_refused_one_by_one(start: Start) -> None:
    service = await start(socket_operations=1)
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "subscription { count(to: 2, pause: 30) }")
        await subscribe(socket, "b", "{ ping }")
        refused = await receive(socket)

    assert (refused["id"], refused["payload"][0]["extensions"]["code"]) == ("b", "TOO_LARGE")


async def test_a_query_over_a_socket_has_its_time_too(start: Start) -> None:
    service = await start(request_seconds=0.2)
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "{ sleepInRecord(seconds: 20) }")
        stopped = await receive(socket)

    assert stopped["payload"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_a_message_larger_than_a_body_may_be_closes_the_socket(start: Start) -> None:
    service = await start(max_body=2000)
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "{ ping }" + " " * 3000)

        assert (await fetch_close(socket))[0] == 1009


async def test_a_socket_that_closes_ends_its_operations(service: Service) -> None:
    async with open_socket(service) as socket:
        await subscribe(socket, "a", "subscription { count(to: 100000, pause: 0.001) }")
        await receive(socket)
    while service.figures.registry.get_sample_value("whence_sockets"):
        await asyncio.sleep(0.01)

    assert [task for task in asyncio.all_tasks() if "_serve" in repr(task)] == []


async def test_the_token_comes_by_the_first_message_or_by_the_header(start: Start) -> None:
    service = await start(token=TOKEN)
    seen = []
    for payload in ({"token": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}):
        async with open_socket(service, payload) as socket:
            await subscribe(socket, "a", "{ principal }")
            seen.append((await receive(socket))["payload"]["data"]["principal"])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with connect(service.socket_address, subprotocols=[PROTOCOL], additional_headers=headers) as socket:
        await send(socket, type="connection_init")
        seen.append((await receive(socket))["type"])

    assert seen == ["token", "token", "connection_ack"]


@pytest.mark.parametrize("payload", [None, {}, {"token": "wrong"}, {"Authorization": 7}, [], "x"])
async def test_without_the_token_the_socket_is_closed(start: Start, payload: object) -> None:
    service = await start(token=TOKEN)
    async with connect(service.socket_address, subprotocols=[PROTOCOL]) as socket:
        await send(socket, type="connection_init", payload=payload)

        assert (await fetch_close(socket))[0] == 4403


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Authorization": "Bearer wrong"}]
)
async def test_a_foreign_page_or_a_wrong_token_gets_no_socket(start: Start, headers: dict[str, str]) -> None:
    service = await start(token=TOKEN)
    with pytest.raises(InvalidStatus) as refused:
        async with connect(service.socket_address, subprotocols=[PROTOCOL], additional_headers=headers):
            pass

    assert refused.value.response.status_code == 403


async def test_a_workspace_nobody_made_closes_the_socket(service: Service) -> None:
    async with connect(f"ws://127.0.0.1:{service.port}/w/nobody/graphql", subprotocols=[PROTOCOL]) as socket:
        await send(socket, type="connection_init")

        assert await fetch_close(socket) == (4404, "there is no workspace 'nobody'")


async def test_a_socket_serves_the_workspace_of_its_path(service: Service, database: Database) -> None:
    async with database.write() as transaction:
        await transaction.conn.exec_driver_sql("INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'two')")
    async with open_socket(service, path="/w/two/graphql") as socket:
        await subscribe(socket, "a", "{ workspace }")

        assert (await receive(socket))["payload"] == {"data": {"workspace": "two"}}


async def test_a_client_library_can_subscribe(service: Service) -> None:
    transport = WebsocketsTransport(url=service.socket_address, subprotocols=[PROTOCOL])
    async with Client(transport=transport) as session:
        seen = [event["count"] async for event in session.subscribe(gql("subscription { count(to: 3) }"))]

    assert seen == [1, 2, 3]
