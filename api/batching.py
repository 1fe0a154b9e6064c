"""Loaders: what many resolvers of one request ask for one by one is fetched in one query."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.types.field import StrawberryField

from api.context import Context

K = TypeVar("K", bound=Hashable)
A = TypeVar("A", bound=Hashable)
V = TypeVar("V")

BATCH = "batch"


def in_batch(load: Callable[..., Awaitable[Sequence[Any]]]) -> dict[str, Any]:
    """Return a field's metadata that says how it is loaded for many objects at once: a compiled plan calls this alone.

    `load` takes the context, the objects and the field's arguments by their names, and gives a value for each object.
    The field's resolver must answer the same for one.
    """
    return {BATCH: load}


def find_batch(field: StrawberryField) -> Callable[..., Awaitable[Sequence[Any]]] | None:
    """Return how a field is loaded for many objects at once, if it says so."""
    return field.metadata.get(BATCH)


class Batch(Generic[K, V]):
    """Keys that are fetched together, and what came of them; an exception is what asking for its key raises."""

    def __init__(self) -> None:
        self.keys: list[K] = []
        self.values: dict[K, V | BaseException] = {}
        self.done = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self._waiting = 0

    def begin(self, load: Callable[[list[K]], Awaitable[Sequence[V | BaseException]]]) -> None:
        """Fetch, in a task of its own; every key is in by now."""
        if not self.done.cancelled():
            self._task = asyncio.create_task(self._run(load))

    async def wait(self) -> None:
        """Return when the values are there. When nobody waits any more, nothing is fetched any more."""
        self._waiting += 1
        try:
            await asyncio.shield(self.done)
        except asyncio.CancelledError:
            if self._waiting == 1:
                self._cancel()
            raise
        finally:
            self._waiting -= 1

    async def _run(self, load: Callable[[list[K]], Awaitable[Sequence[V | BaseException]]]) -> None:
        try:
            self.values = dict(zip(self.keys, await load(self.keys), strict=True))
        except Exception as exc:  # it is raised where the values are asked for
            self.values = dict.fromkeys(self.keys, exc)
        finally:
            if not self.done.done():
                self.done.set_result(None)

    def _cancel(self) -> None:
        self.done.cancel()
        if self._task is not None:
            self._task.cancel()


class Loader(ABC, Generic[K, V]):
    """Loads by key: one fetch for all keys that are asked for in one turn of the event loop; a key is fetched once.

    A page asks for hundreds of keys at once: a batch costs one future, however many they are.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.workspace = context.workspace
        self._batches: dict[K, Batch[K, V]] = {}
        self._open: Batch[K, V] | None = None

    @abstractmethod
    async def _load(self, keys: list[K]) -> Sequence[V | BaseException]:
        """Return for each key its value, or what asking for it raises."""

    async def load(self, key: K) -> V:
        """Return the value of a key. Raises what `fetch` raised, or what stands for an absent key."""
        return (await self.load_many((key,)))[0]

    async def load_many(self, keys: Sequence[K]) -> list[V]:
        """Return the values of keys, in their order. Raises as `load` does for the first that has none."""
        for batch in self._enter(keys):
            await batch.wait()
        values: list[Any] = [self._batches[key].values[key] for key in keys]
        for value in values:
            if isinstance(value, BaseException):
                raise value
        return values

    def _enter(self, keys: Sequence[K]) -> Collection[Batch[K, V]]:
        """Put new keys into the open batch, and return the batches that the keys wait for."""
        unfinished: dict[int, Batch[K, V]] = {}
        for key in keys:
            batch = self._batches.get(key)
            if batch is None or batch.done.cancelled():
                batch = self._batches[key] = self._find_open()
                batch.keys.append(key)
            if not batch.done.done():
                unfinished[id(batch)] = batch
        return unfinished.values()

    def _find_open(self) -> Batch[K, V]:
        if self._open is None:
            self._open = Batch()
            asyncio.get_running_loop().call_soon(self._close)
        return self._open

    def _close(self) -> None:
        batch, self._open = self._open, None
        if batch is not None:
            batch.begin(self._load)


class BatchLoader(Loader[K, V]):
    """Loads by key: `fetch` is called once for all keys that are asked for in one turn of the event loop."""

    @abstractmethod
    async def fetch(self, conn: AsyncConnection, keys: Sequence[K]) -> Mapping[K, V]:
        """Return what there is of these keys."""

    @abstractmethod
    def absent(self, key: K) -> V | Exception:
        """Return what a key without a value answers with."""

    async def _load(self, keys: list[K]) -> list[V | BaseException]:
        async with self._context.read() as conn:
            found = await self.fetch(conn, keys)
        return [found[key] if key in found else self.absent(key) for key in keys]


class ArgumentLoader(Loader[tuple[K, A], V], ABC, Generic[K, A, V]):
    """Loads by key and the arguments of a field: one query for each set of arguments in the document."""

    @abstractmethod
    async def fetch(self, conn: AsyncConnection, keys: Sequence[K], arguments: A) -> Mapping[K, V]:
        """Return what there is of these keys, with these arguments."""

    @abstractmethod
    def absent(self) -> V:
        """Return what a key without a value answers with."""

    def reading(self, keys: Sequence[K]) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return what gives the connection that `fetch` is called with."""
        return self._context.read()

    async def _load(self, asked: list[tuple[K, A]]) -> list[V | BaseException]:
        groups: dict[A, list[K]] = {}
        for key, arguments in asked:
            groups.setdefault(arguments, []).append(key)
        async with self.reading([key for key, _ in asked]) as conn:
            found = {arguments: await self.fetch(conn, keys, arguments) for arguments, keys in groups.items()}
        return [found[arguments][key] if key in found[arguments] else self.absent() for key, arguments in asked]
