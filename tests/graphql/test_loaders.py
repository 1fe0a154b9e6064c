"""Loaders fetch together what is asked for together, once, and stop when nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from api.batching import Loader
from domain.errors import NotFound
from tests.compiled.answering import make_context


class Squares(Loader[int, int]):
    """Squares of numbers; the negative ones are not there."""

    def __init__(self) -> None:
        super().__init__(make_context())
        self.fetched: list[list[int]] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.cancelled = False

    async def _load(self, keys: list[int]) -> Sequence[int | BaseException]:
        self.fetched.append(list(keys))
        if 13 in keys:
            raise RuntimeError("no query with 13 in it")
        try:
            await self.may_go_on.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return [key * key if key >= 0 else NotFound(f"no {key}") for key in keys]


async def test_what_is_asked_for_in_one_turn_is_one_fetch() -> None:
    loader = Squares()

    assert await asyncio.gather(loader.load(2), loader.load_many([3, 4, 3]), loader.load(2)) == [4, [9, 16, 9], 4]
    assert loader.fetched == [[2, 3, 4]]


async def test_what_was_fetched_is_not_fetched_again() -> None:
    loader = Squares()
    await loader.load_many([1, 2])

    assert await loader.load_many([2, 3, 1]) == [4, 9, 1]
    assert loader.fetched == [[1, 2], [3]]


async def test_a_key_that_is_not_there_fails_alone() -> None:
    loader = Squares()
    answers = await asyncio.gather(loader.load(2), loader.load(-2), return_exceptions=True)

    assert answers[0] == 4
    assert isinstance(answers[1], NotFound)
    with pytest.raises(NotFound, match="no -2"):
        await loader.load_many([2, -2])


async def test_a_fetch_that_fails_fails_for_all_its_keys() -> None:
    loader = Squares()
    answers = await asyncio.gather(loader.load(1), loader.load(13), return_exceptions=True)

    assert [type(answer) for answer in answers] == [RuntimeError, RuntimeError]


async def test_a_fetch_goes_on_while_somebody_waits_and_ends_with_the_last() -> None:
    loader = Squares()
    loader.may_go_on.clear()
    waiting = [asyncio.ensure_future(loader.load(key)) for key in (1, 2)]
    while not loader.fetched:
        await asyncio.sleep(0)

    waiting[0].cancel()
    await asyncio.wait({waiting[0]})
    ended = [loader.cancelled]
    waiting[1].cancel()
    await asyncio.wait({waiting[1]})
    await asyncio.sleep(0)
    ended.append(loader.cancelled)
    loader.may_go_on.set()

    assert ended == [False, True]
    assert await loader.load(2) == 4
