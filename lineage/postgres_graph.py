"""The lineage graph in the record's own tables: nothing is applied, and it is never behind."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from domain.ids import NodeKey, WorkspaceID
from domain.lineage.answers import Walk
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import NOW, AsOf, Question
from store.database import Database
from store.edge_levels import AHEAD
from store.edge_reads import fetch_next_to
from store.edge_walks import walk_edges


class PostgresLineageGraph:
    """Walks level by level, and where these are narrow many of them by one statement (`store.edge_levels`)."""

    def __init__(self, database: Database, *, ahead: int = AHEAD) -> None:
        self._database = database
        self._ahead = ahead

    async def walk(self, workspace: WorkspaceID, question: Question) -> Walk:
        async with self._database.read() as conn:
            return await walk_edges(conn, workspace, question, ahead=self._ahead)

    async def fetch_next_to(
        self,
        workspace: WorkspaceID,
        *,
        into: Iterable[NodeKey] = (),
        out_of: Iterable[NodeKey] = (),
        kinds: Collection[EdgeKind],
        as_of: AsOf = NOW,
    ) -> list[Interval]:
        async with self._database.read() as conn:
            return await fetch_next_to(conn, workspace, into=into, out_of=out_of, kinds=kinds, as_of=as_of)
