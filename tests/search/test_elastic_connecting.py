"""Connections to Elasticsearch: what is sent to prove who asks, and what is said of a server that does not take it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from domain.errors import Unavailable
from search.elastic.connecting import connect, probe
from search.elastic.settings import ElasticsearchSettings

BODY = b'{"error":{"type":"security_exception"},"status":401}'
REFUSED = (
    b"HTTP/1.1 401 Unauthorized\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)
ANOTHER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[str, list[str]]]:
    """Give the host and port of a server that answers everything so, and the heads of what it was asked."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    async with server:
        yield f"{host}:{port}", heads


async def ask(**given: str) -> str:
    """Return what is said of a server."""
    secrets = {name: SecretStr(value) for name, value in given.items()}
    client = connect(ElasticsearchSettings(**secrets))  # type: ignore[arg-type]
    try:
        with pytest.raises(Unavailable) as caught:
            await probe(client)
    finally:
        await client.close()
    return caught.value.message


async def test_user_and_password_of_the_address_are_sent_and_a_refusal_can_be_waited_for() -> None:
    async with answering(REFUSED) as (place, heads):
        said = await ask(url=f"http://whence:pa%40ss@{place}")

    expected = base64.b64encode(b"whence:pa@ss").decode()
    assert f"authorization: Basic {expected}".lower() in heads[0].lower()
    assert said == "the search index cannot answer now: security_exception"


async def test_an_api_key_goes_before_a_user() -> None:
    async with answering(REFUSED) as (place, heads):
        await ask(url=f"http://whence:pass@{place}", api_key="a2V5")

    assert "authorization: ApiKey a2V5".lower() in heads[0].lower()


async def test_what_is_no_elasticsearch_is_named_so() -> None:
    async with answering(ANOTHER) as (place, _):
        said = await ask(url=f"http://{place}")

    assert said == "what answers at the address of the search index is no Elasticsearch"


async def test_nobody_at_the_address() -> None:
    async with answering(ANOTHER) as (place, _):
        pass

    assert await ask(url=f"http://{place}") == "the search index did not answer"
