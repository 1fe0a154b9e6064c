"""How a batch is written to Neo4j: in one transaction, whatever kinds are in it, and whole or not at all."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from neo4j import AsyncDriver, AsyncSession
from neo4j.exceptions import Neo4jError

import lineage.neo4j_writing as writing
from domain.errors import Unavailable
from lineage.graph import NodeState
from lineage.neo4j_graph import Neo4jLineageGraph
from lineage.neo4j_keeping import fetch_kept_intervals, fetch_kept_nodes
from lineage.neo4j_values import make_uid
from lineage.neo4j_writing import apply_states
from tests.lineage.test_three_adapters import World


def draw_training() -> World:
    """Draw nodes and edges of three kinds each."""
    world = World()
    world.draw("web > run 1 > model a", "raw > web")
    return world


async def test_a_batch_is_one_transaction_whatever_is_in_it(
    driver: AsyncDriver, generation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, begun = draw_training(), []
    execute_write = AsyncSession.execute_write

    async def count(session: AsyncSession, *given: Any, **more: Any) -> Any:
        begun.append(session)
        return await execute_write(session, *given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(AsyncSession, "execute_write", count)
        nodes = [NodeState(world.workspace, world.node(name), 3) for name in ("web", "run 1", "model a")]
        bookmark = await apply_states(driver, [generation], nodes, world.intervals, erased=[str(uuid4())])

    assert len(begun) == 1
    assert bookmark
    walk = await world.walk(Neo4jLineageGraph(driver, generation), "raw")
    assert world.names(walk.depths) == {"raw", "web", "run 1", "model a"}


async def test_of_a_batch_that_fails_at_its_end_nothing_is_kept(
    driver: AsyncDriver, generation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = draw_training()
    nodes = [NodeState(world.workspace, world.node("web"), 3)]
    with monkeypatch.context() as patched:
        patched.setattr(writing, "ERASE", "UNWIND $prefixes AS prefix RETURN 1 / 0 AS {kind}")
        with pytest.raises(Neo4jError, match="by zero"):
            await apply_states(driver, [generation], nodes, world.intervals, erased=["none"])

    uids = [make_uid(world.workspace, world.node(name).uuid) for name in ("raw", "web", "run 1", "model a")]
    edges = [str(each.edge.id) for each in world.intervals]
    assert await fetch_kept_nodes(driver, generation, uids=uids) == []
    assert await fetch_kept_intervals(driver, generation, edges=edges) == []


async def test_a_node_written_twice_in_a_batch_has_the_greater_revision(driver: AsyncDriver, generation: int) -> None:
    world = World()
    states = [NodeState(world.workspace, world.node("web"), revision, revision == 5) for revision in (5, 2)]
    await apply_states(driver, [generation], states, [])
    await apply_states(driver, [generation], [NodeState(world.workspace, world.node("web"), 4)], [])

    uid = make_uid(world.workspace, world.node("web").uuid)
    assert await fetch_kept_nodes(driver, generation, uids=[uid]) == [states[0]]


async def test_a_walk_is_read_with_the_bookmark_of_what_was_written(driver: AsyncDriver, generation: int) -> None:
    world = draw_training()
    bookmark = await apply_states(driver, [generation], [], world.intervals)
    walk = await world.walk(Neo4jLineageGraph(driver, generation, bookmark=bookmark), "raw")

    assert world.names(walk.depths) == {"raw", "web", "run 1", "model a"}


async def test_with_a_bookmark_that_the_server_cannot_read_nothing_is_answered(
    driver: AsyncDriver, generation: int
) -> None:
    world = draw_training()
    await apply_states(driver, [generation], [], world.intervals)

    with pytest.raises(Unavailable):
        await world.walk(Neo4jLineageGraph(driver, generation, bookmark="FB:AAAA"), "raw")
