"""The lineage graph in Neo4j, one generation of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import TypeVar

from neo4j import AsyncDriver

from domain.errors import Unavailable
from domain.ids import NodeKey, WorkspaceID
from domain.lineage.answers import Walk
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import NOW, AsOf, Question
from lineage.graph import NodeState
from lineage.neo4j_connection import ANSWER_S, Reading, is_timeout, read
from lineage.neo4j_statements import make_as_of, write_next_to
from lineage.neo4j_values import make_uid, read_intervals
from lineage.neo4j_walks import Neo4jWalker
from lineage.neo4j_writing import apply_states

T = TypeVar("T")

FEW_STARTS = 20
"""Starts that one statement walks from; from more the walk goes level by level."""

LEAST_S = 0.001
"""The least limit of a transaction: to the server, none is no limit."""


class Neo4jLineageGraph:
    """One generation of the graph; `lineage.neo4j_writing.prepare` made it. The driver is the caller's."""

    def __init__(
        self,
        driver: AsyncDriver,
        generation: int,
        *,
        seconds: float = ANSWER_S,
        few_starts: int = FEW_STARTS,
        bookmark: str | None = None,
    ) -> None:
        """Whatever is read is what `bookmark` stands for, or later."""
        self._driver = driver
        self._generation = generation
        self._bookmark = bookmark
        self._seconds = seconds
        self._few_starts = few_starts

    async def apply(self, nodes: Sequence[NodeState], intervals: Sequence[Interval]) -> None:
        await apply_states(self._driver, [self._generation], nodes, intervals)

    async def walk(self, workspace: WorkspaceID, question: Question) -> Walk:
        def make_walker(reading: Reading) -> Neo4jWalker:
            return Neo4jWalker(reading, self._generation, workspace, question, few_starts=self._few_starts)

        seconds = self._seconds if question.most_seconds is None else max(question.most_seconds, LEAST_S)
        try:
            async with asyncio.timeout(question.most_seconds):
                return await self._read(lambda reading: make_walker(reading).walk(), seconds)
        except (Unavailable, TimeoutError) as exc:
            if question.most_seconds is None or not (isinstance(exc, TimeoutError) or is_timeout(exc.__cause__)):
                raise
        return await self._read(lambda reading: make_walker(reading).give_up(), self._seconds)

    async def _read(self, work: Callable[[Reading], Awaitable[T]], seconds: float) -> T:
        return await read(self._driver, work, seconds=seconds, bookmark=self._bookmark)

    async def fetch_next_to(
        self,
        workspace: WorkspaceID,
        *,
        into: Iterable[NodeKey] = (),
        out_of: Iterable[NodeKey] = (),
        kinds: Collection[EdgeKind],
        as_of: AsOf = NOW,
    ) -> list[Interval]:
        entering, leaving = ([make_uid(workspace, node.uuid) for node in nodes] for nodes in (into, out_of))
        if not kinds:
            return []
        statement = write_next_to(kinds, as_of, self._generation)
        given = {"into": entering, "out_of": leaving, **make_as_of(as_of)}
        row = await self._read(lambda reading: reading.fetch_row(statement, **given), self._seconds)
        return sorted(read_intervals(workspace, row["edges"]), key=lambda each: (each.edge.id.int, each.n))
