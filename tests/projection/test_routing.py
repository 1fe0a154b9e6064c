"""Who answers: the projection while it can, else the record; a token's write is never missing in silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.errors import NotYetProjected, Unavailable
from domain.ids import NodeKey, NodeKind, RunID
from domain.positions import Token
from domain.projections import Entity
from domain.runs import RunEdit
from projection.refreshing import SharedRefresh
from projection.routing import Fallback, Router, Wants
from projection.settings import ProjectionSettings
from projection.waiting import ProjectionWaiting
from store.database import Database
from store.outbox import Changed
from store.projections.incarnations import raise_incarnation
from store.run_edits import edit_run
from tests.projection.following import Followed, eventually
from tests.projection.kept_target import Kept
from tests.store.making import DEFAULT, make_run, read_run


@dataclass
class FromRecord:
    """Descriptions of runs, from the record."""

    record: Database

    async def describe(self, run: RunID) -> str | None:
        return (await read_run(self.record, run)).description


@dataclass
class FromKept:
    """The same, from one generation as it was when last refreshed."""

    kept: Kept
    seen: dict[Entity, Any]

    async def describe(self, run: RunID) -> str | None:
        if self.kept.away:
            raise Unavailable("the kept projection is away")
        state = self.seen.get(Entity(DEFAULT, NodeKey(NodeKind.RUN, run)))
        return None if state is None else state.body[1]


@dataclass
class KeptServing:
    kept: Kept
    name: str = "kept"
    refreshed: dict[int, dict[Entity, Any]] = field(default_factory=dict)
    asked: int = 0

    def open(self, generation: int, bookmark: str | None) -> FromKept:
        self.asked += 1
        return FromKept(self.kept, self.refreshed.get(generation, {}))

    async def refresh(self, generation: int) -> None:
        self.refreshed[generation] = dict(self.kept.generations[generation])

    async def probe(self) -> object:
        if self.kept.away:
            raise Unavailable("the kept projection is away")
        return None


Port = FromRecord | FromKept


@dataclass
class Asked:
    """A router, and how a test asks it."""

    followed: Followed
    serving: KeptServing
    router: Router[Port]

    async def describe(
        self, run: RunID, token: Token | None, *, seconds: float = 10.0, fallback: Fallback = Fallback.NONE
    ) -> tuple[str | None, str]:
        wants = Wants(workspace=DEFAULT, token=token, seconds=seconds, fallback=fallback)
        question: Callable[[Port], Any] = lambda port: port.describe(run)  # noqa: E731
        answered = await self.router.ask(question, wants, record=FromRecord(self.followed.record))
        return answered.value, answered.freshness.source


@pytest.fixture
async def asked(followed: Followed) -> AsyncIterator[Asked]:
    serving = KeptServing(followed.kept)
    router: Router[Port] = Router(
        "kept",
        serving=serving,
        waiting=ProjectionWaiting(followed.record, followed.wakeups),
        settings=ProjectionSettings(),
    )
    yield Asked(followed, serving, router)
    await router.close()


async def describe(record: Database, run: RunID, text: str) -> Token:
    async with record.write() as tx:
        await edit_run(tx, DEFAULT, run, RunEdit(description=text))
        return tx.answer_token(DEFAULT)


async def test_a_token_is_waited_for_and_its_write_is_seen(asked: Asked) -> None:
    run = await make_run(asked.followed.record)
    asked.followed.start()
    await asked.followed.catch_up()

    for number in range(20):
        token = await describe(asked.followed.record, run, str(number))
        assert await asked.describe(run, token) == (str(number), "kept")


async def test_what_was_put_off_is_written_for_whoever_sends_its_token(asked: Asked) -> None:
    run = await make_run(asked.followed.record)
    asked.followed.start()
    await asked.followed.catch_up()
    async with asked.followed.record.write() as tx:
        tx.changed(DEFAULT, NodeKey(NodeKind.RUN, run), 2, Changed.POINTS)
        token = tx.answer_token(DEFAULT)
    await asked.followed.wait_until(lambda one: one.pending == 1)

    assert await asked.describe(run, token) == (None, "kept")
    assert (await asked.followed.look()).pending == 0


async def test_what_stands_still_is_answered_by_the_record_or_refused(asked: Asked) -> None:
    run = await make_run(asked.followed.record)
    asked.followed.start()
    await asked.followed.catch_up()
    await asked.followed.stop()
    token = await describe(asked.followed.record, run, "not projected")

    assert await asked.describe(run, token, seconds=0.05, fallback=Fallback.RECORD) == ("not projected", "record")
    with pytest.raises(NotYetProjected, match="does not show position"):
        await asked.describe(run, token, seconds=0.05)


async def test_a_projection_that_is_far_behind_is_not_asked_even_without_a_token(asked: Asked) -> None:
    """What it would leave out is in no token: the record knows how long that has been waiting."""
    run = await make_run(asked.followed.record, description="before")
    asked.followed.start()
    await asked.followed.catch_up()
    await asked.serving.refresh(1)
    await asked.followed.stop()
    await describe(asked.followed.record, run, "after")
    router: Router[Port] = Router(
        "kept",
        serving=asked.serving,
        waiting=ProjectionWaiting(asked.followed.record, asked.followed.wakeups),
        settings=ProjectionSettings(behind_seconds=0.05),
    )
    at_first = await asked.describe(run, None)
    await asyncio.sleep(0.1)
    behind = Asked(asked.followed, asked.serving, router)

    assert at_first == ("before", "kept")
    assert await behind.describe(run, None, fallback=Fallback.RECORD) == ("after", "record")
    with pytest.raises(NotYetProjected, match="behind the record"):
        await behind.describe(run, None)


async def test_a_dead_letter_of_the_workspace_is_not_waited_for(asked: Asked) -> None:
    run = await make_run(asked.followed.record)
    asked.followed.start()
    await asked.followed.catch_up()
    asked.followed.kept.poison.add(run)
    token = await describe(asked.followed.record, run, "poison")
    await asked.followed.wait_until(lambda one: one.dead_letters == 1)

    assert await asked.describe(run, token, seconds=30, fallback=Fallback.RECORD) == ("poison", "record")
    assert (await asked.describe(run, None))[1] == "kept"


async def test_a_server_that_is_away_is_not_asked_and_comes_back_by_itself(asked: Asked) -> None:
    run = await make_run(asked.followed.record, description="here")
    asked.followed.start()
    await asked.followed.catch_up()
    await asked.serving.refresh(1)
    asked.followed.kept.away = True
    sources = [(await asked.describe(run, None, fallback=Fallback.RECORD)) for _ in range(5)]
    asked_while_away = asked.serving.asked
    with pytest.raises(Unavailable, match="the kept is away"):
        await asked.describe(run, None)
    asked.followed.kept.away = False

    async def is_back() -> bool:
        return await asked.describe(run, None, fallback=Fallback.RECORD) == ("here", "kept")

    await eventually(is_back)
    assert sources == [("here", "record")] * 5
    assert asked_while_away == 2  # then the breaker was open


async def test_a_projection_that_is_not_trusted_is_not_asked(asked: Asked) -> None:
    run = await make_run(asked.followed.record, description="here")
    asked.followed.start()
    await asked.followed.catch_up()
    await asked.followed.stop()
    await raise_incarnation(asked.followed.record)

    assert await asked.describe(run, None, fallback=Fallback.RECORD) == ("here", "record")


async def test_all_who_wait_share_a_refresh_and_none_is_answered_by_an_earlier_one() -> None:
    began: list[int] = []
    go_on = asyncio.Event()

    async def refresh(generation: int) -> None:
        began.append(generation)
        await go_on.wait()

    shared = SharedRefresh(refresh)
    first = asyncio.create_task(shared.cover((1, 10, 0)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(shared.cover((1, 11 + n, 0))) for n in range(5)]
    await asyncio.sleep(0)
    assert began == [1]
    go_on.set()
    await asyncio.gather(first, *others)
    await shared.cover((1, 15, 0))  # covered already

    assert began == [1, 1]
    await shared.cover((1, 16, 0))
    assert began == [1, 1, 1]
