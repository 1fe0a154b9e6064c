"""Request bodies and answers: their limits, and their compression."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator

import pytest
import zstandard

from tests.http.conftest import Service, Start

HEADERS = {"Content-Type": "application/json"}
QUERY = json.dumps({"query": "{ ping }"}).encode()


async def test_a_body_that_says_it_is_too_large_is_refused(start: Start) -> None:
    service = await start(max_body=2000)
    answer = await service.ask("{ ping }" + " " * 3000)

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["message"] == "the request body is larger than 2000 bytes"
    assert answer.json()["errors"][0]["extensions"] == {"code": "TOO_LARGE", "path": [], "retriable": False}


async def test_a_body_that_turns_out_too_large_is_refused_too(start: Start) -> None:
    service = await start(max_body=2000)

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b" " * 1000

    answer = await service.http.post("/graphql", content=unannounced(), headers=HEADERS)

    assert answer.status_code == 413
    assert (await service.ask("{ ping }")).status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_a_compressed_body_is_read(service: Service, coding: str) -> None:
    squeeze = gzip.compress if coding == "gzip" else zstandard.ZstdCompressor().compress
    small = await service.http.post("/graphql", content=squeeze(QUERY), headers={**HEADERS, "Content-Encoding": coding})
    text = "".join(str(number) for number in range(100_000))
    query = json.dumps({"query": "query($t: String!) { echo(text: $t) }", "variables": {"t": text}}).encode()
    large = await service.http.post("/graphql", content=squeeze(query), headers={**HEADERS, "Content-Encoding": coding})

    assert small.json() == {"data": {"ping": "pong"}}
    assert large.json() == {"data": {"echo": text}}


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_a_bomb_is_refused_at_the_limit(start: Start, coding: str) -> None:
    service = await start(max_decoded_body=1_000_000)
    squeeze = gzip.compress if coding == "gzip" else zstandard.ZstdCompressor().compress
    bomb = squeeze(b" " * 50_000_000)
    answer = await service.http.post("/graphql", content=bomb, headers={**HEADERS, "Content-Encoding": coding})

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["message"] == "the decompressed body is larger than 1000000 bytes"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_a_body_that_is_not_what_its_encoding_says_is_refused(service: Service, coding: str) -> None:
    headers = {**HEADERS, "Content-Encoding": coding}
    wrong = await service.http.post("/graphql", content=QUERY, headers=headers)
    squeezed = gzip.compress(QUERY) if coding == "gzip" else zstandard.ZstdCompressor().compress(QUERY)
    cut = await service.http.post("/graphql", content=squeezed[:-9], headers=headers)

    assert (wrong.status_code, cut.status_code) == (400, 400)
    assert f"not {coding}" in wrong.json()["errors"][0]["message"]


async def test_an_encoding_that_nobody_knows_is_refused(service: Service) -> None:
    answer = await service.http.post("/graphql", content=QUERY, headers={**HEADERS, "Content-Encoding": "br"})

    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "gzip, zstd"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("zstd, gzip", "zstd"), ("gzip, zstd;q=0", "gzip"), ("identity", None), ("br", None)],
)
async def test_a_large_answer_is_compressed_as_the_client_takes_it(
    service: Service, accepted: str, coding: str | None
) -> None:
    request = service.http.build_request(
        "POST", "/graphql", json={"query": "{ long(size: 600000) }"}, headers={"Accept-Encoding": accepted}
    )
    answer = await service.http.send(request, stream=True)
    raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    plain = raw
    if coding is not None:
        plain = gzip.decompress(raw) if coding == "gzip" else zstandard.ZstdDecompressor().decompress(raw)

    assert answer.headers.get("content-encoding") == coding
    assert int(answer.headers["content-length"]) == len(raw)
    assert "Accept-Encoding" in answer.headers["vary"]
    assert len(json.loads(plain)["data"]["long"]) == 600_000


async def test_a_small_answer_is_sent_as_it_is(service: Service) -> None:
    answer = await service.http.post("/graphql", json={"query": "{ ping }"}, headers={"Accept-Encoding": "gzip, zstd"})

    assert "content-encoding" not in answer.headers
