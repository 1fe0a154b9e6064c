"""Kill -9 of every part under a load: nothing acknowledged is lost or doubled, no token read misses, nothing drifts."""

from __future__ import annotations

import asyncio
import random

from tests.faults.history import find_violations
from tests.faults.house import House
from tests.faults.load import Event, LoadClient

VICTIMS = ("serve", "project", "neo4j", "postgres")
CLIENTS = 2
CALM_S = 1.0


async def test_every_part_is_killed_under_load(house: House, kills: int) -> None:
    await house.catch_up()
    events: list[Event] = []
    clients = [LoadClient(number, house.url, events, seed=11) for number in range(CLIENTS)]
    living = [asyncio.create_task(client.live()) for client in clients]
    chance = random.Random(11)
    victims = [victim for victim in VICTIMS for _ in range(kills)]
    chance.shuffle(victims)
    for victim in victims:
        await asyncio.sleep(CALM_S + chance.random())
        await house.kill_and_start(victim)
    await house.catch_up()
    await asyncio.sleep(CALM_S)
    for client in clients:
        client.stopped.set()
    await asyncio.gather(*living)
    await house.catch_up()
    verified = await house.verify()

    assert find_violations(events) == []
    assert verified["differences"] == {}
    assert {event.source for event in events if event.kind == "read"} == {"RECORD", "GRAPH"}
    assert min(client.written for client in clients) > 0


async def test_a_graph_that_hangs_is_answered_for_by_the_record_and_comes_back(house: House) -> None:
    await house.catch_up()
    events: list[Event] = []
    client = LoadClient(1, house.url, events, seed=12)
    living = asyncio.create_task(client.live())
    await asyncio.sleep(CALM_S)
    house.neo4j.freeze()
    frozen_at = len(events)
    await asyncio.sleep(6)
    house.neo4j.thaw()
    thawed_at = len(events)
    await house.catch_up()
    await asyncio.sleep(CALM_S)
    client.stopped.set()
    await living
    verified = await house.verify()

    assert find_violations(events) == []
    assert "RECORD" in {event.source for event in events[frozen_at:thawed_at] if event.kind == "read"}
    assert verified["differences"] == {}
