"""Summaries of metric series, of many runs in one query."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import ArgumentLoader, BatchLoader
from api.connections import Connection, check_first, connect
from api.context import Context
from api.info import Info
from api.nodes.types import Node
from domain.errors import InvalidInput, TooLarge
from domain.ids import ExperimentID, RunID
from domain.metrics import MetricDefinition
from domain.pages import Count
from domain.texts import check_key
from store.metrics.definitions import fetch_definitions
from store.metrics.settling import SettledConnection
from store.metrics.summaries import StoredSummary, count_series, fetch_series_pages, fetch_summaries

Names: TypeAlias = "tuple[str, ...]"
Definitions: TypeAlias = "dict[str, MetricDefinition]"

A = TypeVar("A", bound=Hashable)
V = TypeVar("V")

MOST_KEYS = 1000


class SettledLoader(ArgumentLoader[RunID, A, V]):
    """What summaries say, by run: on a connection that misses no acknowledged point of these runs."""

    def reading(self, keys: Sequence[RunID]) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._context.read_settled(keys)

    async def fetch(self, conn: AsyncConnection, keys: Sequence[RunID], arguments: A) -> Mapping[RunID, V]:
        return await self.fetch_settled(SettledConnection(conn), keys, arguments)  # it comes from `reading`

    @abstractmethod
    async def fetch_settled(self, conn: SettledConnection, keys: Sequence[RunID], arguments: A) -> Mapping[RunID, V]:
        """Return what there is of these runs, with these arguments."""


class SummariesLoader(SettledLoader[Names, dict[str, StoredSummary]]):
    """Summaries by run, of the series that were asked for."""

    async def fetch_settled(
        self, conn: SettledConnection, keys: Sequence[RunID], arguments: Names
    ) -> Mapping[RunID, dict[str, StoredSummary]]:
        return await fetch_summaries(conn, self.workspace, keys, arguments)

    def absent(self) -> dict[str, StoredSummary]:
        return {}


class DefinitionsLoader(BatchLoader[ExperimentID, Definitions]):
    """What experiments say about their metrics, by key."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[ExperimentID]) -> Mapping[ExperimentID, Definitions]:
        found: dict[ExperimentID, Definitions] = {}
        for (experiment, key), definition in (await fetch_definitions(conn, self.workspace, keys)).items():
            found.setdefault(experiment, {})[key] = definition
        return found

    def absent(self, key: ExperimentID) -> Definitions:
        return {}


async def load_metrics(context: Context, runs: Sequence[Node], keys: Sequence[str]) -> list[list[StoredSummary]]:
    """Return of each run the summaries of those series that it has, in the order of `keys`. Raises `TooLarge`."""
    if len(keys) > MOST_KEYS:
        raise TooLarge(f"{len(keys)} keys, at most {MOST_KEYS} are taken", path=["keys"])
    names = tuple(dict.fromkeys(keys))
    found = await context.loaders.summaries.load_many([(RunID(run.uuid), names) for run in runs])
    return [[those[name] for name in names if name in those] for those in found]


@dataclass(frozen=True, slots=True)
class SeriesArguments:
    """Which page of a run's series is meant."""

    prefix: str | None
    first: int
    after: str | None


class SeriesLoader(SettledLoader[SeriesArguments, "list[tuple[str, StoredSummary]]"]):
    """Series of runs by name, one more than the page has."""

    async def fetch_settled(
        self, conn: SettledConnection, keys: Sequence[RunID], arguments: SeriesArguments
    ) -> Mapping[RunID, list[tuple[str, StoredSummary]]]:
        return await fetch_series_pages(
            conn,
            self.workspace,
            keys,
            prefix=arguments.prefix,
            after=arguments.after,
            limit=arguments.first + 1,
        )

    def absent(self) -> list[tuple[str, StoredSummary]]:
        return []


class SeriesCountLoader(SettledLoader["str | None", int]):
    """How many series a run has whose names begin so."""

    async def fetch_settled(
        self, conn: SettledConnection, keys: Sequence[RunID], arguments: str | None
    ) -> Mapping[RunID, int]:
        return await count_series(conn, self.workspace, keys, prefix=arguments)

    def absent(self) -> int:
        return 0


async def connect_series(
    info: Info, run: RunID, *, prefix: str | None, first: int, after: str | None
) -> Connection[StoredSummary]:
    """Return all series of a run by name, as a connection."""
    size = check_first(first)
    loaders = info.context.loaders
    found = await loaders.series.load(
        (run, SeriesArguments(prefix, size, None if after is None else read_cursor(after)))
    )
    rows = [stored for _, stored in found[:size]]

    async def count() -> Count:
        return Count(await loaders.series_counts.load((run, prefix)), exact=True)

    return connect(
        rows, make=lambda row: row, cursor=lambda row: write_cursor(row.key), has_next=len(found) > size, count=count
    )


def write_cursor(key: str) -> str:
    """Return the cursor behind a series: its name, marked, so that another list's cursor is refused."""
    return f"s:{key}"


def read_cursor(text: str) -> str:
    """Return the name in a cursor. Raises `InvalidInput`."""
    if not text.startswith("s:"):
        raise InvalidInput(f"{text[:80]!r} is not a cursor", path=["after"])
    return check_key(text[2:], "after")
