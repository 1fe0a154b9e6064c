"""Work that goes on beside requests: each task is restarted when it crashes, ever more slowly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

from domain.errors import Unavailable

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
WELL_AFTER_S = 60.0
"""A task that ran this long has recovered: its next crash counts as its first."""

CANCEL_AGAIN_S = 2.0
"""A library may lose a cancellation that comes together with what it waited for; the next one ends the task."""

log = structlog.get_logger()

Work = Callable[[], Awaitable[None]]


def repeat(work: Callable[[], Awaitable[object]], *, seconds: float) -> Work:
    """Return a task that does the work, then again so many seconds after it ended."""

    async def repeated() -> None:
        while True:
            await work()
            await asyncio.sleep(seconds)

    return repeated


class Background:
    """Tasks by name, each an endless coroutine function.

    A crash is logged with its traceback once, when the task falls; while it keeps falling only that it did. When the
    record is away that is no crash of the task, and no traceback.
    """

    def __init__(self, works: Mapping[str, Work], *, on_crash: Callable[[str], None] = lambda name: None) -> None:
        self._works = dict(works)
        self._on_crash = on_crash
        self._tasks: list[asyncio.Task[None]] = []
        self._is_stopping = False

    async def start(self) -> None:
        """Start every task."""
        self._is_stopping = False
        self._tasks = [asyncio.create_task(self._keep(name, work), name=name) for name, work in self._works.items()]

    async def stop(self) -> None:
        """Cancel every task, again where that was lost, and wait until each has ended."""
        self._is_stopping = True
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_S)
        self._tasks = []

    async def _keep(self, name: str, work: Work) -> None:
        pause = FIRST_PAUSE_S
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await work()
            except Exception as exc:
                if self._is_stopping:
                    log.info("background_task_failed_at_stop", task=name, error=type(exc).__name__)
                    return
                if time.monotonic() - began > WELL_AFTER_S:
                    pause, failures = FIRST_PAUSE_S, 0
                failures += 1
                self._tell(name, exc, failures=failures, pause=pause)
            else:
                log.info("background_task_ended", task=name)
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _tell(self, name: str, exc: Exception, *, failures: int, pause: float) -> None:
        self._on_crash(name)
        if isinstance(exc, Unavailable):
            log.warning("background_task_waits", task=name, reason=exc.message, restart_in_s=pause)
        elif failures == 1:
            log.error("background_task_crashed", task=name, restart_in_s=pause, exc_info=exc)
        else:
            log.warning("background_task_crashed_again", task=name, failures=failures, restart_in_s=pause)
