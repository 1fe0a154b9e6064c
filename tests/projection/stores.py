"""The two real stores of projections, each with a way to spoil what it holds behind the projection's back."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from neo4j import AsyncDriver

from domain.ids import NodeKind
from domain.projections import Entity
from lineage.neo4j_statements import KINDS, label_of
from lineage.neo4j_values import make_uid
from lineage.neo4j_writing import drop
from projection.graph_target import GraphTarget
from projection.index_target import SHOWN, IndexTarget, make_id
from projection.targets import ProjectionTarget
from search.elastic.connecting import SearchClient
from search.elastic.generations import Names, Part
from tests.projection.drift import Case, Drift

OLD = 1
"""Fence of what is stale."""

JUMP = 7
"""How far ahead a fence is of what the record says."""


class Store(ABC):
    """One target's own store."""

    target: ProjectionTarget
    unknown: NodeKind
    """Of what kind things are that nobody knows."""

    @abstractmethod
    async def plant(self, generation: int, cases: Sequence[Case]) -> None:
        """Spoil what a generation holds."""

    @abstractmethod
    async def lose(self, generation: int) -> None:
        """Remove a generation as somebody who thinks that nobody needs it; the mark stays."""

    @abstractmethod
    async def lose_all(self, generation: int) -> None:
        """Remove all, the mark too: a new and empty server."""


class GraphStore(Store):
    """Neo4j, with a mark of this test's own."""

    unknown = NodeKind.MODEL

    def __init__(self, driver: AsyncDriver, *, mark: str) -> None:
        self.driver = driver
        self._mark = mark
        self.target = GraphTarget(driver, mark=mark)

    async def plant(self, generation: int, cases: Sequence[Case]) -> None:
        label = label_of(generation)
        uids = {drift: [_uid(case.entity) for case in cases if case.drift is drift] for drift in Drift}
        nodes = f"UNWIND $uids AS uid MATCH (n:{label} {{uid: uid}})"
        await self._run(f"{nodes} DETACH DELETE n", uids=uids[Drift.MISSING])
        await self._run(f"{nodes} SET n.revision = n.revision - 1", uids=uids[Drift.STALE])
        await self._run(f"{nodes} SET n.revision = n.revision + {JUMP}", uids=uids[Drift.AHEAD])
        await self._run(f"{nodes} SET n.gone = true", uids=uids[Drift.OTHER])
        await self._run(
            f"UNWIND $uids AS uid CREATE (:{label}:{KINDS[self.unknown]} "
            f"{{uid: uid, kind: {self.unknown.value}, revision: 3, gone: false}})",
            uids=uids[Drift.EXTRA],
        )
        known = [case for case in cases if case.entity.key.kind is NodeKind.EDGE]
        edges = {drift: [str(one.entity.key.uuid) for one in known if one.drift is drift] for drift in Drift}
        found = f"MATCH (:{label})-[e]->() WHERE split(e.key, ':')[1] IN $edges"
        await self._run(f"{found} DELETE e", edges=edges[Drift.MISSING])
        await self._run(f"{found} SET e.recorded = e.recorded - 1", edges=edges[Drift.STALE])
        await self._run(f"{found} SET e.retracted = e.recorded + {JUMP}", edges=edges[Drift.AHEAD])
        await self._run(f"{found} SET e.held_from = 1", edges=edges[Drift.OTHER])

    async def lose(self, generation: int) -> None:
        await drop(self.driver, generation)

    async def lose_all(self, generation: int) -> None:
        await drop(self.driver, generation)
        await self.forget_mark()

    async def forget_mark(self) -> None:
        await self._run("MATCH (m:LineageMark {name: $name}) DELETE m", name=self._mark)

    async def _run(self, statement: str, **parameters: Any) -> None:
        await self.driver.execute_query(statement, parameters)


class IndexStore(Store):
    """Elasticsearch, with names of this test's own."""

    unknown = NodeKind.NOTE

    def __init__(self, client: SearchClient, *, prefix: str) -> None:
        self.client = client
        self.names = Names(prefix)
        self.target = IndexTarget(client, prefix=prefix)

    async def plant(self, generation: int, cases: Sequence[Case]) -> None:
        known = [case for case in cases if case.drift is not Drift.EXTRA]
        index = [{"_index": self._index(case.entity, generation), "_id": make_id(case.entity)} for case in known]
        found = (await self.client.mget(docs=index))["docs"]
        operations: list[dict[str, Any]] = []
        stale: list[tuple[dict[str, Any], dict[str, Any]]] = []
        for place, case, doc in zip(index, known, found, strict=True):
            version, source = doc["_version"], doc["_source"]
            if case.drift is Drift.MISSING:
                operations.append({"delete": place})
            elif case.drift is Drift.STALE:
                stale.append((place, source | {"createdBy": "who it was before", "check": 1}))
            elif case.drift is Drift.AHEAD:
                operations += _write(place, version + JUMP, source | {"createdBy": "nobody yet", "check": 2})
            else:  # what stands beside the content stays: only a deep look finds it
                operations += _write(place, version, source | {"createdBy": "somebody else"})
        await self._write_older(stale, generation)
        for case in cases:
            if case.drift is Drift.EXTRA:
                place = {"_index": self._index(case.entity, generation), "_id": make_id(case.entity)}
                operations += _write(place, 3, _make_unknown(case.entity))
        await self._bulk(operations)

    async def lose(self, generation: int) -> None:
        await self.client.indices.delete(index=self.names.index(Part.THINGS, generation))

    async def lose_all(self, generation: int) -> None:
        await self.client.indices.delete(index=[*self.names.all_of(generation), self.names.mark])

    async def _write_older(self, stale: Sequence[tuple[dict[str, Any], dict[str, Any]]], generation: int) -> None:
        """Write older versions than those that are there, with the engine's memory of deleted ones switched off."""
        indexes = self.names.all_of(generation)
        await self.client.indices.put_settings(index=indexes, settings={"index.gc_deletes": "0s"})
        await self._bulk([{"delete": place} for place, _ in stale])
        await asyncio.sleep(0.5)  # the engine looks at its clock five times a second
        await self._bulk([operation for place, source in stale for operation in _write(place, OLD, source)])
        await self.client.indices.put_settings(index=indexes, settings={"index.gc_deletes": None})

    async def _bulk(self, operations: Sequence[dict[str, Any]]) -> None:
        if operations:
            answer = await self.client.bulk(operations=operations)
            assert not answer["errors"], [one for one in answer["items"] if "error" in str(one)][:3]

    def _index(self, entity: Entity, generation: int) -> str:
        part = Part.NOTES if entity.key.kind in (NodeKind.NOTE, NodeKind.ARTIFACT) else Part.THINGS
        return self.names.index(part, generation)


def _write(place: dict[str, Any], version: int, source: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"index": {**place, "version": version, "version_type": "external_gte"}}, source]


def _make_unknown(entity: Entity) -> dict[str, Any]:
    assert entity.key.kind in SHOWN
    key = {"id": entity.key.uuid.hex, "workspace": entity.workspace.hex, "node": entity.key.kind.value}
    return {**key, "deleted": False, "bucket": entity.key.uuid.bytes[-1], "content": 5, "check": 5, "createdAt": 0}


def _uid(entity: Entity) -> str:
    return make_uid(entity.workspace, entity.key.uuid)
