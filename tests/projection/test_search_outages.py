"""Search while its Elasticsearch hangs, loses an index or a shard, is killed: answers go on, and say whose they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from tests.graphql.asking import Client, Json
from tests.projection.test_search_answers import SEARCH, fill, serve, wait_until_it_serves
from tests.servers.java_servers import ElasticsearchServer

PATIENCE_S = 60.0
ASKED: Json = {"text": "loss spikes", "kinds": ["NOTE"]}


async def wait_for_source(client: Client, source: str) -> Json:
    """Ask until that source answers; every answer before has all hits too."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found: Json = (await client.ask(SEARCH, ASKED))["search"]
        assert found["totalCount"]["value"] == 12, (source, found["freshness"])
        if found["freshness"]["source"] == source:
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(f"{source} does not answer")


async def test_every_outage_is_answered_from_the_record_and_ends(quiet_url: str, tmp_path: Path) -> None:
    async with ElasticsearchServer(tmp_path / "elasticsearch") as server:
        settings = {"WHENCE_ELASTICSEARCH_URL": server.url, "WHENCE_PROJECTION_SLOW_SECONDS": "1"}
        async with serve(quiet_url, tmp_path / "service", **settings) as client:
            await wait_until_it_serves(client)
            token = await fill(client)
            before = (await client.ask(SEARCH, {**ASKED, "token": token, "fallback": "NONE"}))["search"]
            sources = [before["freshness"]["source"]]

            async def close_an_index() -> None:
                await _change(server.url, "/whence-notes-*/_close")

            async def open_it_again() -> None:
                await _change(server.url, "/whence-notes-*/_open")

            shard = await _find_shard(server)

            async def lose_a_shard() -> None:
                await _lose(server, shard, tmp_path / "shard")
                assert await _read_health(server.url) == "red"

            async def find_it_again() -> None:
                await _find_again(server, shard, tmp_path / "shard")

            outages: list[tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]] = [
                (_calling(server.freeze), _calling(server.thaw)),
                (close_an_index, open_it_again),
                (lose_a_shard, find_it_again),
                (server.kill, server.start),
            ]
            for begin, end in outages:
                await begin()
                sources.append((await wait_for_source(client, "RECORD"))["freshness"]["source"])
                refused = await client.fail(SEARCH, {**ASKED, "fallback": "NONE"})
                await end()
                sources.append((await wait_for_source(client, "INDEX"))["freshness"]["source"])

                assert refused["code"] in ("UNAVAILABLE", "NOT_YET_PROJECTED")

    assert sources == ["INDEX", *["RECORD", "INDEX"] * len(outages)]


def _calling(work: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        work()

    return call


async def _change(url: str, path: str, **more: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        (await http.post(path, params={"expand_wildcards": "all", **more})).raise_for_status()


async def _lose(server: ElasticsearchServer, shard: Path, kept: Path) -> None:
    """Let a shard's folder be gone when its index is opened."""
    await _change(server.url, "/whence-notes-*/_close")
    shard.rename(kept)
    await _change(server.url, "/whence-notes-*/_open", wait_for_active_shards="0", timeout="1s")


async def _find_again(server: ElasticsearchServer, shard: Path, kept: Path) -> None:
    """Let it be there again when the server starts: an index without a shard cannot be closed."""
    await server.kill()
    kept.rename(shard)
    await server.start()


async def _find_shard(server: ElasticsearchServer) -> Path:
    """Return the folder of the only shard of the notes."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        found = (await http.get("/whence-notes-*/_settings")).raise_for_status().json()
    (index,) = found.values()
    (folder,) = server.home.glob(f"**/indices/{index['settings']['index']['uuid']}/0")
    return folder


async def _read_health(url: str) -> str:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        health = (await http.get("/_cluster/health/whence-notes-*")).raise_for_status()
    return str(health.json()["status"])
