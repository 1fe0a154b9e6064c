"""Those who live in a house during a fault, and what must hold of all that they did once it is over."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.history import Act, Event, find_violations
from tests.faults.house import House
from tests.faults.load import PARTS, Impatient, Session, Subject, read_count

WRITERS = 2
READERS = 1
CALM_S = 1.0
WHOLE = """query($after: String) { runs(query: "experiment = impatient", first: 500, after: $after) {
  nodes { uuid params { key } tags { key } } pageInfo { hasNextPage endCursor } } }"""

_numbers = itertools.count(1)


class Crowd:
    """Sessions that write and read, and one that never asks twice."""

    def __init__(self, house: House, *, seed: int) -> None:
        number = next(_numbers)
        self.house = house
        self.events: list[Event] = []
        self.subjects = [Subject(f"{seed}x{number}x{one}") for one in range(WRITERS)]
        owners = [*self.subjects, *[None] * READERS]
        self.sessions = [
            Session(
                name=f"session {index}",
                urls=house.urls,
                events=self.events,
                own=own,
                others=self.subjects,
                chance=random.Random(seed * 100 + index),
            )
            for index, own in enumerate(owners)
        ]
        self.impatient = Impatient(house.urls, random.Random(seed))

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """Let all of them live; at the end they finish what they have begun, with nothing broken any more."""
        everybody: list[Session | Impatient] = [*self.sessions, self.impatient]
        lives = [asyncio.create_task(one.live()) for one in everybody]
        try:
            await asyncio.sleep(CALM_S)
            yield
            await self.house.recover()
            await asyncio.sleep(CALM_S)
        finally:
            for one in everybody:
                one.stopped.set()
            await asyncio.gather(*lives)

    def list_sources(self, since: float = 0.0, until: float = float("inf")) -> set[str]:
        """Return who answered what was asked in a time."""
        asked = [one for one in self.events if one.act is Act.READ and since <= one.began and one.ended <= until]
        return {f"{one.subject.split()[0]}: {one.source}" for one in asked}

    async def assert_nothing_is_wrong(self) -> None:
        """Nothing lost, nothing doubled, nothing half there, nothing missed by a token, nothing differs."""
        await self.house.catch_up()
        assert find_violations(self.events) == []
        assert await self.house.verify() == {}
        assert min(subject.written for subject in self.subjects) > 0
        for subject in self.subjects:
            for asked in (subject.ask_graph, subject.ask_index):
                answer = await self.house.ask(*asked(subject.token, "NONE"))
                assert answer["found"]["freshness"]["source"] != "RECORD"
                assert read_count(answer) == subject.written
        await self._assert_whole_or_absent()

    async def _assert_whole_or_absent(self) -> None:
        assert self.impatient.acknowledged
        found = await self._count_parts()
        assert {found.get(uuid) for uuid in self.impatient.acknowledged} == {2 * PARTS}
        assert {found.get(uuid) for uuid in self.impatient.abandoned} <= {2 * PARTS, None}

    async def _count_parts(self) -> dict[str, int]:
        """Return how many parameters and tags each run has that nobody waited for."""
        counts: dict[str, int] = {}
        after = None
        while True:
            page = (await self.house.ask(WHOLE, {"after": after}))["runs"]
            counts |= {run["uuid"]: len(run["params"]) + len(run["tags"]) for run in page["nodes"]}
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return counts
