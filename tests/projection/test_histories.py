"""Random histories: writes, kills, servers that go away, rebuilds, raises. In the end the projection is the record."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from domain.ids import NodeKey, NodeKind, NoteID, RunID, make_uuid7
from domain.projections import TaskKind
from projection.settings import ProjectionSettings
from store.database import Database
from store.notes import add_note, edit_note
from store.outbox import Changed
from store.projections.incarnations import raise_incarnation
from store.projections.snapshots import change_progress
from store.projections.tasks import add_task
from store.purging import purge_run
from store.run_edits import delete_runs
from tests.projection.following import Followed, describe
from tests.store.making import DEFAULT, make_run

STEPS = 40


class History:
    """One random history; every choice follows from its seed."""

    def __init__(self, followed: Followed, seed: int) -> None:
        self.followed = followed
        self.record: Database = followed.record
        self.random = random.Random(seed)
        self.runs: list[RunID] = []
        self.notes: list[NoteID] = []
        self.acts: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self.make_run, 4),
            (self.describe, 10),
            (self.log_points, 6),
            (self.write_note, 4),
            (self.edit_note, 4),
            (self.purge, 1),
            (self.kill, 6),
            (self.go_away, 2),
            (self.rebuild, 1),
            (self.raise_incarnation, 1),
        ]

    async def live(self) -> None:
        await self.make_run()
        self.followed.start()
        for _ in range(STEPS):
            acts, weights = zip(*self.acts, strict=True)
            await self.random.choices(acts, weights)[0]()
            await asyncio.sleep(self.random.choice((0, 0, 0.002, 0.02)))

    async def make_run(self) -> None:
        self.runs.append(await make_run(self.record))

    async def describe(self) -> None:
        await describe(self.record, self.random.choice(self.runs), str(self.random.random()))

    async def log_points(self) -> None:
        run = self.random.choice(self.runs)
        from store.counters import lock_run, save_counters

        async with self.record.write() as tx:
            counters = await lock_run(tx, DEFAULT, run)
            counters.last_step = (counters.last_step or 0) + 1
            counters.raise_revision(tx, Changed.POINTS)
            await save_counters(tx, counters)

    async def write_note(self) -> None:
        note = NoteID(make_uuid7())
        subject = NodeKey(NodeKind.RUN, self.random.choice(self.runs))
        async with self.record.write() as tx:
            await add_note(tx, DEFAULT, subject, "a note", id=note)
        self.notes.append(note)

    async def edit_note(self) -> None:
        if self.notes:
            async with self.record.write() as tx:
                await edit_note(tx, DEFAULT, self.random.choice(self.notes), str(self.random.random()))

    async def purge(self) -> None:
        if len(self.runs) > 1:
            run = self.runs.pop(self.random.randrange(len(self.runs)))
            async with self.record.write() as tx:
                await delete_runs(tx, DEFAULT, [run])
            await purge_run(self.record, DEFAULT, run)
            self.notes.clear()

    async def kill(self) -> None:
        await asyncio.sleep(self.random.random() * 0.03)
        await self.followed.stop()
        self.followed.start()

    async def go_away(self) -> None:
        self.followed.kept.away = True
        await self.describe()
        await asyncio.sleep(0.02)
        self.followed.kept.away = False

    async def rebuild(self) -> None:
        async with change_progress(self.record) as driver:
            await add_task(driver, self.followed.target.name, TaskKind.REBUILD, {"drop_anyway": True})

    async def raise_incarnation(self) -> None:
        await raise_incarnation(self.record)


async def test_in_the_end_the_projection_is_the_record(followed: Followed, is_long: bool) -> None:
    followed.settings = ProjectionSettings(hot_seconds=0.05, poll_seconds=0.02, batch=3)
    for seed in range(100 if is_long else 4):
        await History(followed, seed).live()
        await followed.catch_up()
        await followed.finish_tasks()
        comparison = await followed.compare(deep=True)
        assert (comparison.differences, comparison.unsettled) == ([], []), seed
        assert comparison.checked > 0, seed
        await followed.stop()
