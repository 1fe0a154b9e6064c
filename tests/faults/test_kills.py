"""Kill -9 of every part under a load: nothing acknowledged is lost or doubled, no token read misses, nothing drifts."""

from __future__ import annotations

import asyncio
import random

from tests.faults.crowd import Crowd
from tests.faults.house import FOLLOWERS, SERVICES, House

VICTIMS = (SERVICES, FOLLOWERS, ("neo4j",), ("elasticsearch",), ("postgres",))
"""Parts, and which processes are one: each time one of them is killed."""

LONGEST_CALM_S = 1.0
LONGEST_ABSENCE_S = 1.5


async def test_every_part_is_killed_under_load(house: House, kills: int) -> None:
    chance = random.Random(11)
    victims = [chance.choice(part) for part in VICTIMS for _ in range(kills)]
    chance.shuffle(victims)
    crowd = Crowd(house, seed=11)
    async with crowd.living():
        for victim in victims:
            await asyncio.sleep(chance.random() * LONGEST_CALM_S)
            await house.kill_and_start(victim, away_s=chance.random() * LONGEST_ABSENCE_S)

    await crowd.assert_nothing_is_wrong()
    assert crowd.list_sources() == {"graph: RECORD", "graph: GRAPH", "index: RECORD", "index: INDEX"}
