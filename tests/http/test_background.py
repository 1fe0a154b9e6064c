"""Background tasks: started, restarted when they crash, stopped."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from api import background
from api.background import Background, repeat
from domain.errors import Unavailable


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_PAUSE_S", 0.001)


async def run_until(tasks: Background, done: asyncio.Event) -> None:
    await tasks.start()
    async with asyncio.timeout(5):
        await done.wait()
    await tasks.stop()


async def test_a_crash_is_logged_once_with_its_traceback_and_the_task_restarted() -> None:
    done = asyncio.Event()
    starts = 0

    async def fall() -> None:
        nonlocal starts
        starts += 1
        if starts == 4:
            done.set()
            await asyncio.sleep(60)
        raise RuntimeError("fell")

    crashes: list[str] = []
    with capture_logs() as logs:
        await run_until(Background({"falling": fall}, on_crash=crashes.append), done)

    assert [(entry["event"], "exc_info" in entry) for entry in logs] == [
        ("background_task_crashed", True),
        ("background_task_crashed_again", False),
        ("background_task_crashed_again", False),
    ]
    assert [entry["restart_in_s"] for entry in logs] == [0.001, 0.002, 0.004]
    assert crashes == ["falling"] * 3


async def test_a_task_that_waits_for_the_record_tells_so_without_a_traceback() -> None:
    done = asyncio.Event()

    async def wait() -> None:
        if done.is_set():
            await asyncio.sleep(60)
        done.set()
        raise Unavailable("the record did not answer")

    with capture_logs() as logs:
        await run_until(Background({"waiting": wait}), done)

    assert [(entry["event"], entry["reason"]) for entry in logs] == [
        ("background_task_waits", "the record did not answer")
    ]


async def test_a_repeated_work_is_done_again_and_stop_waits_for_its_end() -> None:
    done = asyncio.Event()
    ends: list[str] = []
    rounds = 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        try:
            if rounds == 3:
                done.set()
                await asyncio.sleep(60)
        finally:
            ends.append("ended")

    await run_until(Background({"working": repeat(work, seconds=0.001)}), done)

    assert (rounds, len(ends)) == (3, 3)


async def test_a_task_that_fails_while_it_is_cancelled_is_not_started_again() -> None:
    done = asyncio.Event()
    starts = 0

    async def fall_when_cancelled() -> None:
        nonlocal starts
        starts += 1
        done.set()
        try:
            await asyncio.sleep(60)
        finally:
            raise RuntimeError("fell on the way out")

    async with asyncio.timeout(20):
        await run_until(Background({"falling": fall_when_cancelled}), done)

    assert starts == 1


async def test_a_task_that_lost_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "CANCEL_AGAIN_S", 0.01)
    done = asyncio.Event()
    lost = 0

    async def lose_one() -> None:
        nonlocal lost
        done.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            lost += 1
        await asyncio.sleep(60)

    async with asyncio.timeout(20):
        await run_until(Background({"losing": lose_one}), done)

    assert lost == 1
