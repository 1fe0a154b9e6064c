"""What a leader does beside its line: build what is missing, verify what may not be trusted, and what was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from domain.errors import Conflict, DomainError, Unavailable
from domain.projections import GenerationState, TaskKind
from projection.marking import Marker
from projection.rebuilding import begin_generation, check_shrinking, copy, drop, find_building, swap
from projection.settings import ProjectionSettings
from projection.steps import Moment
from projection.targets import ProjectionTarget
from projection.verifying import Report, verify
from store.database import Database
from store.driver import fetch_driver
from store.projections.checkpoints import fetch_standing, trust
from store.projections.generations import Generation, fetch_generations, remove_all_generations
from store.projections.snapshots import change_progress, read_moment
from store.projections.tasks import Task, finish_task, note_progress, take_next_task

log = structlog.get_logger()

LOOK_S = 0.5
"""How often a leader looks whether something was asked of it."""


@dataclass(slots=True)
class Following:
    """A leader's work, of one term."""

    database: Database
    target: ProjectionTarget
    marker: Marker
    settings: ProjectionSettings
    term: int
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held for each step of the line, and by whoever must not have it write meanwhile."""

    async def begin(self, *, kept_before: bool) -> None:
        """Make every generation ready. A target that has lost its mark has lost all, and one whose generation is not
        there has lost what was written: it is built anew.
        """
        made = [await self.target.prepare(one.number) for one in await self.fetch_generations()]
        if any(made) or (self.marker.nonce is None and kept_before):
            log.warning("projection_lost", projection=self.target.name)
            await self.begin_anew()
        if not await self.fetch_generations():
            await begin_generation(self.database, self.target)
        if self.marker.nonce is None:
            await self.marker.mark()

    async def begin_anew(self) -> None:
        """Forget all generations; the next is built from the record, which answers meanwhile."""
        for generation in await self.fetch_generations():
            await self.target.drop(generation.number)
        async with change_progress(self.database) as driver:
            await remove_all_generations(driver, self.target.name)

    async def heed(self, moment: Moment) -> bool:
        """Begin anew where the outbox has not all that follows the checkpoint; say whether that was so."""
        if moment.batch.generations and moment.batch.trimmed_through <= moment.before:
            return False
        log.warning("projection_left_behind", projection=self.target.name, checkpoint=moment.before)
        await self.begin_anew()
        await begin_generation(self.database, self.target)
        return True

    async def do_tasks(self) -> None:
        """Do what is to be done beside the line, one thing after the other, until cancelled. Raises `Unavailable`."""
        while True:
            if not (await self._build() or await self._regain_trust() or await self._do_next()):
                await asyncio.sleep(LOOK_S)

    async def fetch_generations(self) -> list[Generation]:
        async with read_moment(self.database) as conn:
            return await fetch_generations(await fetch_driver(conn), self.target.name)

    async def find_serving(self) -> int | None:
        """Return the generation that serves."""
        found = await self.fetch_generations()
        return next((one.number for one in found if one.state is GenerationState.SERVING), None)

    async def _build(self) -> bool:
        """Go on with the first generation of all; a rebuild beside a serving one is a task's."""
        if await self.find_serving() is not None:
            return False
        building = await find_building(self.database, self.target.name)
        if building is None:
            return False
        log.info("projection_builds", projection=self.target.name, generation=building.number)
        await copy(self.database, self.target, self.marker, building, progress=_tell_nobody)
        await self.target.refresh(building.number)
        await swap(self.database, self.target, building.number)
        log.info("projection_serves", projection=self.target.name, generation=building.number)
        return True

    async def _regain_trust(self) -> bool:
        """After a raised incarnation: verify whole, contents too, and repair, before anybody may ask."""
        async with read_moment(self.database) as conn:
            driver = await fetch_driver(conn)
            standing = await fetch_standing(driver, self.target.name)
            incarnation = await driver.fetchval("SELECT number FROM incarnation")
        serving = await self.find_serving()
        if standing.trusted or serving is None:
            return False
        log.warning("projection_distrusted", projection=self.target.name, incarnation=incarnation)
        report = await self.verify(serving, deep=True, mend=True, drop_anyway=True)
        if report.left:
            log.error("projection_not_repaired", projection=self.target.name, left=report.left)
            await asyncio.sleep(LOOK_S)
            return True
        trusted = await trust(self.database, self.target.name, term=self.term, incarnation=incarnation)
        log.info("projection_trusted", projection=self.target.name, repaired=report.repaired, trusted=trusted)
        return True

    async def verify(
        self, generation: int, *, deep: bool, mend: bool, drop_anyway: bool, task: Task | None = None
    ) -> Report:
        """Compare a generation with the record, and repair it where asked to."""

        async def progress(done: int) -> None:
            if task is not None:
                await self._note(task, done, None)

        return await verify(
            self.database,
            self.target,
            self.marker,
            generation,
            deep=deep,
            mend=mend,
            largest_drop=1.0 if drop_anyway else self.settings.largest_drop,
            writing=self.writing,
            progress=progress,
        )

    async def _do_next(self) -> bool:
        async with change_progress(self.database, tell=False) as driver:
            task = await take_next_task(driver, self.target.name)
        if task is None:
            return False
        try:
            result: Mapping[str, Any] | None = await self._do(task)
            error = None
        except Unavailable:
            raise  # goes on with it once the servers are back
        except DomainError as exc:
            result, error = None, exc.message
        async with change_progress(self.database) as driver:
            await finish_task(driver, task.id, result=result, error=error)
        return True

    async def _do(self, task: Task) -> Mapping[str, Any]:
        """Do what was asked for and return what came of it. Raises `DomainError`."""
        drop_anyway = bool(task.options.get("drop_anyway"))
        if task.kind is TaskKind.REBUILD:
            return await self.rebuild(task, drop_anyway=drop_anyway)
        serving = await self.find_serving()
        if serving is None:
            raise Conflict(f"the projection {self.target.name} is being built: nothing serves yet")
        report = await self.verify(
            serving,
            deep=bool(task.options.get("deep")) or task.kind is TaskKind.REPAIR,
            mend=task.kind is TaskKind.REPAIR,
            drop_anyway=drop_anyway,
            task=task,
        )
        return report.tell()

    async def _note(self, task: Task, done: int, total: int | None) -> None:
        async with change_progress(self.database, tell=False) as driver:
            await note_progress(driver, task.id, done=done, total=total)

    async def rebuild(self, task: Task, *, drop_anyway: bool) -> Mapping[str, Any]:
        """Build a generation beside the serving one, let it serve, verify it, and drop what served before."""

        async def progress(done: int, total: int | None) -> None:
            await self._note(task, done, total)

        old = await self.find_serving()
        building = await find_building(self.database, self.target.name)
        if building is None:
            await begin_generation(self.database, self.target)
            building = await find_building(self.database, self.target.name)
        assert building is not None  # noqa: S101  # made a line above, and only a leader removes one
        copied = await copy(self.database, self.target, self.marker, building, progress=progress)
        await self.target.refresh(building.number)
        try:
            await check_shrinking(
                self.target, building.number, old, largest=self.settings.largest_drop, anyway=drop_anyway
            )
        except DomainError:
            await self._drop(building.number)
            raise
        await swap(self.database, self.target, building.number)
        report = await self.verify(building.number, deep=False, mend=False, drop_anyway=False)
        dropped = await self._drop_kept() if not report.found else []
        return {"generation": building.number, "copied": copied, "dropped": dropped, **report.tell()}

    async def _drop_kept(self) -> list[int]:
        kept = [one.number for one in await self.fetch_generations() if one.state is GenerationState.KEPT]
        for number in kept:
            await self._drop(number)
        return kept

    async def _drop(self, generation: int) -> None:
        async with self.writing:
            await drop(self.database, self.target, generation)


async def _tell_nobody(done: int, total: int | None) -> None:
    """Progress of what nobody asked for stands in the generation itself."""
