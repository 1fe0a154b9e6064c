"""The line of a projection: step after step for as long as this process leads."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from domain.errors import Unavailable
from projection.following import Following
from projection.marking import Marker
from projection.settings import ProjectionSettings
from projection.steps import Moment, read_next, take_step
from projection.targets import ProjectionTarget
from store.database import Database
from store.projections.checkpoints import Deposed, begin_term, note_waiting, register
from store.projections.incarnations import notice_server, raise_without_mark
from store.projections.leadership import Leadership, lead
from store.projections.marks import count_marks
from store.projections.snapshots import change_progress
from store.wakeups import Wakeups, wait_for

log = structlog.get_logger()

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
IDLE_MOVE_S = 30.0
"""How often an idle line's checkpoint follows transactions that changed nothing it shows."""

REGISTER_S = 60.0


@dataclass(slots=True)
class Line:
    """One projection, led by this process or standing by."""

    database: Database
    target: ProjectionTarget
    wakeups: Wakeups
    settings: ProjectionSettings = field(default_factory=ProjectionSettings)
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    _moved: float = 0.0
    _registered: float = 0.0

    async def run(self) -> None:
        """Follow the record until cancelled: stand by, lead, stand by again. Raises `Unavailable`."""
        while True:
            await self._register()
            async with lead(self.database, self.target.name) as leadership:
                try:
                    await self._lead(leadership)
                except Deposed:
                    log.info("projection_deposed", projection=self.target.name)

    async def _register(self) -> None:
        if time.monotonic() - self._registered > REGISTER_S or not self._registered:
            await register(self.database, self.target.name)
            self._registered = time.monotonic()

    async def _lead(self, leadership: Leadership) -> None:
        term = await begin_term(self.database, self.target.name, self.name)
        log.info("projection_led", projection=self.target.name, term=term)
        await notice_server(self.database)
        pause = FIRST_PAUSE_S
        while leadership.is_held:
            try:
                await self._follow(leadership, term)
                return
            except Unavailable as exc:
                await note_waiting(self.database, self.target.name, exc.message)
                log.warning("projection_waits", projection=self.target.name, reason=exc.message, retry_in_s=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _follow(self, leadership: Leadership, term: int) -> None:
        """Go on while all servers answer, with the tasks beside the line."""
        marker = Marker(self.database, self.target, await self.target.read_mark())
        following = Following(
            database=self.database, target=self.target, marker=marker, settings=self.settings, term=term
        )
        async with change_progress(self.database, tell=False) as driver:
            kept_before = await count_marks(driver, self.target.name) > 0
        await following.begin(kept_before=kept_before)
        line = asyncio.create_task(self._go_on(following, leadership))
        beside = asyncio.create_task(following.do_tasks())
        try:
            await asyncio.wait((line, beside), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _stop(line, beside)
        for task in (line, beside):
            if not task.cancelled():
                task.result()

    async def _go_on(self, following: Following, leadership: Leadership) -> None:
        while leadership.is_held:
            await self._once(following, leadership)

    async def _once(self, following: Following, leadership: Leadership) -> None:
        signal = self.wakeups.signal
        await self._register()
        async with following.writing:
            idle = await self._step(following)
        if idle:
            await wait_for(signal, seconds=self.settings.poll_seconds)
            await leadership.check()

    async def _step(self, following: Following) -> bool:
        """Do the next step; say whether there was nothing to do."""
        mark = following.marker.nonce
        moment = await read_next(self.database, self.target, mark=mark, limit=self.settings.batch)
        if mark is not None and not moment.batch.marked:
            log.warning("record_restored", projection=self.target.name)
            await raise_without_mark(self.database, self.target.name, mark)
            await following.marker.mark()
            return False
        if await following.heed(moment):
            return False
        if moment.is_idle and not self._is_to_move(moment):
            return True
        hot = timedelta(seconds=self.settings.hot_seconds)
        await take_step(self.database, self.target, following.marker, moment, term=following.term, hot=hot)
        return False

    def _is_to_move(self, moment: Moment) -> bool:
        if moment.batch.through == moment.before or time.monotonic() - self._moved < IDLE_MOVE_S:
            return False
        self._moved = time.monotonic()
        return True


async def _stop(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
