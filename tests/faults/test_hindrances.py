"""What is slow, silent, full or refuses, but lives: the record answers meanwhile and says so; then all is even."""

from __future__ import annotations

import asyncio
import time

from tests.faults.crowd import Crowd
from tests.faults.house import SERVERS, House

LASTS_S = 4.0
TAKES_S = 3.0
"""Longer than the service waits for a projection's answer (2 s here)."""

PORTS = {"neo4j": ("graph", "GRAPH"), "elasticsearch": ("index", "INDEX")}


async def watch(house: House, crowd: Crowd, server: str, began: float) -> None:
    """Look at what was answered while a server was hindered, and that it answers again."""
    kind, source = PORTS[server]
    ended = time.monotonic()
    assert f"{kind}: RECORD" in crowd.list_sources(began, ended)
    await house.recover()
    back = time.monotonic()

    async def answers_again() -> bool:
        return f"{kind}: {source}" in crowd.list_sources(back)

    await house.wait_until(answers_again)


async def test_servers_that_hang(house: House) -> None:
    crowd = Crowd(house, seed=21)
    async with crowd.living():
        for server in SERVERS:
            began = time.monotonic()
            house.servers[server].freeze()
            await asyncio.sleep(LASTS_S)
            house.servers[server].thaw()
            await watch(house, crowd, server, began)

    await crowd.assert_nothing_is_wrong()


async def test_servers_that_refuse_connections(house: House) -> None:
    crowd = Crowd(house, seed=22)
    async with crowd.living():
        for server in SERVERS:
            began = time.monotonic()
            await house.proxies[server].refuse()
            await asyncio.sleep(LASTS_S)
            await house.proxies[server].accept()
            await watch(house, crowd, server, began)

    await crowd.assert_nothing_is_wrong()


async def test_servers_that_answer_slowly(house: House) -> None:
    crowd = Crowd(house, seed=23)
    async with crowd.living():
        for server in SERVERS:
            began = time.monotonic()
            house.proxies[server].delay_s = TAKES_S
            await asyncio.sleep(LASTS_S + TAKES_S)
            house.proxies[server].delay_s = 0
            await watch(house, crowd, server, began)

    await crowd.assert_nothing_is_wrong()


async def test_an_index_whose_disk_is_full(house: House) -> None:
    crowd = Crowd(house, seed=24)
    async with crowd.living():
        began = time.monotonic()
        await house.set_disk_full(full=True)
        await asyncio.sleep(LASTS_S)
        await house.set_disk_full(full=False)
        await watch(house, crowd, "elasticsearch", began)

    await crowd.assert_nothing_is_wrong()


async def test_a_leader_that_hangs_and_comes_to_itself(house: House) -> None:
    leader = await house.find_leader("graph")
    assert leader is not None
    crowd = Crowd(house, seed=25)
    async with crowd.living():
        house.freeze_process(leader)
        await asyncio.sleep(LASTS_S)
        house.thaw_process(leader)

    await crowd.assert_nothing_is_wrong()
