"""Loaders: what many resolvers of one request ask for one by one is fetched in one query."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.dataloader import DataLoader
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


class BatchLoader(DataLoader[K, V], ABC):
    """Loads by key: `fetch` is called once for all keys that are asked for in one turn of the event loop."""

    def __init__(self, context: Context) -> None:
        super().__init__(load_fn=self._load)
        self._context = context
        self.workspace = context.workspace

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


class ArgumentLoader(DataLoader[tuple[K, A], V], ABC, Generic[K, A, V]):
    """Loads by key and the arguments of a field: one query for each set of arguments in the document."""

    def __init__(self, context: Context) -> None:
        super().__init__(load_fn=self._load)
        self._context = context
        self.workspace = context.workspace

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
