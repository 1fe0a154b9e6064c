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


async def see_the_record(house: House, crowd: Crowd, server: str) -> None:
    """Wait until the record has answered what the hindered server would have."""
    kind, _ = PORTS[server]
    began = time.monotonic()

    async def answers_instead() -> bool:
        return f"{kind}: RECORD" in crowd.list_sources(began)

    await house.wait_until(answers_instead)


async def see_it_back(house: House, crowd: Crowd, server: str) -> None:
    """Wait until the server answers again by itself."""
    kind, source = PORTS[server]
    await house.recover()
    began = time.monotonic()

    async def answers_again() -> bool:
        return f"{kind}: {source}" in crowd.list_sources(began)

    await house.wait_until(answers_again)


async def test_servers_that_hang(house: House) -> None:
    crowd = Crowd(house, seed=21)
    async with crowd.living():
        for server in SERVERS:
            house.servers[server].freeze()
            await see_the_record(house, crowd, server)
            house.servers[server].thaw()
            await see_it_back(house, crowd, server)

    await crowd.assert_nothing_is_wrong()


async def test_servers_that_refuse_connections(house: House) -> None:
    crowd = Crowd(house, seed=22)
    async with crowd.living():
        for server in SERVERS:
            await house.proxies[server].refuse()
            await see_the_record(house, crowd, server)
            await house.proxies[server].accept()
            await see_it_back(house, crowd, server)

    await crowd.assert_nothing_is_wrong()


async def test_servers_that_answer_slowly(house: House) -> None:
    crowd = Crowd(house, seed=23)
    async with crowd.living():
        for server in SERVERS:
            house.proxies[server].delay_s = TAKES_S
            await see_the_record(house, crowd, server)
            house.proxies[server].delay_s = 0
            await see_it_back(house, crowd, server)

    await crowd.assert_nothing_is_wrong()


async def test_an_index_whose_disk_is_full(house: House) -> None:
    crowd = Crowd(house, seed=24)
    async with crowd.living():
        await house.set_disk_full(full=True)
        await see_the_record(house, crowd, "elasticsearch")
        await house.set_disk_full(full=False)
        await see_it_back(house, crowd, "elasticsearch")

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
